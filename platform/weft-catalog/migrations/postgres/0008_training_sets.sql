-- Training sets that somebody wants to be able to make again, and until when what they were made from is kept.
-- `document` is JSON: what they were made from.
CREATE TABLE training_sets (
    id         TEXT COLLATE "C" PRIMARY KEY,
    at         TEXT COLLATE "C" NOT NULL,
    principal  TEXT COLLATE "C" NOT NULL,
    held_until TEXT COLLATE "C" NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);

CREATE INDEX training_sets_by_end ON training_sets (held_until);
