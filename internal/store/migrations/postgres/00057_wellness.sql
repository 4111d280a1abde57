-- +goose Up
-- What sources say of days: pierre.Wellness.
CREATE TABLE wellness (
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    day        BIGINT NOT NULL, -- days since 1970-01-01, on the athlete's calendar
    source     TEXT NOT NULL,   -- a provider
    value      DOUBLE PRECISION NOT NULL,
    unit       TEXT NOT NULL,   -- of the kind, for whoever reads the table without the program
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (user_id, kind, day, source)
);

-- +goose Down
DROP TABLE wellness;
