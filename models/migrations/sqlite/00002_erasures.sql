-- What restore erases again: keyed hashes of the erased accounts' ids, which
-- name nobody.
-- +goose Up
CREATE TABLE erasures (
  hash      TEXT   NOT NULL PRIMARY KEY,
  salt      TEXT   NOT NULL,
  erased_at BIGINT NOT NULL
);
