-- +goose Up
-- Requests for keys, from the form to the claimed key. Hashes are SHA-256 in hexadecimal: no link and no key is in here.
CREATE TABLE portal_requests (
    id              TEXT PRIMARY KEY,
    email           TEXT NOT NULL,
    company         TEXT NOT NULL,
    company_key     TEXT NOT NULL, -- the company as it is compared, "" for none
    use_case        TEXT NOT NULL,
    tier            TEXT NOT NULL, -- that was asked for
    state           TEXT NOT NULL,
    version         BIGINT NOT NULL, -- rises with every change
    created_us      BIGINT NOT NULL,
    changed_us      BIGINT NOT NULL,
    verify_hash     TEXT NOT NULL UNIQUE,
    verify_until_us BIGINT NOT NULL,
    verified_us     BIGINT,
    first_by        TEXT NOT NULL DEFAULT '', -- who approved first, where two must
    first_us        BIGINT,
    decided_by      TEXT NOT NULL DEFAULT '',
    decided_us      BIGINT,
    reason          TEXT NOT NULL DEFAULT '', -- of a rejection
    plan            TEXT NOT NULL DEFAULT '', -- JSON of what is provisioned
    answer_hash     TEXT NOT NULL DEFAULT '',
    answer_until_us BIGINT,
    key_id          TEXT NOT NULL DEFAULT '',
    user_id         TEXT NOT NULL DEFAULT '',
    provisioned_us  BIGINT,
    tries           BIGINT NOT NULL DEFAULT 0, -- to provision
    next_try_us     BIGINT,
    failure         TEXT NOT NULL DEFAULT '', -- of the last try
    claimed_us      BIGINT
);
CREATE INDEX portal_requests_by_state ON portal_requests (state, created_us, id);
CREATE INDEX portal_requests_by_email ON portal_requests (email, created_us);
CREATE INDEX portal_requests_by_company ON portal_requests (company_key, created_us);
CREATE INDEX portal_requests_by_age ON portal_requests (created_us, id);
CREATE INDEX portal_requests_by_answer ON portal_requests (answer_hash);

-- What happened to a request, in order.
CREATE TABLE portal_request_events (
    request_id TEXT NOT NULL REFERENCES portal_requests (id) ON DELETE CASCADE,
    seq        BIGINT NOT NULL,
    at_us      BIGINT NOT NULL,
    actor      TEXT NOT NULL, -- the e-mail address of somebody of the staff, or who else it was
    action     TEXT NOT NULL,
    details    TEXT NOT NULL,
    PRIMARY KEY (request_id, seq)
);

-- Links under which a key is shown, each once. The last one of a request counts.
CREATE TABLE portal_claims (
    request_id TEXT NOT NULL REFERENCES portal_requests (id) ON DELETE CASCADE,
    number     BIGINT NOT NULL,
    hash       TEXT NOT NULL UNIQUE,
    until_us   BIGINT NOT NULL,
    shown_us   BIGINT,
    PRIMARY KEY (request_id, number)
);

-- How often something was done from a network or for an address, by the hour. What is counted is hashed.
CREATE TABLE portal_counts (
    bucket  TEXT NOT NULL,
    hour_us BIGINT NOT NULL,
    n       BIGINT NOT NULL,
    PRIMARY KEY (bucket, hour_us)
);
CREATE INDEX portal_counts_by_hour ON portal_counts (hour_us);

-- +goose Down
DROP TABLE portal_counts;
DROP TABLE portal_claims;
DROP TABLE portal_request_events;
DROP TABLE portal_requests;
