-- +goose Up
-- Apps that registered themselves to ask people for access. Anybody can register: those that are not used are deleted.
CREATE TABLE oauth_clients (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    redirect_uris TEXT NOT NULL, -- JSON array
    created_us    BIGINT NOT NULL,
    used_us       BIGINT         -- when somebody last gave it access; NULL: nobody has
);
CREATE INDEX oauth_clients_unused ON oauth_clients (used_us, created_us);

-- A person's consent that an app acts with the person's key. It begins as an authorization code.
CREATE TABLE oauth_grants (
    id              TEXT PRIMARY KEY,
    key_id          TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    client_id       TEXT NOT NULL, -- of oauth_clients, or the URL of a metadata document
    client_name     TEXT NOT NULL,
    redirect_uri    TEXT NOT NULL,
    challenge       TEXT NOT NULL,
    scopes          TEXT NOT NULL, -- JSON array
    resource        TEXT NOT NULL,
    code_hash       BYTEA NOT NULL UNIQUE,
    code_expires_us BIGINT NOT NULL,
    redeemed_us     BIGINT, -- NULL: the code was not exchanged
    created_us      BIGINT NOT NULL,
    ended_us        BIGINT  -- NULL: not revoked
);
CREATE INDEX oauth_grants_key ON oauth_grants (key_id);
CREATE INDEX oauth_grants_client ON oauth_grants (client_id);

CREATE TABLE oauth_tokens (
    hash       BYTEA PRIMARY KEY,
    grant_id   TEXT NOT NULL REFERENCES oauth_grants (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL, -- access, refresh
    scopes     TEXT NOT NULL, -- JSON array
    created_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    used_us    BIGINT -- when a refresh token was exchanged; NULL: it was not
);
CREATE INDEX oauth_tokens_grant ON oauth_tokens (grant_id);
CREATE INDEX oauth_tokens_oldest ON oauth_tokens (expires_us);

-- +goose Down
DROP TABLE oauth_tokens;
DROP TABLE oauth_grants;
DROP TABLE oauth_clients;
