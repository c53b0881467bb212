-- What knowledge 0.2 asks of a person and keeps.
-- +goose Up
ALTER TABLE accounts ADD COLUMN hair_loss TEXT;
ALTER TABLE accounts ADD COLUMN minoxidil_since BIGINT;
ALTER TABLE accounts ADD COLUMN fewer_questions BOOLEAN;
ALTER TABLE reports ADD COLUMN warning_ids TEXT;
ALTER TABLE reminders ADD COLUMN one_tap BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE reminders ADD COLUMN in_quiet BOOLEAN NOT NULL DEFAULT FALSE;
CREATE TABLE progress (
  account_id  TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  id          TEXT   NOT NULL,
  on_date     TEXT   NOT NULL,
  at          BIGINT,
  scale       TEXT   NOT NULL,
  value       DOUBLE PRECISION,
  change      BIGINT,
  shedding    TEXT   NOT NULL,
  told_by     TEXT   NOT NULL,
  photo_taken BOOLEAN,
  note        TEXT   NOT NULL,
  flags       TEXT,
  version     BIGINT NOT NULL,
  seq         BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  deleted_at  BIGINT,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX progress_deleted ON progress (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX progress_seq ON progress (account_id, seq);
CREATE INDEX progress_at ON progress (account_id, at, id);
