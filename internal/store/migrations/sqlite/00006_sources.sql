-- +goose Up
-- An import looks for the sources around its recording's start and of its content, and then for the other sources of
-- their activities. Each way has an index that it can follow without reading what it does not want.
DROP INDEX activity_sources_by_activity;
DROP INDEX activity_sources_by_file;
CREATE INDEX activity_sources_by_activity ON activity_sources (activity_id, user_id);
CREATE INDEX activity_sources_by_file ON activity_sources (user_id, sha256, part);
CREATE INDEX activity_sources_by_local_start ON activity_sources (user_id, start_us) WHERE local_times;

-- +goose Down
DROP INDEX activity_sources_by_local_start;
DROP INDEX activity_sources_by_file;
DROP INDEX activity_sources_by_activity;
CREATE INDEX activity_sources_by_activity ON activity_sources (activity_id);
CREATE INDEX activity_sources_by_file ON activity_sources (user_id, sha256);
