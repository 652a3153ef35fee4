-- Up Migration

-- What a gateway needs to RESUME a bot's Discord connection after its pod was replaced. Useless without the
-- bot's token.
CREATE TABLE gateway_sessions (
  application_id text NOT NULL,
  shard_id       integer NOT NULL,
  shard_count    integer NOT NULL,
  session_id     text NOT NULL,
  resume_url     text NOT NULL,
  sequence       bigint NOT NULL,
  updated_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (application_id, shard_id)
);

-- Down Migration

DROP TABLE gateway_sessions;
