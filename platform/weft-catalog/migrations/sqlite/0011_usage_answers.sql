-- How queries of the last days went, counted for each port that they read: those that began within an hour, and of which
-- the first row, or the failure, came within so many milliseconds. A `failure` is the platform's own. Long answers are
-- those of many rows; `long_ms` is for how long they were made. Without the queries one by one, so that no traffic is so
-- dense that a day of it is not known.
CREATE TABLE usage_answers (
    hour         TEXT    NOT NULL,
    port         TEXT    NOT NULL,
    within_ms    INTEGER NOT NULL,
    answers      INTEGER NOT NULL,
    failures     INTEGER NOT NULL,
    long_answers INTEGER NOT NULL,
    long_rows    INTEGER NOT NULL,
    long_ms      INTEGER NOT NULL,
    PRIMARY KEY (hour, port, within_ms)
) STRICT, WITHOUT ROWID;
