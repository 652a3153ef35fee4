-- Up Migration

-- What people keep of a campaign's world, over what the Campaign's manifest says.
CREATE TABLE entities (
  campaign    text NOT NULL,
  -- The name as it is compared: case and spaces do not count.
  key         text NOT NULL,
  name        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 128),
  kind        text NOT NULL DEFAULT '' CHECK (char_length(kind) <= 64),
  description text NOT NULL CHECK (char_length(description) <= 2048),
  -- Scopes; empty: everyone knows.
  knowledge   text[] NOT NULL DEFAULT '{}' CHECK (cardinality(knowledge) <= 16),
  -- An entity of the manifest that nobody is to know: only its name counts.
  hidden      boolean NOT NULL DEFAULT false CHECK (hidden OR description <> ''),
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (campaign, key)
);

-- In the language that was spoken; `simple` where PostgreSQL knows no rules for it (transcript-search.ts has the same list).
-- A function, or a column of the type regconfig, would be shorter: pg_upgrade takes no such column, and each role would need
-- a right on the function.
ALTER TABLE transcript_segments
  ADD COLUMN search tsvector GENERATED ALWAYS AS (
    CASE lower(split_part(coalesce(language, ''), '-', 1))
      WHEN 'da' THEN to_tsvector('pg_catalog.danish'::regconfig, text)
      WHEN 'de' THEN to_tsvector('pg_catalog.german'::regconfig, text)
      WHEN 'en' THEN to_tsvector('pg_catalog.english'::regconfig, text)
      WHEN 'es' THEN to_tsvector('pg_catalog.spanish'::regconfig, text)
      WHEN 'fi' THEN to_tsvector('pg_catalog.finnish'::regconfig, text)
      WHEN 'fr' THEN to_tsvector('pg_catalog.french'::regconfig, text)
      WHEN 'hu' THEN to_tsvector('pg_catalog.hungarian'::regconfig, text)
      WHEN 'it' THEN to_tsvector('pg_catalog.italian'::regconfig, text)
      WHEN 'nl' THEN to_tsvector('pg_catalog.dutch'::regconfig, text)
      WHEN 'no' THEN to_tsvector('pg_catalog.norwegian'::regconfig, text)
      WHEN 'pt' THEN to_tsvector('pg_catalog.portuguese'::regconfig, text)
      WHEN 'ro' THEN to_tsvector('pg_catalog.romanian'::regconfig, text)
      WHEN 'ru' THEN to_tsvector('pg_catalog.russian'::regconfig, text)
      WHEN 'sv' THEN to_tsvector('pg_catalog.swedish'::regconfig, text)
      WHEN 'tr' THEN to_tsvector('pg_catalog.turkish'::regconfig, text)
      ELSE to_tsvector('pg_catalog.simple'::regconfig, text)
    END
  ) STORED;

CREATE INDEX transcript_segments_search ON transcript_segments USING gin (search);

-- Down Migration

ALTER TABLE transcript_segments DROP COLUMN search;
DROP TABLE entities;
