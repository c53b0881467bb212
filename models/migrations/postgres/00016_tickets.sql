-- What lets a browser open a stream once: EventSource sends no bearer.
-- +goose Up
CREATE TABLE tickets (
  account_id  TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  ticket_hash TEXT   NOT NULL,
  device_id   TEXT   NOT NULL,
  expires_at  BIGINT NOT NULL,
  PRIMARY KEY (account_id, ticket_hash)
);
