-- How often each principal's queries read each port, and each column of it, a row a day. `column_name` is empty for the
-- port as a whole: every query that read it, whichever of its columns. `purpose` is empty where none was said.
CREATE TABLE usage_reads (
    port        TEXT    NOT NULL,
    column_name TEXT    NOT NULL,
    principal   TEXT    NOT NULL,
    purpose     TEXT    NOT NULL,
    day         TEXT    NOT NULL,
    queries     INTEGER NOT NULL CHECK (queries > 0),
    first_at    TEXT    NOT NULL,
    last_at     TEXT    NOT NULL,
    PRIMARY KEY (port, column_name, principal, purpose, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_reads_by_principal ON usage_reads (principal);
CREATE INDEX usage_reads_by_day ON usage_reads (day);

-- The newest queries, one row each. `ports` is a JSON list of those that were read; none where nothing was.
CREATE TABLE usage_queries (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    query       TEXT    NOT NULL,
    at          TEXT    NOT NULL,
    principal   TEXT    NOT NULL,
    purpose     TEXT,
    door        TEXT,
    trace       TEXT,
    outcome     TEXT    NOT NULL,
    duration_ms INTEGER NOT NULL,
    rows        INTEGER NOT NULL,
    ports       TEXT    NOT NULL
) STRICT;

CREATE INDEX usage_queries_by_principal ON usage_queries (principal, seq);
