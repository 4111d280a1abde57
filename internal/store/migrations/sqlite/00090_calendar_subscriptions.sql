-- +goose Up
-- Addresses under which calendar programs read what is planned: pierre.CalendarSubscription.
CREATE TABLE calendar_subscriptions (
    user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    token      BLOB NOT NULL UNIQUE, -- SHA-256
    created_us BIGINT NOT NULL,
    read_us    BIGINT -- when it was read last, to the minute; NULL: never
);

-- +goose Down
DROP TABLE calendar_subscriptions;
