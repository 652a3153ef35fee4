-- Up Migration

-- Names of the NPCs that were in the room when the session began: they may remember what was said in it. Empty in sessions
-- from before; those who spoke may remember these, too.
ALTER TABLE sessions ADD COLUMN npcs text[] NOT NULL DEFAULT '{}';

-- Down Migration

ALTER TABLE sessions DROP COLUMN npcs;
