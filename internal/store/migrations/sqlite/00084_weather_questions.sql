-- +goose Up
-- How many questions all servers put to the weather service: pierre.WeatherWindow. Those of a day also by who asked, as a hash
-- that is another one on the next day.
CREATE TABLE weather_questions (
    length_us BIGINT NOT NULL,
    start_us  BIGINT NOT NULL,
    who       TEXT NOT NULL, -- '': everybody
    questions BIGINT NOT NULL,
    PRIMARY KEY (length_us, start_us, who)
);

-- +goose Down
DROP TABLE weather_questions;
