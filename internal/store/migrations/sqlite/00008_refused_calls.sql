-- +goose Up
-- Calls over the limit are counted, not kept one by one.
CREATE TABLE refused_calls (
    key_id    TEXT NOT NULL,
    minute_us BIGINT NOT NULL,
    tool      TEXT NOT NULL,
    country   TEXT NOT NULL,
    calls     BIGINT NOT NULL,
    PRIMARY KEY (key_id, minute_us, tool, country)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE refused_calls;
