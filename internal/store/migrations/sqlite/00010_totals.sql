-- +goose Up
-- The totals of activities have the names here that they have everywhere else.
ALTER TABLE activities RENAME COLUMN distance_m TO distance_meters;
ALTER TABLE activities RENAME COLUMN duration_s TO duration_seconds;
ALTER TABLE activities RENAME COLUMN elapsed_s TO elapsed_seconds;
ALTER TABLE activities RENAME COLUMN gain_m TO elevation_gain_meters;
ALTER TABLE activities RENAME COLUMN loss_m TO elevation_loss_meters;
ALTER TABLE activities RENAME COLUMN average_hr_bpm TO average_heart_rate_bpm;
ALTER TABLE activities RENAME COLUMN max_hr_bpm TO max_heart_rate_bpm;
ALTER TABLE activities RENAME COLUMN average_power_w TO average_power_watts;
ALTER TABLE activities RENAME COLUMN max_power_w TO max_power_watts;
ALTER TABLE activities RENAME COLUMN normalized_w TO normalized_power_watts;
ALTER TABLE activities RENAME COLUMN average_cadence TO average_cadence_rpm;

-- +goose Down
ALTER TABLE activities RENAME COLUMN distance_meters TO distance_m;
ALTER TABLE activities RENAME COLUMN duration_seconds TO duration_s;
ALTER TABLE activities RENAME COLUMN elapsed_seconds TO elapsed_s;
ALTER TABLE activities RENAME COLUMN elevation_gain_meters TO gain_m;
ALTER TABLE activities RENAME COLUMN elevation_loss_meters TO loss_m;
ALTER TABLE activities RENAME COLUMN average_heart_rate_bpm TO average_hr_bpm;
ALTER TABLE activities RENAME COLUMN max_heart_rate_bpm TO max_hr_bpm;
ALTER TABLE activities RENAME COLUMN average_power_watts TO average_power_w;
ALTER TABLE activities RENAME COLUMN max_power_watts TO max_power_w;
ALTER TABLE activities RENAME COLUMN normalized_power_watts TO normalized_w;
ALTER TABLE activities RENAME COLUMN average_cadence_rpm TO average_cadence;
