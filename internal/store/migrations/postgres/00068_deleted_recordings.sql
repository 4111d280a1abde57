-- +goose Up
-- Recordings of activities that their athlete deleted: an import leaves them out. Nothing of what they held is kept.
CREATE TABLE deleted_recordings (
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider    TEXT NOT NULL,
    external_id TEXT NOT NULL,
    sha256      BYTEA NOT NULL,
    part        BIGINT NOT NULL,
    activity_id TEXT NOT NULL, -- that it was of; it is gone
    deleted_us  BIGINT NOT NULL,
    PRIMARY KEY (user_id, provider, external_id, sha256, part)
);
CREATE INDEX deleted_recordings_by_file ON deleted_recordings (user_id, sha256, part);
CREATE INDEX deleted_recordings_by_activity ON deleted_recordings (user_id, activity_id);

-- +goose Down
DROP TABLE deleted_recordings;
