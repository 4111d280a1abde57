-- +goose Up
-- The oldest version of these tables whose programs can work on them. A migration that takes away what older programs
-- use raises it.
CREATE TABLE portal_compatibility (oldest BIGINT NOT NULL);
INSERT INTO portal_compatibility (oldest) VALUES (1);

-- Which of the programs that share the database does a background job.
CREATE TABLE portal_leases (
    job      TEXT PRIMARY KEY,
    owner    TEXT NOT NULL,
    until_us BIGINT NOT NULL
);

-- +goose Down
DROP TABLE portal_leases;
DROP TABLE portal_compatibility;
