-- Warnings go before all other notifications, whatever the backlog.
-- +goose Up
ALTER TABLE deliveries ADD COLUMN priority BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE deliveries SET priority = TRUE WHERE next_at IS NOT NULL AND EXISTS (SELECT 1 FROM reminders r
  WHERE r.account_id = deliveries.account_id AND r.id = deliveries.reminder_id AND (r.urgent OR r.kind = 'warning'));
CREATE INDEX deliveries_priority ON deliveries (next_at) WHERE priority AND next_at IS NOT NULL;
