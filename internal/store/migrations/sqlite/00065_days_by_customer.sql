-- +goose Up
-- Each call adds to minutes, hours and days. Which keys a customer has had, the days say; an index of the minutes and hours as well
-- costs each of them a page that is written. 00076 drops that.
CREATE INDEX usage_rollups_days_by_customer ON usage_rollups (customer_id, start_us) WHERE span_s = 86400;

-- +goose Down
DROP INDEX usage_rollups_days_by_customer;
