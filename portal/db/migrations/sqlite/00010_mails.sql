-- +goose Up
-- Mails that wait, were sent, or could not be. The sealed text is gone once a mail was sent.
CREATE TABLE portal_mails (
    id          TEXT PRIMARY KEY,             -- of the Message-ID
    kind        TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    subject     TEXT NOT NULL,
    sealed      BLOB,                         -- text and HTML; NULL: not needed any more
    once        TEXT UNIQUE,                  -- NULL: each such mail is sent
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
    written_us  BIGINT NOT NULL,
    due_us      BIGINT NOT NULL,              -- when it is tried next
    expires_us  BIGINT NOT NULL,              -- 0: never
    lease_us    BIGINT NOT NULL DEFAULT 0,    -- until then somebody sends it
    lease       TEXT NOT NULL DEFAULT '',     -- who
    tries       BIGINT NOT NULL DEFAULT 0,
    ended_us    BIGINT NOT NULL DEFAULT 0,    -- when it was sent or given up; 0: neither
    failure     TEXT NOT NULL DEFAULT ''      -- of the last try
);
CREATE INDEX portal_mails_due ON portal_mails (due_us) WHERE state = 'waiting';
CREATE INDEX portal_mails_dead ON portal_mails (ended_us, id) WHERE state = 'dead';
CREATE INDEX portal_mails_recipient ON portal_mails (recipient, written_us);

-- +goose Down
DROP TABLE portal_mails;
