-- +goose Up
-- Names of keys and services are labels and need not be unique.
CREATE TABLE api_keys (
    id             TEXT PRIMARY KEY,
    user_id        TEXT NOT NULL REFERENCES users (id),
    name           TEXT NOT NULL,
    description    TEXT NOT NULL,
    tier           TEXT NOT NULL,
    limit_requests BIGINT NOT NULL,
    limit_period   TEXT NOT NULL, -- '': unlimited
    tools          TEXT,          -- JSON array of globs; NULL: all tools
    hash           BLOB NOT NULL UNIQUE,
    prefix         TEXT NOT NULL,
    last4          TEXT NOT NULL,
    created_us     BIGINT NOT NULL,
    expires_us     BIGINT,
    revoked_us     BIGINT,
    last_used_us   BIGINT,
    replaced_by    TEXT REFERENCES api_keys (id)
);
CREATE INDEX api_keys_newest ON api_keys (created_us, id);
CREATE INDEX api_keys_user_newest ON api_keys (user_id, created_us, id);

CREATE TABLE admin_tokens (
    id           TEXT PRIMARY KEY, -- the token's jti; the token itself is not kept
    service      TEXT NOT NULL,
    description  TEXT NOT NULL,
    permissions  TEXT NOT NULL, -- comma-separated
    created_us   BIGINT NOT NULL,
    expires_us   BIGINT,
    revoked_us   BIGINT,
    last_used_us BIGINT
);

CREATE TABLE audit_log (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at_us   BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    target  TEXT NOT NULL,
    details TEXT NOT NULL -- JSON object
);

-- +goose StatementBegin
CREATE TRIGGER audit_log_is_not_rewritten BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_log_is_not_shortened BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd

CREATE TABLE idempotency (
    token_id        TEXT NOT NULL REFERENCES admin_tokens (id),
    route           TEXT NOT NULL, -- method and path
    idempotency_key TEXT NOT NULL,
    request_hash    BLOB NOT NULL,
    answer          BLOB NOT NULL, -- sealed: it may hold a fresh key
    created_us      BIGINT NOT NULL,
    PRIMARY KEY (token_id, route, idempotency_key)
);
CREATE INDEX idempotency_oldest ON idempotency (created_us);

-- +goose Down
DROP TABLE idempotency;
DROP TABLE audit_log;
DROP TABLE admin_tokens;
DROP TABLE api_keys;
