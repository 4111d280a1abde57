-- +goose Up
-- In a transaction of its own: one that has made an index of the table keeps servers from writing to it, and to drop one it waits for
-- those that read it, which may be about to write.
DROP INDEX IF EXISTS usage_rollups_by_customer;

-- +goose Down
CREATE INDEX usage_rollups_by_customer ON usage_rollups (customer_id, span_s, start_us);
