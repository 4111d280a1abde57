-- +goose Up
-- Thousands of recordings repeat the threshold that their device was set to. Each says what held on its day, in whatever order they
-- come; but only the first of those that follow each other is a step of the history, and only steps are read.
ALTER TABLE profile_values ADD COLUMN repeats BOOLEAN NOT NULL DEFAULT FALSE; -- the value before is the same
ALTER TABLE profile_values ADD COLUMN dropped DOUBLE PRECISION;               -- what the athlete took away, where value is NULL
CREATE INDEX profile_values_steps ON profile_values (user_id) WHERE NOT repeats;

-- +goose Down
DROP INDEX profile_values_steps;
ALTER TABLE profile_values DROP COLUMN dropped;
ALTER TABLE profile_values DROP COLUMN repeats;
