-- +goose Up
-- The athletes of a customer's application are users without an e-mail address: their customer and a name of its own name
-- them. One without a name is being deleted.
ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
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
ALTER TABLE users ALTER COLUMN email SET NOT NULL;
