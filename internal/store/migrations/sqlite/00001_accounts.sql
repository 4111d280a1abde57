-- +goose Up
CREATE TABLE users (
    id         TEXT PRIMARY KEY,
    email      TEXT NOT NULL UNIQUE,
    created_us BIGINT NOT NULL
);

-- +goose Down
DROP TABLE users;
