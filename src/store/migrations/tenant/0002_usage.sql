-- Up Migration

-- The ledger: what one turn used. The id is the worker's: a record that is written twice counts once, so a
-- worker that does not know whether its last write arrived writes it again.
CREATE TABLE usage_records (
  id             uuid PRIMARY KEY,
  session_uid    uuid NOT NULL REFERENCES sessions (uid) ON DELETE CASCADE,
  recorded_at    timestamptz NOT NULL DEFAULT now(),
  utterances     bigint NOT NULL CHECK (utterances >= 0),
  replies        bigint NOT NULL CHECK (replies >= 0),
  barge_ins      bigint NOT NULL CHECK (barge_ins >= 0),
  stt_seconds    double precision NOT NULL CHECK (stt_seconds >= 0),
  llm_tokens     bigint NOT NULL CHECK (llm_tokens >= 0),
  tts_characters bigint NOT NULL CHECK (tts_characters >= 0),
  spend_usd      double precision NOT NULL CHECK (spend_usd >= 0)
);

CREATE INDEX usage_records_by_session ON usage_records (session_uid);
CREATE INDEX usage_records_by_time ON usage_records (recorded_at);

-- The ledger's sum for each session, kept in the same statement that adds to the ledger. It outlives every pod
-- and process that serves the session.
CREATE TABLE session_counters (
  session_uid    uuid PRIMARY KEY REFERENCES sessions (uid) ON DELETE CASCADE,
  utterances     bigint NOT NULL,
  replies        bigint NOT NULL,
  barge_ins      bigint NOT NULL,
  stt_seconds    double precision NOT NULL,
  llm_tokens     bigint NOT NULL,
  tts_characters bigint NOT NULL,
  spend_usd      double precision NOT NULL,
  updated_at     timestamptz NOT NULL DEFAULT now()
);

-- Down Migration

DROP TABLE session_counters;
DROP TABLE usage_records;
