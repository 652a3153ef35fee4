-- Up Migration

-- One row for each VoiceSession that a worker served, by the object's UID: names can be used again.
CREATE TABLE sessions (
  uid              uuid PRIMARY KEY,
  namespace        text NOT NULL,
  name             text NOT NULL,
  campaign         text NOT NULL,
  guild_id         text NOT NULL,
  voice_channel_id text,
  started_at       timestamptz NOT NULL,
  ended_at         timestamptz,
  end_reason       text,
  CHECK (ended_at IS NULL OR ended_at >= started_at)
);

CREATE INDEX sessions_by_campaign ON sessions (campaign, started_at DESC);

-- What was said and heard. The id is the worker's: writing a segment twice writes it once.
CREATE TABLE transcript_segments (
  id              uuid PRIMARY KEY,
  session_uid     uuid NOT NULL REFERENCES sessions (uid) ON DELETE CASCADE,
  -- Order of arrival, for segments that began at the same time.
  sequence        bigint GENERATED ALWAYS AS IDENTITY,
  started_at      timestamptz NOT NULL,
  ended_at        timestamptz NOT NULL,
  speaker_kind    text NOT NULL CHECK (speaker_kind IN ('player', 'npc')),
  -- A player's Discord user id, an NPC's name.
  speaker_id      text NOT NULL,
  speaker_name    text NOT NULL,
  text            text NOT NULL,
  language        text,
  -- The NPC that a player's words were for.
  addressed_npc   text,
  -- A player cut the NPC short: `text` is what was heard of it.
  interrupted     boolean NOT NULL DEFAULT false,
  -- All segments of one turn (what was asked, what was answered) share it.
  correlation_id  text,
  -- What produced it, so that it can be explained later.
  build_sha       text,
  models          text[] NOT NULL DEFAULT '{}',
  config_revision text,
  recorded_at     timestamptz NOT NULL DEFAULT now(),
  CHECK (ended_at >= started_at)
);

CREATE INDEX transcript_segments_in_order ON transcript_segments (session_uid, started_at, sequence);
CREATE INDEX transcript_segments_by_speaker ON transcript_segments (speaker_id);

-- Down Migration

DROP TABLE transcript_segments;
DROP TABLE sessions;
