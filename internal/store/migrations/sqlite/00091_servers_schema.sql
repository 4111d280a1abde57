-- +goose Up
-- The newest version of the tables that the server knows, 0 if it is of a version before this one. What calls add up to is kept as
-- rows while a server runs that reads these only.
ALTER TABLE limiter_replicas ADD COLUMN newest_schema BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE limiter_replicas DROP COLUMN newest_schema;
