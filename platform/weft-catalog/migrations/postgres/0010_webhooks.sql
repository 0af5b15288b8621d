-- The webhooks of the configuration. Each event up to `position` was delivered to it, is none of its concern, or is a
-- row of `webhook_deliveries`. `configuration` is a digest: where it changes, what was disabled is enabled again.
CREATE TABLE webhooks (
    name            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    position        BIGINT NOT NULL,
    configuration   TEXT COLLATE "C" NOT NULL,
    disabled_at     TEXT COLLATE "C",
    disabled_reason TEXT COLLATE "C"
);

-- Events that a webhook still has to get, and those that it never got: dead letters, which have a `dead_at`. Of one lane,
-- none goes out before the earlier ones are gone from here or dead. `due_at` is when it is tried next.
CREATE TABLE webhook_deliveries (
    webhook  TEXT COLLATE "C" NOT NULL REFERENCES webhooks (name) ON DELETE CASCADE,
    event    BIGINT NOT NULL,
    lane     TEXT COLLATE "C" NOT NULL,
    tries    BIGINT NOT NULL,
    taken_at TEXT COLLATE "C" NOT NULL,
    due_at   TEXT COLLATE "C" NOT NULL,
    dead_at  TEXT COLLATE "C",
    problem  TEXT COLLATE "C",
    PRIMARY KEY (webhook, event)
);

-- Whether the same was told already.
CREATE INDEX outbox_by_subject ON outbox (kind, subject);
