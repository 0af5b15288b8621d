-- The last restrictions.yaml of each product that was read without errors.
CREATE TABLE restrictions_texts (
    product TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    content TEXT COLLATE "C" NOT NULL,
    at      TEXT COLLATE "C" NOT NULL
);

-- Every decision about data that the mesh took, for a query or for a look at the catalog. Each row's hash covers the
-- row and the hash before it, so that a row that is edited, moved or taken out of the middle shows.
-- `because`, `masks` and `filters` are JSON.
CREATE TABLE audit_decisions (
    seq             BIGINT PRIMARY KEY,
    at              TEXT COLLATE "C" NOT NULL,
    query           TEXT COLLATE "C" NOT NULL,
    principal       TEXT COLLATE "C" NOT NULL,
    door            TEXT COLLATE "C",
    action          TEXT COLLATE "C" NOT NULL,
    object          TEXT COLLATE "C" NOT NULL,
    purpose         TEXT COLLATE "C",
    allowed         BIGINT NOT NULL CHECK (allowed IN (0, 1)),
    because         TEXT COLLATE "C" NOT NULL,
    masks           TEXT COLLATE "C" NOT NULL,
    filters         TEXT COLLATE "C" NOT NULL,
    policy_revision TEXT COLLATE "C" NOT NULL,
    policy_epoch    BIGINT NOT NULL,
    previous_hash   TEXT COLLATE "C" NOT NULL,
    hash            TEXT COLLATE "C" NOT NULL
);

CREATE INDEX audit_decisions_by_principal ON audit_decisions (principal, seq);

CREATE FUNCTION audit_decisions_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of decisions is only added to';
END $$;

CREATE TRIGGER audit_decisions_are_not_edited BEFORE UPDATE OR DELETE ON audit_decisions
FOR EACH ROW EXECUTE FUNCTION audit_decisions_only_grow();

CREATE TRIGGER audit_decisions_are_not_emptied BEFORE TRUNCATE ON audit_decisions
FOR EACH STATEMENT EXECUTE FUNCTION audit_decisions_only_grow();

CREATE FUNCTION audit_decisions_come_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM audit_decisions) THEN
        RAISE EXCEPTION 'the record of decisions is only added to';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_decisions_come_in_order BEFORE INSERT ON audit_decisions
FOR EACH ROW EXECUTE FUNCTION audit_decisions_come_in_order();
