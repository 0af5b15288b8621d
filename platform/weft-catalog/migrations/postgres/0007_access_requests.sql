-- Everything that happened to requests for access, in order; which requests and grants there are follows from it.
-- `document` is JSON: the terms that were asked for, or what was decided.
CREATE TABLE access_events (
    seq      BIGINT PRIMARY KEY,
    at       TEXT COLLATE "C" NOT NULL,
    request  TEXT COLLATE "C" NOT NULL,
    actor    TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL
);

CREATE FUNCTION access_events_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of requests is only added to';
END $$;

CREATE TRIGGER access_events_are_not_edited BEFORE UPDATE OR DELETE ON access_events
FOR EACH ROW EXECUTE FUNCTION access_events_only_grow();

CREATE TRIGGER access_events_are_not_emptied BEFORE TRUNCATE ON access_events
FOR EACH STATEMENT EXECUTE FUNCTION access_events_only_grow();

CREATE FUNCTION access_events_come_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM access_events) THEN
        RAISE EXCEPTION 'the history of requests is only added to';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER access_events_come_in_order BEFORE INSERT ON access_events
FOR EACH ROW EXECUTE FUNCTION access_events_come_in_order();

-- Under which state of grants it was decided; NULL before grants were recorded.
ALTER TABLE audit_decisions ADD COLUMN grants_epoch BIGINT;

-- What was decided for one query is asked for by its id.
CREATE INDEX audit_decisions_by_query ON audit_decisions (query);
