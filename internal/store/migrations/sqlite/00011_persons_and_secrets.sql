-- +goose Up
-- A service changes things for persons, such as the staff of the admin site. '': it named nobody.
ALTER TABLE audit_log ADD COLUMN person TEXT NOT NULL DEFAULT '';

-- Which secrets the database was last used with. A secret cannot be found from its fingerprint.
CREATE TABLE secret_fingerprints (
    name        TEXT PRIMARY KEY, -- JWT_SECRET, ENCRYPTION_KEY
    fingerprint TEXT NOT NULL
);

-- +goose Down
DROP TABLE secret_fingerprints;
ALTER TABLE audit_log DROP COLUMN person;
