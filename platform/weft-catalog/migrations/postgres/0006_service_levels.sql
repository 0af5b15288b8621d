-- What the clock found out about how fresh the rows of ports are, and for how long they stay: the newest verdict of each
-- promise, whichever run made the table. `column_name` is empty where the table as a whole is measured.
CREATE TABLE service_levels (
    port        TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    column_name TEXT COLLATE "C" NOT NULL,
    outcome     TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('passed', 'failed', 'unknown')),
    message     TEXT COLLATE "C",
    at          TEXT COLLATE "C" NOT NULL,
    measured    DOUBLE PRECISION,
    threshold   TEXT COLLATE "C",
    PRIMARY KEY (port, name, column_name)
);
