-- +goose Up
-- How the servers that share this database count calls together. The only row of limiter_epochs is the epoch that is in
-- force; in a new one counts are made anew from this database and from the calls that ran when it began.
CREATE TABLE limiter_epochs (
    id     BIGINT PRIMARY KEY,
    epoch  BIGINT NOT NULL,
    mode   TEXT NOT NULL, -- alone, redis or share
    leader TEXT NOT NULL  -- the replica that began it
);
INSERT INTO limiter_epochs (id, epoch, mode, leader) VALUES (1, 0, '', '');

CREATE TABLE limiter_replicas (
    id      TEXT PRIMARY KEY,
    beat    BIGINT NOT NULL, -- rises while it lives
    epoch   BIGINT NOT NULL, -- for which it has said what runs
    reaches BIGINT NOT NULL  -- 1: it reaches Redis
);

CREATE TABLE limiter_running (
    epoch   BIGINT NOT NULL,
    call_id TEXT NOT NULL,
    at_us   BIGINT NOT NULL,
    buckets TEXT NOT NULL, -- JSON array of ids
    PRIMARY KEY (epoch, call_id)
);

-- +goose Down
DROP TABLE limiter_running;
DROP TABLE limiter_replicas;
DROP TABLE limiter_epochs;
