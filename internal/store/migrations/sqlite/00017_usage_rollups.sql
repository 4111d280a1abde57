-- +goose Up
-- What calls add up to, by minute, hour and day, UTC. A call is in three rows of its key and in three of all keys, whose
-- key_id is '*' and customer_id ''.
CREATE TABLE usage_rollups (
    key_id         TEXT NOT NULL,
    span_s         BIGINT NOT NULL, -- 60, 3600 or 86400
    start_us       BIGINT NOT NULL,
    tool           TEXT NOT NULL,
    country        TEXT NOT NULL,
    tier           TEXT NOT NULL,
    customer_id    TEXT NOT NULL,
    succeeded      BIGINT NOT NULL,
    failed         BIGINT NOT NULL,
    refused        BIGINT NOT NULL,
    request_bytes  BIGINT NOT NULL,
    response_bytes BIGINT NOT NULL,
    durations      BLOB NOT NULL, -- of succeeded and failed calls: pierre.Durations
    PRIMARY KEY (key_id, span_s, start_us, tool, country, tier, customer_id)
) WITHOUT ROWID;
CREATE INDEX usage_rollups_by_customer ON usage_rollups (customer_id, span_s, start_us);
CREATE INDEX usage_rollups_by_time ON usage_rollups (span_s, start_us);

-- What the calls of one transaction add up to, by the minute, until it is added to the rows above. A transaction that
-- records calls so changes no row that others change.
CREATE TABLE usage_deltas (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    key_id         TEXT NOT NULL,
    start_us       BIGINT NOT NULL, -- of the minute
    tool           TEXT NOT NULL,
    country        TEXT NOT NULL,
    tier           TEXT NOT NULL,
    customer_id    TEXT NOT NULL,
    succeeded      BIGINT NOT NULL,
    failed         BIGINT NOT NULL,
    refused        BIGINT NOT NULL,
    request_bytes  BIGINT NOT NULL,
    response_bytes BIGINT NOT NULL,
    durations      BLOB NOT NULL
);

-- From when on calls, minutes and hours are kept; what was before is deleted or about to be. No row: all are.
CREATE TABLE usage_kept (
    what    TEXT PRIMARY KEY, -- calls, minutes or hours
    from_us BIGINT NOT NULL
);

-- +goose Down
DROP TABLE usage_kept;
DROP TABLE usage_deltas;
DROP TABLE usage_rollups;
