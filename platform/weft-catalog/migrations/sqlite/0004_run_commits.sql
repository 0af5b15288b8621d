-- What the commit behind a run's revision says of its making; NULL where the revision is no commit.
ALTER TABLE runs ADD COLUMN author TEXT;
ALTER TABLE runs ADD COLUMN committed_at TEXT;
ALTER TABLE runs ADD COLUMN signature TEXT;
