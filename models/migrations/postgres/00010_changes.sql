-- The highest number among an account's purged tombstones: what a phone with an
-- older cursor missed can no longer be told.
-- +goose Up
ALTER TABLE accounts ADD COLUMN purged_seq BIGINT NOT NULL DEFAULT 0;
