-- +goose Up
-- A window that opens counts what a few keys have in the roll-ups and here; it must not read what all others did lately.
CREATE INDEX usage_deltas_by_key ON usage_deltas (key_id, start_us);

-- +goose Down
DROP INDEX usage_deltas_by_key;
