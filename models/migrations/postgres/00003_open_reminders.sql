-- Waking an account reads the reminders that are due, not all that it ever had.
-- +goose Up
CREATE INDEX reminders_open ON reminders (account_id, wake_at) WHERE wake_at IS NOT NULL;
