-- +goose Up
-- The page that is gone to after signing in; '': the overview.
ALTER TABLE portal_sign_ins ADD COLUMN next TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE portal_sign_ins DROP COLUMN next;
