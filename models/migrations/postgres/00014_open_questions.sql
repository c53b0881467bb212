-- The risk questions that a person left open.
-- +goose Up
ALTER TABLE accounts ADD COLUMN risks_open TEXT;
