-- +goose Up
CREATE TABLE activities (
    id                TEXT PRIMARY KEY,
    user_id           TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider          TEXT NOT NULL,
    name              TEXT NOT NULL,
    description       TEXT NOT NULL,
    sport             TEXT NOT NULL,
    start_us          BIGINT NOT NULL,
    utc_offset_s      BIGINT,
    has_gps           BOOLEAN NOT NULL,
    device            TEXT NOT NULL,
    multisport_id     TEXT NOT NULL,
    warnings          TEXT NOT NULL, -- JSON array
    distance_m        DOUBLE PRECISION,
    duration_s        DOUBLE PRECISION,
    elapsed_s         DOUBLE PRECISION,
    gain_m            DOUBLE PRECISION,
    loss_m            DOUBLE PRECISION,
    average_hr_bpm    DOUBLE PRECISION,
    max_hr_bpm        DOUBLE PRECISION,
    average_power_w   DOUBLE PRECISION,
    max_power_w       DOUBLE PRECISION,
    normalized_w      DOUBLE PRECISION,
    average_speed_mps DOUBLE PRECISION,
    max_speed_mps     DOUBLE PRECISION,
    average_cadence   DOUBLE PRECISION,
    calories_kcal     DOUBLE PRECISION
);
CREATE INDEX activities_by_start ON activities (user_id, start_us, id);

-- One row per source of an activity. The activity's own row is what its sources add up to.
CREATE TABLE activity_sources (
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    activity_id TEXT NOT NULL REFERENCES activities (id) ON DELETE CASCADE,
    provider    TEXT NOT NULL,
    external_id TEXT NOT NULL,
    sha256      BLOB NOT NULL,
    part        BIGINT NOT NULL,
    local_times BOOLEAN NOT NULL,
    file        TEXT NOT NULL,
    format      TEXT NOT NULL,
    imported_us BIGINT NOT NULL,
    is_primary  BOOLEAN NOT NULL,
    start_us    BIGINT NOT NULL, -- by this source
    summary     TEXT NOT NULL,   -- JSON: the activity as this source alone has it
    laps        TEXT NOT NULL,   -- JSON array
    samples     BLOB,            -- package series; NULL if richer sources have every column
    PRIMARY KEY (user_id, provider, external_id, sha256, part)
);
CREATE INDEX activity_sources_by_activity ON activity_sources (activity_id);
CREATE INDEX activity_sources_by_start ON activity_sources (user_id, start_us);
CREATE INDEX activity_sources_by_file ON activity_sources (user_id, sha256);

CREATE TABLE profiles (
    user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    profile    TEXT NOT NULL, -- JSON object
    origins    TEXT NOT NULL, -- JSON object: when it was so, of each field that came from a file
    updated_us BIGINT
);

-- +goose Down
DROP TABLE profiles;
DROP TABLE activity_sources;
DROP TABLE activities;
