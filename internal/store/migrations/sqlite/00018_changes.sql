-- +goose Up
-- A key's generation rises with each change of it, so that what was read before a change is known to be older.
ALTER TABLE api_keys ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;

-- What changed that servers remember. They read it again and again, each from where it was; rows are deleted after an hour.
CREATE TABLE changes (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    at_us      BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    target     TEXT NOT NULL,
    generation BIGINT NOT NULL
);
CREATE INDEX changes_oldest ON changes (at_us);

-- +goose Down
DROP TABLE changes;
ALTER TABLE api_keys DROP COLUMN generation;
