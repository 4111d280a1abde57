-- +goose Up
CREATE TABLE calls (
    id             TEXT NOT NULL,
    key_id         TEXT NOT NULL, -- '' for the single tenant
    user_id        TEXT NOT NULL,
    tool           TEXT NOT NULL,
    status         TEXT NOT NULL,
    started_us     BIGINT NOT NULL,
    duration_us    BIGINT NOT NULL,
    request_bytes  BIGINT NOT NULL,
    response_bytes BIGINT NOT NULL,
    country        TEXT NOT NULL,
    client_hash    TEXT NOT NULL,
    PRIMARY KEY (key_id, started_us, id) -- the order in which reports read
) WITHOUT ROWID;

-- A row equals the number of the key's calls in its window that were not refused.
-- Where there is no row, the calls say it.
CREATE TABLE quota_counters (
    key_id          TEXT NOT NULL,
    period          TEXT NOT NULL,
    window_start_us BIGINT NOT NULL,
    used            BIGINT NOT NULL,
    PRIMARY KEY (key_id, period, window_start_us)
);

-- +goose Down
DROP TABLE quota_counters;
DROP TABLE calls;
