-- +goose Up
-- Rows of PostgreSQL have no number of their own that an INSERT could name.
SELECT 1;

-- +goose Down
SELECT 1;
