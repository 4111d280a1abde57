-- +goose Up
-- Accounts at providers that athletes connected: pierre.Connection.
CREATE TABLE connections (
    user_id          TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider         TEXT NOT NULL,
    account          TEXT NOT NULL, -- the provider's id of the athlete; '': it does not say
    sealed           BLOB NOT NULL, -- the credentials, encrypted
    generation       BIGINT NOT NULL,
    status           TEXT NOT NULL,
    state            TEXT NOT NULL, -- JSON object: pierre.SyncState
    connected_us     BIGINT NOT NULL,
    due_us           BIGINT NOT NULL,
    sync_owner       TEXT NOT NULL,
    sync_until_us    BIGINT NOT NULL,
    refresh_owner    TEXT NOT NULL,
    refresh_until_us BIGINT NOT NULL,
    PRIMARY KEY (user_id, provider)
);
CREATE INDEX connections_due ON connections (due_us);
CREATE INDEX connections_account ON connections (provider, account);

-- Providers that asked the whole server to wait.
CREATE TABLE provider_pauses (
    provider TEXT PRIMARY KEY,
    until_us BIGINT NOT NULL
);

-- +goose Down
DROP TABLE provider_pauses;
DROP TABLE connections;
