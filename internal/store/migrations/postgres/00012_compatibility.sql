-- +goose Up
-- The oldest version of the tables whose programs can work on these. A migration that takes away what older programs use
-- raises it; see ARCHITECTURE.md.
CREATE TABLE schema_compatibility (oldest BIGINT NOT NULL);
INSERT INTO schema_compatibility (oldest) VALUES (12);

-- +goose Down
DROP TABLE schema_compatibility;
