-- +goose Up
-- What a judgement needs of an account, in one row: derived from the others,
-- true while seq is the account's change_seq, and deletable at any time.
CREATE TABLE digests (
  account_id   TEXT   NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  seq          BIGINT NOT NULL,
  body         BLOB   NOT NULL, -- empty where it would be too long
  answer       BLOB   NOT NULL, -- the answer to "may I roll?"
  answer_until BIGINT            -- from when time alone may change that
);
-- A year of ended reminders is kept: what is open is found without them.
CREATE INDEX reminders_open ON reminders (account_id, due_at, id) WHERE ended_at IS NULL;
-- Which episodes still count, and whether one was an infection.
CREATE INDEX episodes_settled ON episodes (account_id, settled_at);
CREATE INDEX warnings_episode ON warnings (account_id, episode_id);
