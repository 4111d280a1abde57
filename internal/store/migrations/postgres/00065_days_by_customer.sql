-- +goose Up
-- Each call adds to minutes, hours and days. Which keys a customer has had, the days say; an index of the minutes and hours as well
-- costs each of them a page that is written.
CREATE INDEX usage_rollups_days_by_customer ON usage_rollups (customer_id, start_us) WHERE span_s = 86400;
DROP INDEX usage_rollups_by_customer;

-- +goose Down
CREATE INDEX usage_rollups_by_customer ON usage_rollups (customer_id, span_s, start_us);
DROP INDEX usage_rollups_days_by_customer;
