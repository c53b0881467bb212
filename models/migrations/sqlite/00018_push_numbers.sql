-- The highest number that a phone gave a push of each collection, so that one
-- that a proxy delivers late is not taken for its newest.
-- +goose Up
CREATE TABLE push_numbers (
  account_id TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  device_id  TEXT   NOT NULL,
  collection TEXT   NOT NULL,
  number     BIGINT NOT NULL,
  PRIMARY KEY (account_id, device_id, collection),
  FOREIGN KEY (account_id, device_id) REFERENCES devices (account_id, id) ON DELETE CASCADE
);
