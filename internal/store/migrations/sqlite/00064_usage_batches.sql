-- +goose Up
-- What the calls of one transaction add up to, by key, minute, tool, country and tier and by bucket of a quota, in one row whatever
-- their number, until it is added to usage_rollups and quota_counters. The rows of usage_deltas and quota_deltas mean the same.
CREATE TABLE usage_batches (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    entries BIGINT NOT NULL, -- how many sums there are in sums
    sums    BLOB NOT NULL
);

-- +goose Down
DROP TABLE usage_batches;
