-- Everything that happened to requests for access, in order; which requests and grants there are follows from it.
-- `document` is JSON: the terms that were asked for, or what was decided.
CREATE TABLE access_events (
    seq      INTEGER PRIMARY KEY,
    at       TEXT NOT NULL,
    request  TEXT NOT NULL,
    actor    TEXT NOT NULL,
    document TEXT NOT NULL
) STRICT;

CREATE TRIGGER access_events_are_not_edited BEFORE UPDATE ON access_events
BEGIN
    SELECT RAISE(ABORT, 'the history of requests is only added to');
END;

CREATE TRIGGER access_events_are_not_deleted BEFORE DELETE ON access_events
BEGIN
    SELECT RAISE(ABORT, 'the history of requests is only added to');
END;

-- Also keeps INSERT OR REPLACE from replacing, which fires no trigger of deletion.
CREATE TRIGGER access_events_come_in_order BEFORE INSERT ON access_events
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM access_events)
BEGIN
    SELECT RAISE(ABORT, 'the history of requests is only added to');
END;

-- Under which state of grants it was decided; NULL before grants were recorded.
ALTER TABLE audit_decisions ADD COLUMN grants_epoch INTEGER;

-- What was decided for one query is asked for by its id.
CREATE INDEX audit_decisions_by_query ON audit_decisions (query);
