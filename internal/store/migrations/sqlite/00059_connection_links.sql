-- +goose Up
-- Invitations to connect an account: pierre.ConnectionLink.
CREATE TABLE connection_links (
    token      BLOB PRIMARY KEY, -- SHA-256
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider   TEXT NOT NULL,
    state      BLOB UNIQUE, -- SHA-256 of the state of the request to the provider; NULL: none was made
    expires_us BIGINT NOT NULL
);
CREATE INDEX connection_links_user ON connection_links (user_id, expires_us);

-- What was fetched over a connection: pierre.FetchedItem.
CREATE TABLE fetched_items (
    user_id  TEXT NOT NULL,
    provider TEXT NOT NULL,
    item     TEXT NOT NULL,
    version  TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    tries    BIGINT NOT NULL,
    PRIMARY KEY (user_id, provider, item),
    FOREIGN KEY (user_id, provider) REFERENCES connections (user_id, provider) ON DELETE CASCADE
);

-- +goose Down
DROP TABLE fetched_items;
DROP TABLE connection_links;
