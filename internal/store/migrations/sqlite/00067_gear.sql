-- +goose Up
-- What shoes and bicycles have done, of the same state of the activities as activity_sums.
CREATE TABLE gear_sums (
    user_id          TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    gear             TEXT NOT NULL, -- its name
    activities       BIGINT NOT NULL,
    on_foot          BIGINT NOT NULL, -- of the activities
    distance_meters  DOUBLE PRECISION,
    duration_seconds DOUBLE PRECISION,
    first_us         BIGINT NOT NULL,
    last_us          BIGINT NOT NULL,
    PRIMARY KEY (user_id, gear)
);

-- +goose Down
DROP TABLE gear_sums;
