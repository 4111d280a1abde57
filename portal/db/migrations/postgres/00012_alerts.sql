-- +goose Up
-- Where alerts go.
CREATE TABLE portal_channels (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('mail', 'webhook', 'slack')),
    name        TEXT NOT NULL,
    target      TEXT NOT NULL,                -- an address, or "" if it is sealed
    sealed      BYTEA,                        -- the URL and the secret of a webhook
    stopped     TEXT NOT NULL DEFAULT '',     -- why nothing is sent any more
    made_us     BIGINT NOT NULL
);

CREATE TABLE portal_alert_rules (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    scope       TEXT NOT NULL CHECK (scope IN ('all', 'tier', 'customer', 'key')),
    target      TEXT NOT NULL,                -- of the scope: a tier, or the id of a customer or a key
    condition   TEXT NOT NULL,
    threshold   BIGINT NOT NULL,
    window_min  BIGINT NOT NULL,
    channel     TEXT REFERENCES portal_channels (id) ON DELETE SET NULL,
    snoozed_us  BIGINT NOT NULL DEFAULT 0,    -- until then it tells nobody
    made_us     BIGINT NOT NULL
);

-- What rules found. One is open at a time for a rule and a subject, and one is found at most once in a period.
CREATE TABLE portal_alerts (
    id          TEXT PRIMARY KEY,
    rule        TEXT NOT NULL REFERENCES portal_alert_rules (id) ON DELETE CASCADE,
    subject     TEXT NOT NULL,
    period      TEXT NOT NULL,
    title       TEXT NOT NULL,
    found_us    BIGINT NOT NULL,
    seen_us     BIGINT NOT NULL,              -- when it was still so
    over_us     BIGINT NOT NULL DEFAULT 0,    -- 0: it is open
    taken_us    BIGINT NOT NULL DEFAULT 0,    -- when somebody acknowledged it
    taken_by    TEXT NOT NULL DEFAULT '',
    UNIQUE (rule, subject, period)
);
CREATE UNIQUE INDEX portal_alerts_open ON portal_alerts (rule, subject) WHERE over_us = 0;
CREATE INDEX portal_alerts_found ON portal_alerts (found_us);

-- What channels are told.
CREATE TABLE portal_deliveries (
    id          TEXT PRIMARY KEY,             -- the webhook-id, the same at each try
    channel     TEXT NOT NULL REFERENCES portal_channels (id) ON DELETE CASCADE,
    event       TEXT NOT NULL,
    body        TEXT NOT NULL,                -- JSON
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
    made_us     BIGINT NOT NULL,
    due_us      BIGINT NOT NULL,
    lease       TEXT NOT NULL DEFAULT '',
    lease_us    BIGINT NOT NULL DEFAULT 0,
    tries       BIGINT NOT NULL DEFAULT 0,
    ended_us    BIGINT NOT NULL DEFAULT 0,
    outcome     TEXT NOT NULL DEFAULT ''      -- of the last try
);
CREATE INDEX portal_deliveries_due ON portal_deliveries (due_us) WHERE state = 'waiting';
CREATE INDEX portal_deliveries_channel ON portal_deliveries (channel, made_us);

-- From where keys were used.
CREATE TABLE portal_key_countries (
    key_id      TEXT NOT NULL,
    country     TEXT NOT NULL,
    first_us    BIGINT NOT NULL,
    PRIMARY KEY (key_id, country)
);

INSERT INTO portal_alert_rules (id, name, scope, target, condition, threshold, window_min, made_us) VALUES
    ('rule_limit', 'A limit is nearly used', 'all', '', 'limit', 90, 0, 0),
    ('rule_errors', 'Many calls fail', 'all', '', 'errors', 10, 15, 0),
    ('rule_silent', 'No calls are recorded', 'all', '', 'silent', 0, 30, 0),
    ('rule_expiring', 'Keys and tokens end soon', 'all', '', 'expiring', 7, 0, 0),
    ('rule_mail', 'Mails are not delivered', 'all', '', 'mail', 0, 0, 0);

-- +goose Down
DROP TABLE portal_key_countries;
DROP TABLE portal_deliveries;
DROP TABLE portal_alerts;
DROP TABLE portal_alert_rules;
DROP TABLE portal_channels;
