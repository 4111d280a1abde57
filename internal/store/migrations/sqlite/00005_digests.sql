-- +goose Up
CREATE TABLE activity_digests (
    activity_id TEXT PRIMARY KEY REFERENCES activities (id) ON DELETE CASCADE,
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    version     BIGINT NOT NULL, -- of the program's rules for making digests
    stamp       TEXT NOT NULL,   -- of the sources that the digest was made from
    digest      BLOB NOT NULL
);
CREATE INDEX activity_digests_by_user ON activity_digests (user_id);

-- +goose Down
DROP TABLE activity_digests;
