-- Links that need no sign-in: pages for a doctor, and a calendar. Only hashes of
-- their secrets are kept.
-- +goose Up
CREATE TABLE doctor_reports (
  account_id  TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  id          TEXT   NOT NULL,
  secret_hash TEXT   NOT NULL,
  from_at     BIGINT NOT NULL,
  to_at       BIGINT NOT NULL,
  include     TEXT   NOT NULL,
  questions   TEXT   NOT NULL,
  language    TEXT   NOT NULL,
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  opens_left  BIGINT NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX doctor_reports_expires ON doctor_reports (expires_at);
CREATE TABLE calendars (
  account_id  TEXT   NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  secret_hash TEXT   NOT NULL,
  created_at  BIGINT NOT NULL
);
