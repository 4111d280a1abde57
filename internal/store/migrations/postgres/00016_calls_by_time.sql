-- +goose Up
-- Reports read roll-ups, so calls lie in the order in which they come, and go by retention. A call whose rolled is 0 is in
-- no roll-up yet: it is of a version that kept none.
CREATE TABLE calls_by_time (
    id             TEXT NOT NULL,
    key_id         TEXT NOT NULL, -- '' for the single tenant
    user_id        TEXT NOT NULL, -- whose data it was about
    customer_id    TEXT NOT NULL DEFAULT '', -- whose key it was; '': the user's
    tier           TEXT NOT NULL DEFAULT '', -- of the key at that time; '': not recorded
    tool           TEXT NOT NULL,
    status         TEXT NOT NULL,
    started_us     BIGINT NOT NULL,
    duration_us    BIGINT NOT NULL,
    request_bytes  BIGINT NOT NULL,
    response_bytes BIGINT NOT NULL,
    country        TEXT NOT NULL,
    client_hash    TEXT NOT NULL,
    rolled         SMALLINT NOT NULL DEFAULT 0,
    PRIMARY KEY (started_us, key_id, id)
);
INSERT INTO calls_by_time (id, key_id, user_id, tool, status, started_us, duration_us, request_bytes, response_bytes, country, client_hash)
    SELECT id, key_id, user_id, tool, status, started_us, duration_us, request_bytes, response_bytes, country, client_hash
    FROM calls ORDER BY started_us, key_id, id;
DROP TABLE calls;
ALTER TABLE calls_by_time RENAME TO calls;
CREATE INDEX calls_not_rolled ON calls (key_id, started_us) WHERE rolled = 0;

-- Of refused calls, as many as rolled_calls are in roll-ups. customer_id and tier are those of the first in the minute.
ALTER TABLE refused_calls ADD COLUMN customer_id TEXT NOT NULL DEFAULT '';
ALTER TABLE refused_calls ADD COLUMN tier TEXT NOT NULL DEFAULT '';
ALTER TABLE refused_calls ADD COLUMN rolled_calls BIGINT NOT NULL DEFAULT 0;
CREATE INDEX refused_calls_by_time ON refused_calls (minute_us);
CREATE INDEX refused_calls_not_rolled ON refused_calls (key_id, minute_us) WHERE calls > rolled_calls;

-- +goose Down
DROP INDEX refused_calls_not_rolled;
DROP INDEX refused_calls_by_time;
ALTER TABLE refused_calls DROP COLUMN rolled_calls;
ALTER TABLE refused_calls DROP COLUMN tier;
ALTER TABLE refused_calls DROP COLUMN customer_id;
CREATE TABLE calls_by_key (
    id             TEXT NOT NULL,
    key_id         TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    tool           TEXT NOT NULL,
    status         TEXT NOT NULL,
    started_us     BIGINT NOT NULL,
    duration_us    BIGINT NOT NULL,
    request_bytes  BIGINT NOT NULL,
    response_bytes BIGINT NOT NULL,
    country        TEXT NOT NULL,
    client_hash    TEXT NOT NULL,
    PRIMARY KEY (key_id, started_us, id)
);
INSERT INTO calls_by_key SELECT id, key_id, user_id, tool, status, started_us, duration_us, request_bytes, response_bytes, country, client_hash FROM calls;
DROP TABLE calls;
ALTER TABLE calls_by_key RENAME TO calls;
