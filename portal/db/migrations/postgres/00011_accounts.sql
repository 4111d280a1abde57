-- +goose Up
-- Who asked for a link to sign in. Rows are made for every address, known or not, so that nobody learns which are.
CREATE TABLE portal_sign_ins (
    id          TEXT PRIMARY KEY,
    email       TEXT NOT NULL,
    network     TEXT NOT NULL,                -- hash of where the request came from
    asked_us    BIGINT NOT NULL,
    handled_us  BIGINT NOT NULL DEFAULT 0,    -- when the address was looked up; 0: not yet
    token_hash  BYTEA UNIQUE,                  -- SHA-256; NULL: no link was sent
    expires_us  BIGINT NOT NULL DEFAULT 0,
    used_us     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX portal_sign_ins_waiting ON portal_sign_ins (asked_us) WHERE handled_us = 0;
CREATE INDEX portal_sign_ins_email ON portal_sign_ins (email, asked_us);
CREATE INDEX portal_sign_ins_network ON portal_sign_ins (network, asked_us);

-- Browsers in which a customer is signed in.
CREATE TABLE portal_customer_sessions (
    hash        BYTEA PRIMARY KEY,             -- SHA-256 of the cookie
    id          TEXT NOT NULL UNIQUE,         -- to end it by
    email       TEXT NOT NULL,
    browser     TEXT NOT NULL,
    created_us  BIGINT NOT NULL,
    seen_us     BIGINT NOT NULL
);
CREATE INDEX portal_customer_sessions_email ON portal_customer_sessions (email);

-- What customers chose; without a row all mails are sent.
CREATE TABLE portal_customer_settings (
    email          TEXT PRIMARY KEY,
    limit_mails    BOOLEAN NOT NULL,
    expiry_mails   BOOLEAN NOT NULL,
    country_mails  BOOLEAN NOT NULL
);

-- +goose Down
DROP TABLE portal_customer_settings;
DROP TABLE portal_customer_sessions;
DROP TABLE portal_sign_ins;
