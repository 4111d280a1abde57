-- +goose Up
-- How many personal keys were tried with an invitation: nobody finds out by it which keys a provider accepts.
ALTER TABLE connection_links ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE connection_links DROP COLUMN tries;
