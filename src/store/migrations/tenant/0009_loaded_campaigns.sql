-- Up Migration

-- The campaign that a Discord server starts when none is named.
CREATE TABLE loaded_campaigns (
  guild_id  text PRIMARY KEY,
  campaign  text NOT NULL,
  -- Discord user id.
  loaded_by text NOT NULL,
  loaded_at timestamptz NOT NULL DEFAULT now()
);

-- Down Migration

DROP TABLE loaded_campaigns;
