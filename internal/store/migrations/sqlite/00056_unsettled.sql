-- +goose Up
-- From which start on it is not yet settled which of the activities at one time counts: those of before this was done at import.
ALTER TABLE activity_states ADD COLUMN unsettled_us BIGINT;
UPDATE activity_states SET unsettled_us = (SELECT min(start_us) FROM activities WHERE activities.user_id = activity_states.user_id);

-- +goose Down
ALTER TABLE activity_states DROP COLUMN unsettled_us;
