-- Up Migration

-- What the gateway knew of the bot's guilds at `sequence`: Discord does not tell it again to a session that is resumed.
ALTER TABLE gateway_sessions ADD COLUMN snapshot text;

-- Down Migration

ALTER TABLE gateway_sessions DROP COLUMN snapshot;
