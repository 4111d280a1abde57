-- +goose Up
-- A key and its successors by rotation are a family, named by the first of them, and share a quota.
ALTER TABLE api_keys ADD COLUMN family_id TEXT NOT NULL DEFAULT '';
WITH RECURSIVE members (id, family_id) AS (
    SELECT k.id, k.id FROM api_keys k LEFT JOIN api_keys old ON old.replaced_by = k.id WHERE old.id IS NULL
    UNION ALL
    SELECT k.replaced_by, m.family_id FROM members m JOIN api_keys k ON k.id = m.id WHERE k.replaced_by IS NOT NULL
)
UPDATE api_keys SET family_id = (SELECT m.family_id FROM members m WHERE m.id = api_keys.id);
CREATE INDEX api_keys_by_family ON api_keys (family_id);

-- The counters become those of families, by windows. Where there is no row, the calls say it.
DROP TABLE quota_counters;
CREATE TABLE quota_counters (
    key_id          TEXT NOT NULL, -- the family
    period          TEXT NOT NULL,
    window_start_us BIGINT NOT NULL,
    window_end_us   BIGINT NOT NULL,
    used            BIGINT NOT NULL, -- the calls that started in the window
    PRIMARY KEY (key_id, period, window_start_us)
);

-- +goose Down
DROP INDEX api_keys_by_family;
ALTER TABLE api_keys DROP COLUMN family_id;
DROP TABLE quota_counters;
CREATE TABLE quota_counters (
    key_id          TEXT NOT NULL,
    period          TEXT NOT NULL,
    window_start_us BIGINT NOT NULL,
    used            BIGINT NOT NULL,
    PRIMARY KEY (key_id, period, window_start_us)
);
