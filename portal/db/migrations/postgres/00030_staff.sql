-- +goose Up
-- Who runs the site.
CREATE TABLE portal_staff (
    id            TEXT PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE, -- in its normal form
    name          TEXT NOT NULL,
    role          TEXT NOT NULL,        -- viewer, approver, admin, owner
    password_hash TEXT NOT NULL,        -- argon2id; '': none
    totp_sealed   BYTEA,                -- the secret of an authenticator app, encrypted; NULL: none
    totp_step     BIGINT NOT NULL,      -- the step of the last code that was taken: each counts once
    created_us    BIGINT NOT NULL,
    signed_in_us  BIGINT                -- NULL: never
);

CREATE TABLE portal_staff_passkeys (
    id         TEXT PRIMARY KEY, -- of the credential, in base64url
    staff_id   TEXT NOT NULL REFERENCES portal_staff (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    credential TEXT NOT NULL,    -- JSON: public key, counter, flags
    created_us BIGINT NOT NULL,
    used_us    BIGINT            -- NULL: never
);
CREATE INDEX portal_staff_passkeys_of ON portal_staff_passkeys (staff_id);

-- Codes that stand in for a lost second factor, each once.
CREATE TABLE portal_staff_recovery (
    hash     TEXT PRIMARY KEY, -- SHA-256 of the account's id and the code, in hexadecimal
    staff_id TEXT NOT NULL REFERENCES portal_staff (id) ON DELETE CASCADE
);
CREATE INDEX portal_staff_recovery_of ON portal_staff_recovery (staff_id);

CREATE TABLE portal_staff_sessions (
    hash       TEXT PRIMARY KEY, -- SHA-256 of what is in the cookie, in hexadecimal
    staff_id   TEXT REFERENCES portal_staff (id) ON DELETE CASCADE, -- NULL: nobody yet, a sign-in by passkey or another site began
    stage      TEXT NOT NULL,    -- begun, password (the second factor is missing), full
    data       TEXT NOT NULL,    -- what a sign-in that goes on has to remember
    network    TEXT NOT NULL,    -- of the browser when it signed in
    browser    TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    seen_us    BIGINT NOT NULL,
    expires_us BIGINT NOT NULL   -- at the latest
);
CREATE INDEX portal_staff_sessions_of ON portal_staff_sessions (staff_id);
CREATE INDEX portal_staff_sessions_expiry ON portal_staff_sessions (expires_us);

-- Invitations, the first owner's link, and links to a new password: each works once.
CREATE TABLE portal_staff_links (
    hash       TEXT PRIMARY KEY, -- SHA-256 of what is in the link, in hexadecimal
    kind       TEXT NOT NULL,    -- invitation, reset
    email      TEXT NOT NULL,
    role       TEXT NOT NULL,    -- of the account that it makes
    made_by    TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL
);
CREATE INDEX portal_staff_links_email ON portal_staff_links (email);

-- Guesses that failed, by account and by network.
CREATE TABLE portal_staff_guesses (
    bucket   TEXT PRIMARY KEY,
    count    BIGINT NOT NULL,
    until_us BIGINT NOT NULL -- when the count begins anew
);

-- What staff did, each entry with a hash over it and the hash before, so that none can be changed or taken away unseen.
CREATE TABLE portal_audit (
    seq     BIGINT PRIMARY KEY, -- 1, 2, 3, …
    at_us   BIGINT NOT NULL,
    person  TEXT NOT NULL,      -- an e-mail address, or the program's name
    action  TEXT NOT NULL,
    target  TEXT NOT NULL,
    details TEXT NOT NULL,      -- JSON
    hash    TEXT NOT NULL       -- SHA-256, in hexadecimal
);
CREATE INDEX portal_audit_person ON portal_audit (person, seq);
CREATE INDEX portal_audit_target ON portal_audit (target, seq);
CREATE TABLE portal_audit_head (
    id   BIGINT PRIMARY KEY, -- 1
    seq  BIGINT NOT NULL,    -- 0: there are no entries
    hash TEXT NOT NULL
);
INSERT INTO portal_audit_head (id, seq, hash) VALUES (1, 0, '');

-- +goose StatementBegin
CREATE FUNCTION portal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
-- +goose StatementEnd
CREATE TRIGGER portal_audit_is_append_only BEFORE UPDATE OR DELETE ON portal_audit
    FOR EACH ROW EXECUTE FUNCTION portal_is_append_only();

-- +goose Down
DROP TABLE portal_audit_head;
DROP TABLE portal_audit;
DROP FUNCTION portal_is_append_only();
DROP TABLE portal_staff_guesses;
DROP TABLE portal_staff_links;
DROP TABLE portal_staff_sessions;
DROP TABLE portal_staff_recovery;
DROP TABLE portal_staff_passkeys;
DROP TABLE portal_staff;
