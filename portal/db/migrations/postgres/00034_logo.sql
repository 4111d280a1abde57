-- +goose Up
-- The operator's logo: one row, or none. The settings have its hash.
CREATE TABLE portal_logo (
    id  BIGINT PRIMARY KEY, -- 1
    png BYTEA NOT NULL
);

-- +goose Down
DROP TABLE portal_logo;
