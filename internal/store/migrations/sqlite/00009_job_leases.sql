-- +goose Up
-- Which of several programs does a background job.
CREATE TABLE job_leases (
    job      TEXT PRIMARY KEY,
    owner    TEXT NOT NULL,
    until_us BIGINT NOT NULL
);

-- +goose Down
DROP TABLE job_leases;
