-- What rows have that phones write while they are offline: the number of the
-- person's latest edit, and what was sent of fields that need a look.
-- +goose Up
ALTER TABLE rollers ADD COLUMN edited_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rollers ADD COLUMN sent TEXT;
ALTER TABLE sessions ADD COLUMN edited_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN sent TEXT;
ALTER TABLE reports ADD COLUMN edited_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE reports ADD COLUMN sent TEXT;
ALTER TABLE clinician_events ADD COLUMN edited_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clinician_events ADD COLUMN sent TEXT;
ALTER TABLE progress ADD COLUMN edited_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE progress ADD COLUMN sent TEXT;
