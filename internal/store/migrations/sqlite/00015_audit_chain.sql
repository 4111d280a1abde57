-- +goose Up
-- The rows of the audit log in the order in which they were committed. Each hash is over the row and the hash before it, so
-- that no row can be changed, left out or put in without a change of all hashes after it. Rows without a place were written
-- before there was a chain, or by a program that knows none; the next start gives them places.
CREATE TABLE audit_chain (
    place BIGINT PRIMARY KEY, -- 1, 2, 3, …
    seq   BIGINT NOT NULL UNIQUE REFERENCES audit_log (seq),
    hash  BLOB NOT NULL       -- SHA-256
);

-- The end of the chain, in the one row that has to be written to add to it.
CREATE TABLE audit_head (
    id    BIGINT PRIMARY KEY, -- 1
    place BIGINT NOT NULL,    -- 0: the chain is empty
    hash  BLOB NOT NULL
);
INSERT INTO audit_head (id, place, hash) VALUES (1, 0, zeroblob(32));

-- +goose StatementBegin
CREATE TRIGGER audit_chain_is_not_rewritten BEFORE UPDATE ON audit_chain
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_chain_is_not_shortened BEFORE DELETE ON audit_chain
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd

CREATE INDEX audit_log_by_actor ON audit_log (actor, seq);
CREATE INDEX audit_log_by_target ON audit_log (target, seq);

-- +goose Down
DROP INDEX audit_log_by_target;
DROP INDEX audit_log_by_actor;
DROP TABLE audit_head;
DROP TABLE audit_chain;
