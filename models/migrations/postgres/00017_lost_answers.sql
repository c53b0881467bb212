-- The phone that made the person's latest edit, so that what it sends again
-- after a lost answer is no conflict with itself; and reminders of more than a
-- year ago become tombstones, so that phones hear of their end.
-- +goose Up
ALTER TABLE rollers ADD COLUMN edited_by TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN edited_by TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN edited_by TEXT NOT NULL DEFAULT '';
ALTER TABLE clinician_events ADD COLUMN edited_by TEXT NOT NULL DEFAULT '';
ALTER TABLE progress ADD COLUMN edited_by TEXT NOT NULL DEFAULT '';
DROP INDEX reminders_ended;
CREATE INDEX reminders_ended ON reminders (ended_at) WHERE ended_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX reminders_deleted ON reminders (deleted_at) WHERE deleted_at IS NOT NULL;
