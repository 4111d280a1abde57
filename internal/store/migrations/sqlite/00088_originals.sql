-- +goose Up
-- The files from which activities were read (package original), each once for a user. Only exports read them, and they are apart
-- from activity_sources so that nothing else has to pass over them.
CREATE TABLE originals (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sha256  BLOB NOT NULL,   -- as in activity_sources: of the file, decompressed
    bytes   BIGINT NOT NULL, -- of the file
    packed  BLOB NOT NULL,   -- Zstandard (RFC 8878)
    PRIMARY KEY (user_id, sha256)
);

-- +goose Down
DROP TABLE originals;
