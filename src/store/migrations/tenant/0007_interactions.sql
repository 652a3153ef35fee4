-- Up Migration

-- What people asked on Discord, so that each is done once, whichever pod or transport brings it again, and so that an
-- answer that did not arrive can be told later. Rows are removed after an hour.
CREATE TABLE interactions (
  -- Discord's, a snowflake.
  id             text PRIMARY KEY,
  guild_id       text NOT NULL,
  user_id        text NOT NULL,
  -- `session start`; of a button or a form its command and action, `session:stop`.
  command        text NOT NULL,
  -- The reference that people are told, and that logs and VoiceSessions have.
  correlation_id text NOT NULL,
  -- Which gateway process answers it.
  holder         text NOT NULL,
  -- running: not answered yet; answered: a text was shown; lost: Discord did not take it; told: it was told later.
  state          text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'answered', 'lost', 'told')),
  -- The command itself failed.
  failed         boolean NOT NULL DEFAULT false,
  -- The text that was shown, or was to be.
  result         text,
  created_at     timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX interactions_by_user ON interactions (user_id, guild_id, created_at DESC);
CREATE INDEX interactions_by_time ON interactions (created_at);

-- Down Migration

DROP TABLE interactions;
