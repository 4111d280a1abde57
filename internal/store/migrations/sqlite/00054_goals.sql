-- +goose Up
CREATE TABLE goals (
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id         TEXT NOT NULL,
    goal       TEXT NOT NULL, -- JSON object
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (user_id, id)
);

-- +goose Down
DROP TABLE goals;
