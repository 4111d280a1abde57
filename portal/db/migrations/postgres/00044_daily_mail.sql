-- +goose Up
-- 1: who does not want the mail of each morning.
ALTER TABLE portal_staff ADD COLUMN no_daily_mail BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE portal_staff DROP COLUMN no_daily_mail;
