-- Up Migration

-- What of a record went to which provider; NULL where none was used, and in records from before.
ALTER TABLE usage_records
  ADD COLUMN provider_role  text CHECK (provider_role IN ('stt', 'llm', 'tts')),
  ADD COLUMN provider_kind  text,
  ADD COLUMN provider_model text,
  -- Seconds of audio (stt), tokens (llm), characters (tts).
  ADD COLUMN units          double precision CHECK (units >= 0);

-- The bill: what each session used of each provider.
CREATE VIEW provider_usage WITH (security_invoker = true) AS
  SELECT session_uid, provider_role, provider_kind, provider_model,
         sum(units) AS units, sum(spend_usd) AS spend_usd,
         min(recorded_at) AS first_at, max(recorded_at) AS last_at
  FROM usage_records
  WHERE provider_role IS NOT NULL
  GROUP BY session_uid, provider_role, provider_kind, provider_model;

-- Down Migration

DROP VIEW provider_usage;
ALTER TABLE usage_records
  DROP COLUMN provider_role, DROP COLUMN provider_kind, DROP COLUMN provider_model, DROP COLUMN units;
