-- What the clock found out about how fresh the rows of ports are, and for how long they stay: the newest verdict of each
-- promise, whichever run made the table. `column_name` is empty where the table as a whole is measured.
CREATE TABLE service_levels (
    port        TEXT NOT NULL,
    name        TEXT NOT NULL,
    column_name TEXT NOT NULL,
    outcome     TEXT NOT NULL CHECK (outcome IN ('passed', 'failed', 'unknown')),
    message     TEXT,
    at          TEXT NOT NULL,
    measured    REAL,
    threshold   TEXT,
    PRIMARY KEY (port, name, column_name)
) STRICT, WITHOUT ROWID;
