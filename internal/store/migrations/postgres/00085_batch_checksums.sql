-- +goose Up
-- The CRC-32C of sums (RFC 3720, appendix B.4); NULL: a version wrote the row that kept none.
ALTER TABLE usage_batches ADD COLUMN crc32c BIGINT;

-- Batches whose sums are not what was written, as they were found, until reconciliation has added their calls up again.
CREATE TABLE damaged_batches (
    seq      BIGINT NOT NULL, -- as in usage_batches; another database, from which this one was copied, may have had the same
    entries  BIGINT NOT NULL,
    sums     BYTEA NOT NULL,
    crc32c   BIGINT,
    found_us BIGINT NOT NULL,
    PRIMARY KEY (seq, found_us)
);

-- +goose Down
DROP TABLE damaged_batches;
ALTER TABLE usage_batches DROP COLUMN crc32c;
