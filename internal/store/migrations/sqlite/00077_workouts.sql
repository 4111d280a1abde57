-- +goose Up
-- What athletes plan: pierre.Workout.
CREATE TABLE workouts (
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id         TEXT NOT NULL,
    day        BIGINT NOT NULL, -- days since 1970-01-01, on the athlete's calendar
    workout    TEXT NOT NULL,   -- JSON object
    revision   BIGINT NOT NULL, -- how often it was changed
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (user_id, id)
);

CREATE INDEX workouts_by_day ON workouts (user_id, day);

-- +goose Down
DROP TABLE workouts;
