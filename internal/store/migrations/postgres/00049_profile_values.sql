-- +goose Up
-- What the fields of a profile that change over the years were, and from which day on. The row in profiles has what they are
-- now. A field without rows here has been as it is now from the beginning.
CREATE TABLE profile_values (
    user_id  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    field    TEXT NOT NULL,     -- its name in the profile
    imported BOOLEAN NOT NULL,  -- a file said so, not the athlete
    day      BIGINT NOT NULL,   -- days since 1970-01-01
    value    DOUBLE PRECISION,  -- NULL: the athlete took away what files said of the day
    said_us  BIGINT NOT NULL,   -- when it was said: of two files of a day the later counts
    PRIMARY KEY (user_id, field, imported, day)
);

-- +goose Down
DROP TABLE profile_values;
