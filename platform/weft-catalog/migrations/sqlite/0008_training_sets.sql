-- Training sets that somebody wants to be able to make again, and until when what they were made from is kept.
-- `document` is JSON: what they were made from.
CREATE TABLE training_sets (
    id         TEXT PRIMARY KEY,
    at         TEXT NOT NULL,
    principal  TEXT NOT NULL,
    held_until TEXT NOT NULL,
    document   TEXT NOT NULL
) STRICT;

CREATE INDEX training_sets_by_end ON training_sets (held_until);
