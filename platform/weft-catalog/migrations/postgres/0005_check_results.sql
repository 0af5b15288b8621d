-- What a check measured, what it had to be, what it cost, and some of the rows that it found wanting, as a JSON list of
-- objects. NULL where a check was recorded before these were kept, and where there is nothing to tell.
ALTER TABLE checks ADD COLUMN measured DOUBLE PRECISION;
ALTER TABLE checks ADD COLUMN threshold TEXT COLLATE "C";
ALTER TABLE checks ADD COLUMN severity TEXT COLLATE "C" CHECK (severity IN ('blocks', 'warns'));
ALTER TABLE checks ADD COLUMN scanned_bytes BIGINT;
ALTER TABLE checks ADD COLUMN duration_ms BIGINT;
ALTER TABLE checks ADD COLUMN sample TEXT COLLATE "C";

CREATE INDEX checks_by_port ON checks (port, at);
