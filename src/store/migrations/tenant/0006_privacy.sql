-- Up Migration

-- Whoever said it had it erased: neither who it was nor what was said is there any more, only that somebody spoke.
ALTER TABLE transcript_segments ADD COLUMN erased_at timestamptz;

-- People, by Discord user id, who are not to be heard in any session.
CREATE TABLE privacy_opt_outs (
  user_id      text PRIMARY KEY,
  opted_out_at timestamptz NOT NULL DEFAULT now()
);

-- That somebody's rights were served, and when. The person is a hash with a salt of the row's own: it can be checked for a
-- user id that one is given, and rows of one person cannot be told to be that without it.
CREATE TABLE privacy_audit (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  at         timestamptz NOT NULL DEFAULT now(),
  action     text NOT NULL CHECK (action IN ('optout', 'optin', 'show', 'erase')),
  salt       text NOT NULL,
  -- Hex of SHA-256 over salt and user id.
  subject    text NOT NULL,
  -- Segments of transcripts that were concerned.
  segments   bigint NOT NULL DEFAULT 0 CHECK (segments >= 0)
);

CREATE INDEX privacy_audit_by_time ON privacy_audit (at);

-- Down Migration

DROP TABLE privacy_audit;
DROP TABLE privacy_opt_outs;
ALTER TABLE transcript_segments DROP COLUMN erased_at;
