-- +goose Up
-- The athletes of a customer's application are users without an e-mail address: their customer and a name of its own name
-- them. One without a name is being deleted. SQLite has no statement that makes a column optional; this is how its
-- documentation says to do it (ALTER TABLE, section 8), and the columns that follow give the schema its new version.
PRAGMA writable_schema = ON;
UPDATE sqlite_master SET sql = replace(sql, 'email      TEXT NOT NULL UNIQUE', 'email      TEXT UNIQUE') WHERE type = 'table' AND name = 'users';
PRAGMA writable_schema = RESET;
ALTER TABLE users ADD COLUMN customer_id TEXT REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE users ADD COLUMN athlete_name TEXT;
CREATE UNIQUE INDEX users_by_athlete ON users (customer_id, athlete_name);
CREATE INDEX users_newest_athletes ON users (customer_id, created_us, id);
CREATE INDEX users_being_deleted ON users (id) WHERE customer_id IS NOT NULL AND athlete_name IS NULL;

-- +goose Down
DELETE FROM users WHERE customer_id IS NOT NULL;
DROP INDEX users_being_deleted;
DROP INDEX users_newest_athletes;
DROP INDEX users_by_athlete;
ALTER TABLE users DROP COLUMN athlete_name;
ALTER TABLE users DROP COLUMN customer_id;
PRAGMA writable_schema = ON;
UPDATE sqlite_master SET sql = replace(sql, 'email      TEXT UNIQUE', 'email      TEXT NOT NULL UNIQUE') WHERE type = 'table' AND name = 'users';
PRAGMA writable_schema = RESET;
