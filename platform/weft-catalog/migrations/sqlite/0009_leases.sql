-- Who leads among the processes that share this catalog, for which term, and until when by the database's own clock, in
-- milliseconds since 1970. A term is never given twice.
CREATE TABLE leases (
    name     TEXT    NOT NULL PRIMARY KEY,
    holder   TEXT    NOT NULL,
    term     INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
