-- Who leads among the processes that share this catalog, for which term, and until when by the database's own clock, in
-- milliseconds since 1970. A term is never given twice.
CREATE TABLE leases (
    name     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder   TEXT COLLATE "C" NOT NULL,
    term     BIGINT NOT NULL,
    until_ms BIGINT NOT NULL
);
