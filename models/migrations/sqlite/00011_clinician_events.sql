-- Clinician events are rows of the person like the others: with versions, numbers
-- in the change feed and tombstones.
-- +goose Up
ALTER TABLE clinician_events ADD COLUMN effective_at BIGINT;
ALTER TABLE clinician_events ADD COLUMN flags TEXT;
ALTER TABLE clinician_events ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE clinician_events ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clinician_events ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clinician_events ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clinician_events ADD COLUMN deleted_at BIGINT;
-- What a person answered to a warning was an event without a row of its own.
INSERT INTO clinician_events (account_id, id, episode_id, at, outcome, note)
  SELECT a.account_id, a.id, w.episode_id, a.at, a.action, ''
  FROM acks a JOIN warnings w ON w.account_id = a.account_id AND w.id = a.warning_id WHERE a.action IN ('booked', 'seen');
UPDATE clinician_events SET effective_at = at, created_at = at, updated_at = at;
UPDATE clinician_events SET seq = n.seq
  FROM (SELECT e.account_id, e.id, a.change_seq + ROW_NUMBER() OVER (PARTITION BY e.account_id ORDER BY e.at, e.id) AS seq
    FROM clinician_events e JOIN accounts a ON a.id = e.account_id) n
  WHERE n.account_id = clinician_events.account_id AND n.id = clinician_events.id;
UPDATE accounts SET change_seq = change_seq + n.events
  FROM (SELECT account_id, COUNT(*) AS events FROM clinician_events GROUP BY account_id) n WHERE n.account_id = accounts.id;
CREATE INDEX clinician_events_at ON clinician_events (account_id, at, id);
CREATE INDEX clinician_events_seq ON clinician_events (account_id, seq);
CREATE INDEX clinician_events_deleted ON clinician_events (deleted_at) WHERE deleted_at IS NOT NULL;
