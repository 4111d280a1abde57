-- +goose Up
-- Counts the changes of the user's rows of wellness: what a server keeps of them in memory is of one revision.
ALTER TABLE activity_states ADD COLUMN wellness_revision BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE activity_states DROP COLUMN wellness_revision;
