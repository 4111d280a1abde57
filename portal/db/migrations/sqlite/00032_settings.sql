-- +goose Up
-- What the operator chose on the settings page: one row.
CREATE TABLE portal_settings (
    id      BIGINT PRIMARY KEY, -- 1
    content TEXT NOT NULL       -- JSON
);
INSERT INTO portal_settings (id, content) VALUES (1, '{}');

-- +goose Down
DROP TABLE portal_settings;
