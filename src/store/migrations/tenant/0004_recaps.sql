-- Up Migration

-- A Recap's worker has a row of its own, for what it uses; it is no evening at the table.
ALTER TABLE sessions ADD COLUMN mode text NOT NULL DEFAULT 'Live' CHECK (mode IN ('Live', 'Recap'));

-- Which sessions there were on a Discord server, and which of them bore a name last.
CREATE INDEX sessions_by_guild ON sessions (guild_id, started_at DESC);
CREATE INDEX sessions_by_name ON sessions (name, started_at DESC);

-- Summaries of transcripts. One that was made from other words, in another language or by another model is another one.
CREATE TABLE recaps (
  session_uid uuid NOT NULL REFERENCES sessions (uid) ON DELETE CASCADE,
  -- Of the transcript: it differs when a segment was added, removed or erased.
  revision    text NOT NULL,
  -- BCP 47
  language    text NOT NULL,
  model       text NOT NULL,
  text        text NOT NULL,
  -- How many segments it summarises.
  segments    bigint NOT NULL CHECK (segments > 0),
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (session_uid, revision, language, model)
);

-- Down Migration

DROP TABLE recaps;
DROP INDEX sessions_by_name;
DROP INDEX sessions_by_guild;
ALTER TABLE sessions DROP COLUMN mode;
