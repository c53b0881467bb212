-- The processes that serve one PostgreSQL beside each other: the claims of one
-- that is no longer seen are free. Names nobody; empty on SQLite.
-- +goose Up
CREATE TABLE workers (
  id      TEXT   NOT NULL PRIMARY KEY,
  seen_at BIGINT NOT NULL
);
