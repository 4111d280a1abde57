-- +goose Up
ALTER TABLE activity_digests ADD COLUMN detail BYTEA; -- what only few questions need

-- What is kept besides a user's activities, and of which state of these it is.
CREATE TABLE activity_states (
    user_id           TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    revision          BIGINT NOT NULL,           -- of the activities; each change raises it
    digested_revision BIGINT NOT NULL DEFAULT -1, -- that all have digests of
    digest_version    BIGINT NOT NULL DEFAULT 0,
    summed_state      TEXT NOT NULL DEFAULT ''   -- that activity_sums are of
);
INSERT INTO activity_states (user_id, revision) SELECT DISTINCT user_id, 0 FROM activities;

-- Sums of a user's activities, and of those that have no offset from UTC, and so no day of their own, one by one.
CREATE TABLE activity_sums (
    user_id                      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    span                         BIGINT NOT NULL, -- 0: activities of one start, 1: a day, 2: a month, 3: a year
    at_us                        BIGINT NOT NULL, -- the start in UTC; of days and months their first midnight as if it were in UTC
    sport                        TEXT NOT NULL,
    activities                   BIGINT NOT NULL,
    longest_meters               DOUBLE PRECISION,
    longest_us                   BIGINT NOT NULL, -- the start of the longest
    longest_id                   TEXT NOT NULL,
    distance_meters              DOUBLE PRECISION,
    distance_meters_count        BIGINT NOT NULL,
    duration_seconds             DOUBLE PRECISION,
    duration_seconds_count       BIGINT NOT NULL,
    elapsed_seconds              DOUBLE PRECISION,
    elapsed_seconds_count        BIGINT NOT NULL,
    elevation_gain_meters        DOUBLE PRECISION,
    elevation_gain_meters_count  BIGINT NOT NULL,
    elevation_loss_meters        DOUBLE PRECISION,
    elevation_loss_meters_count  BIGINT NOT NULL,
    calories_kcal                DOUBLE PRECISION,
    calories_kcal_count          BIGINT NOT NULL,
    PRIMARY KEY (user_id, span, at_us, sport)
);

CREATE INDEX activity_sources_newest ON activity_sources (user_id, imported_us, activity_id);

-- +goose Down
DROP INDEX activity_sources_newest;
DROP TABLE activity_sums;
DROP TABLE activity_states;
ALTER TABLE activity_digests DROP COLUMN detail;
