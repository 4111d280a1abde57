-- +goose Up
-- Users who are being deleted: customers without an e-mail address, athletes without a name.
CREATE INDEX users_gone ON users (id) WHERE email IS NULL AND athlete_name IS NULL;

-- +goose Down
DROP INDEX users_gone;
