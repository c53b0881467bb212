-- +goose Up
-- When the reminder would expire had it not been put off.
ALTER TABLE reminders ADD COLUMN unsnoozed_expires_at BIGINT;
-- How often "nothing left" was taken back: the next one is another report.
ALTER TABLE reminders ADD COLUMN calms_undone BIGINT NOT NULL DEFAULT 0;
-- Answers that newer signs have overtaken: they stand again if those are taken back.
ALTER TABLE warnings ADD COLUMN overtaken TEXT;
-- What an episode held when an edit made it void: it is brought back with them.
ALTER TABLE episodes ADD COLUMN was_report_ids TEXT;
