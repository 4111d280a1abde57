-- +goose Up
-- What athletes say of activities: pierre.Impression, from files, and pierre.Annotation, to this program.
ALTER TABLE activities ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE activities ADD COLUMN rpe DOUBLE PRECISION;              -- rate of perceived exertion, 0 to 10
ALTER TABLE activities ADD COLUMN feel TEXT NOT NULL DEFAULT '';
ALTER TABLE activities ADD COLUMN gear TEXT NOT NULL DEFAULT '';     -- its name
ALTER TABLE activities ADD COLUMN said TEXT;                         -- JSON array: which fields are the athlete's own words
ALTER TABLE activity_sources ADD COLUMN said TEXT NOT NULL DEFAULT ''; -- JSON object: the own words; '': none

-- +goose Down
ALTER TABLE activity_sources DROP COLUMN said;
ALTER TABLE activities DROP COLUMN said;
ALTER TABLE activities DROP COLUMN gear;
ALTER TABLE activities DROP COLUMN feel;
ALTER TABLE activities DROP COLUMN rpe;
ALTER TABLE activities DROP COLUMN note;
