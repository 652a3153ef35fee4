-- Up Migration

-- Whoever said it had it erased: neither who it was nor what was said is there any more, only that somebody spoke.
ALTER TABLE transcript_segments ADD COLUMN erased_at timestamptz;

-- Words can be taken away, and nobody's can be changed into others: either all of a segment goes, or what is left of its
-- text has a name struck out ('…') and is no longer than before.
CREATE FUNCTION only_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.erased_at IS NOT NULL AND NEW.text = '' AND NEW.speaker_id = '' AND NEW.speaker_name = '' THEN
    RETURN NEW;
  END IF;
  IF NEW.erased_at IS NOT DISTINCT FROM OLD.erased_at AND NEW.speaker_id = OLD.speaker_id
    AND NEW.speaker_name = OLD.speaker_name AND strpos(NEW.text, '…') > 0
    AND char_length(NEW.text) <= char_length(OLD.text) THEN
    RETURN NEW;
  END IF;
  RAISE insufficient_privilege USING MESSAGE = 'a transcript is not rewritten: words can only be erased';
END $$;
CREATE TRIGGER only_erased BEFORE UPDATE ON transcript_segments FOR EACH ROW EXECUTE FUNCTION only_erased();

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
DROP TRIGGER only_erased ON transcript_segments;
DROP FUNCTION only_erased();
ALTER TABLE transcript_segments DROP COLUMN erased_at;
