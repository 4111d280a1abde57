-- +goose Up
-- What a transaction adds to the counters of quotas, until it is added to the rows of quota_counters: what is used is both. A
-- transaction that records calls so changes no row that others change. Where a bucket has no row in quota_counters, the calls
-- say what is used, those of these rows included.
CREATE TABLE quota_deltas (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket    TEXT NOT NULL,   -- as quota_counters.key_id names it
    minute_us BIGINT NOT NULL, -- in which the calls started
    calls     BIGINT NOT NULL,
    period    TEXT NOT NULL    -- of the limit that the calls had, '' if none
);
CREATE INDEX quota_deltas_by_bucket ON quota_deltas (bucket);

-- +goose Down
DROP TABLE quota_deltas;
