-- +goose Up
ALTER TABLE activities ADD COLUMN indoor BOOLEAN NOT NULL DEFAULT FALSE; -- it is known to have been
ALTER TABLE activities ADD COLUMN race BOOLEAN NOT NULL DEFAULT FALSE;   -- the athlete called it one
ALTER TABLE activities ADD COLUMN sport_name TEXT NOT NULL DEFAULT '';   -- the source's own, where sport says less

-- +goose Down
ALTER TABLE activities DROP COLUMN sport_name;
ALTER TABLE activities DROP COLUMN race;
ALTER TABLE activities DROP COLUMN indoor;
