-- When a person last signed in on another phone: the risk questions are asked
-- again there.
-- +goose Up
ALTER TABLE accounts ADD COLUMN new_device_at BIGINT;
