-- +goose Up
-- What the athlete decided of a source: that its activity is not shown, and from which others it is kept apart.
ALTER TABLE activity_sources ADD COLUMN hidden BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE activity_sources ADD COLUMN sides TEXT NOT NULL DEFAULT ''; -- such as k3q:0 m2x:1; sources of one name and two numbers are apart

ALTER TABLE activities ADD COLUMN hidden BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE activities ADD COLUMN twin_id TEXT NOT NULL DEFAULT ''; -- of the activity that counts in its place, being the same by all appearances
CREATE INDEX activities_twins ON activities (user_id, twin_id) WHERE twin_id <> '';

-- +goose Down
DROP INDEX activities_twins;
ALTER TABLE activities DROP COLUMN twin_id;
ALTER TABLE activities DROP COLUMN hidden;
ALTER TABLE activity_sources DROP COLUMN sides;
ALTER TABLE activity_sources DROP COLUMN hidden;
