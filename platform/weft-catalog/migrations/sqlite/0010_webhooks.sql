-- The webhooks of the configuration. Each event up to `position` was delivered to it, is none of its concern, or is a
-- row of `webhook_deliveries`. `configuration` is a digest: where it changes, what was disabled is enabled again.
CREATE TABLE webhooks (
    name            TEXT    NOT NULL PRIMARY KEY,
    position        INTEGER NOT NULL,
    configuration   TEXT    NOT NULL,
    disabled_at     TEXT,
    disabled_reason TEXT
) STRICT;

-- Events that a webhook still has to get, and those that it never got: dead letters, which have a `dead_at`. Of one lane,
-- none goes out before the earlier ones are gone from here or dead. `due_at` is when it is tried next.
CREATE TABLE webhook_deliveries (
    webhook  TEXT    NOT NULL REFERENCES webhooks (name) ON DELETE CASCADE,
    event    INTEGER NOT NULL,
    lane     TEXT    NOT NULL,
    tries    INTEGER NOT NULL,
    taken_at TEXT    NOT NULL,
    due_at   TEXT    NOT NULL,
    dead_at  TEXT,
    problem  TEXT,
    PRIMARY KEY (webhook, event)
) STRICT;

-- Whether the same was told already.
CREATE INDEX outbox_by_subject ON outbox (kind, subject);
