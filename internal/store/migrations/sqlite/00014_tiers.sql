-- +goose Up
-- Tiers are data. settings is a JSON object: a member that is absent is no rule.
CREATE TABLE tiers (
    name              TEXT PRIMARY KEY,
    rank              BIGINT NOT NULL, -- the order in which they are shown
    settings          TEXT NOT NULL,
    customer_requests BIGINT NOT NULL,
    customer_period   TEXT NOT NULL,   -- '': the limit of settings
    lifetime_days     BIGINT NOT NULL, -- 0: for ever
    mode              TEXT NOT NULL    -- of new keys: live, trial
);
INSERT INTO tiers (name, rank, settings, customer_requests, customer_period, lifetime_days, mode) VALUES
    ('trial', 1, '{"rate_limit":{"requests":1000,"period":"month"}}', 0, '', 14, 'trial'),
    ('starter', 2, '{"rate_limit":{"requests":10000,"period":"month"}}', 0, '', 0, 'live'),
    ('professional', 3, '{"rate_limit":{"requests":100000,"period":"month"}}', 0, '', 0, 'live'),
    ('enterprise', 4, '{}', 0, '', 0, 'live');

-- What a key does not choose, it follows its tier in. limit_requests and limit_period of a key that follows its tier are
-- the tier's of when the key was written last, for programs that know no tiers; limit_follows says that they are not its own.
ALTER TABLE api_keys ADD COLUMN limit_follows BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE api_keys ADD COLUMN settings TEXT NOT NULL DEFAULT '{}'; -- JSON object: the rules that the key chose
ALTER TABLE api_keys ADD COLUMN key_type TEXT NOT NULL DEFAULT 'personal';
UPDATE api_keys SET limit_follows = TRUE
    WHERE (tier = 'trial' AND limit_requests = 1000 AND limit_period = 'month')
       OR (tier = 'starter' AND limit_requests = 10000 AND limit_period = 'month')
       OR (tier = 'professional' AND limit_requests = 100000 AND limit_period = 'month');
CREATE INDEX api_keys_by_tier ON api_keys (tier);

-- Of all keys of a customer together. '': the tiers say.
ALTER TABLE users ADD COLUMN limit_requests BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN limit_period TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN notes TEXT NOT NULL DEFAULT '';
CREATE INDEX users_newest ON users (created_us, id);

-- +goose Down
DROP INDEX users_newest;
ALTER TABLE users DROP COLUMN notes;
ALTER TABLE users DROP COLUMN limit_period;
ALTER TABLE users DROP COLUMN limit_requests;
DROP INDEX api_keys_by_tier;
ALTER TABLE api_keys DROP COLUMN key_type;
ALTER TABLE api_keys DROP COLUMN settings;
ALTER TABLE api_keys DROP COLUMN limit_follows;
DROP TABLE tiers;
