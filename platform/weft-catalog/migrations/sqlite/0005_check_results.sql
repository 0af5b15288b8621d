-- What a check measured, what it had to be, what it cost, and some of the rows that it found wanting, as a JSON list of
-- objects. NULL where a check was recorded before these were kept, and where there is nothing to tell.
ALTER TABLE checks ADD COLUMN measured REAL;
ALTER TABLE checks ADD COLUMN threshold TEXT;
ALTER TABLE checks ADD COLUMN severity TEXT CHECK (severity IN ('blocks', 'warns'));
ALTER TABLE checks ADD COLUMN scanned_bytes INTEGER;
ALTER TABLE checks ADD COLUMN duration_ms INTEGER;
ALTER TABLE checks ADD COLUMN sample TEXT;

CREATE INDEX checks_by_port ON checks (port, at);
