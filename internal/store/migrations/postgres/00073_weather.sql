-- +goose Up
-- Answers of the weather service, for a while: pierre.WeatherDay. A place is a square of a tenth of a degree, and nothing says who asked.
CREATE TABLE weather_days (
    latitude_tenths  BIGINT NOT NULL,
    longitude_tenths BIGINT NOT NULL,
    day              BIGINT NOT NULL, -- days since 1970, UTC
    forecast         BIGINT NOT NULL, -- 1: by a model that forecasts
    elevation_m      DOUBLE PRECISION,
    hours            TEXT NOT NULL, -- JSON: list of pierre.WeatherHour
    fetched_us       BIGINT NOT NULL,
    expires_us       BIGINT NOT NULL,
    PRIMARY KEY (latitude_tenths, longitude_tenths, day)
);
CREATE INDEX weather_days_expires ON weather_days (expires_us);
CREATE INDEX weather_days_fetched ON weather_days (fetched_us);

-- +goose Down
DROP TABLE weather_days;
