-- Times are RFC 3339 in UTC with nine digits of a second, so that text order is time order.

-- Every release that was ever published. `document` is the release object as JSON.
CREATE TABLE releases (
    product  TEXT    NOT NULL,
    number   INTEGER NOT NULL CHECK (number > 0),
    revision TEXT    NOT NULL,
    plan     TEXT    NOT NULL,
    at       TEXT    NOT NULL,
    document TEXT    NOT NULL,
    PRIMARY KEY (product, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX releases_by_time ON releases (at);

-- Which release of each product readers see; a retired product keeps its row with served = 0.
CREATE TABLE products (
    product    TEXT    NOT NULL PRIMARY KEY,
    number     INTEGER NOT NULL,
    served     INTEGER NOT NULL CHECK (served IN (0, 1)),
    changed_at TEXT    NOT NULL,
    FOREIGN KEY (product, number) REFERENCES releases (product, number)
) STRICT, WITHOUT ROWID;

-- One row for each attempt to bring the mesh to a revision.
CREATE TABLE runs (
    id         TEXT NOT NULL PRIMARY KEY,
    revision   TEXT NOT NULL,
    plan       TEXT,
    status     TEXT NOT NULL CHECK (status IN ('running', 'succeeded', 'partial', 'refused', 'failed')),
    started_at TEXT NOT NULL,
    ended_at   TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX runs_by_time ON runs (started_at, id);

CREATE TABLE run_steps (
    run           TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position      INTEGER NOT NULL,
    port          TEXT    NOT NULL,
    change        TEXT    NOT NULL,
    status        TEXT    NOT NULL CHECK (status IN ('pending', 'running', 'succeeded', 'failed', 'skipped')),
    message       TEXT,
    rows          INTEGER,
    table_version INTEGER,
    started_at    TEXT,
    ended_at      TEXT,
    duration_ms   INTEGER,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_diagnostics (
    run         TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    code        TEXT    NOT NULL,
    severity    TEXT    NOT NULL CHECK (severity IN ('warning', 'error')),
    message     TEXT    NOT NULL,
    file        TEXT    NOT NULL,
    line        INTEGER NOT NULL,
    column_no   INTEGER NOT NULL,
    help        TEXT,
    product     TEXT,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

-- What the gate found out about the tables that a run wrote. `column_name` is empty for a check of the whole table.
CREATE TABLE checks (
    run          TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    port         TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    column_name  TEXT    NOT NULL,
    outcome      TEXT    NOT NULL CHECK (outcome IN ('passed', 'failed', 'unknown')),
    failing_rows INTEGER,
    message      TEXT,
    at           TEXT    NOT NULL,
    PRIMARY KEY (run, port, name, column_name)
) STRICT, WITHOUT ROWID;

CREATE INDEX checks_by_time ON checks (at);

-- Changes of state, each written in the transaction that made it, for relays to pass on in order of id.
CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL
) STRICT;

-- The last access.csv of each domain that was read without errors.
CREATE TABLE access_texts (
    domain  TEXT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL,
    at      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
