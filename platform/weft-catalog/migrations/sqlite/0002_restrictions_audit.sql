-- The last restrictions.yaml of each product that was read without errors.
CREATE TABLE restrictions_texts (
    product TEXT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL,
    at      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every decision about data that the mesh took, for a query or for a look at the catalog. Each row's hash covers the
-- row and the hash before it, so that a row that is edited, moved or taken out of the middle shows.
-- `because`, `masks` and `filters` are JSON.
CREATE TABLE audit_decisions (
    seq             INTEGER PRIMARY KEY,
    at              TEXT    NOT NULL,
    query           TEXT    NOT NULL,
    principal       TEXT    NOT NULL,
    door            TEXT,
    action          TEXT    NOT NULL,
    object          TEXT    NOT NULL,
    purpose         TEXT,
    allowed         INTEGER NOT NULL CHECK (allowed IN (0, 1)),
    because         TEXT    NOT NULL,
    masks           TEXT    NOT NULL,
    filters         TEXT    NOT NULL,
    policy_revision TEXT    NOT NULL,
    policy_epoch    INTEGER NOT NULL,
    previous_hash   TEXT    NOT NULL,
    hash            TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_decisions_by_principal ON audit_decisions (principal, seq);

CREATE TRIGGER audit_decisions_are_not_edited BEFORE UPDATE ON audit_decisions
BEGIN
    SELECT RAISE(ABORT, 'the record of decisions is only added to');
END;

CREATE TRIGGER audit_decisions_are_not_deleted BEFORE DELETE ON audit_decisions
BEGIN
    SELECT RAISE(ABORT, 'the record of decisions is only added to');
END;

-- Also keeps INSERT OR REPLACE from replacing, which fires no trigger of deletion.
CREATE TRIGGER audit_decisions_come_in_order BEFORE INSERT ON audit_decisions
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit_decisions)
BEGIN
    SELECT RAISE(ABORT, 'the record of decisions is only added to');
END;
