-- What the commit behind a run's revision says of its making; NULL where the revision is no commit.
ALTER TABLE runs ADD COLUMN author TEXT COLLATE "C";
ALTER TABLE runs ADD COLUMN committed_at TEXT COLLATE "C";
ALTER TABLE runs ADD COLUMN signature TEXT COLLATE "C";
