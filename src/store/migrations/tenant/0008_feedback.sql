-- Up Migration

-- What a person thinks of a session: one row each, the last one counts. It goes with the session.
CREATE TABLE feedback (
  session_uid          uuid NOT NULL REFERENCES sessions (uid) ON DELETE CASCADE,
  -- Discord user id.
  user_id              text NOT NULL,
  -- From 1, bad, to 5, very good.
  voice_rating         smallint NOT NULL CHECK (voice_rating BETWEEN 1 AND 5),
  understanding_rating smallint NOT NULL CHECK (understanding_rating BETWEEN 1 AND 5),
  character_rating     smallint NOT NULL CHECK (character_rating BETWEEN 1 AND 5),
  speed_rating         smallint NOT NULL CHECK (speed_rating BETWEEN 1 AND 5),
  comment              text,
  -- Of the command that gave it.
  correlation_id       text,
  given_at             timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (session_uid, user_id)
);

CREATE INDEX feedback_by_user ON feedback (user_id);

-- Down Migration

DROP TABLE feedback;
