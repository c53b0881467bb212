-- +goose Up
-- What must be unique among all accounts: "email:" and the address, "key:" and
-- the hash of an account_key, "push:" and the hash of a push address. The accounts
-- may be spread over several machines by their ids, where no index across them
-- can be unique; each name is written in the transaction of its account. There is
-- no foreign key, because a name may stand on another machine than its account.
CREATE TABLE names (
  name       TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL
);
CREATE INDEX names_account ON names (account_id);

-- A push address belongs to the phone that registered it last.
UPDATE devices SET push_key = '', push_state = 'gone', push_error = 'registered elsewhere'
  WHERE push_key <> '' AND EXISTS (SELECT 1 FROM devices o WHERE o.push_key = devices.push_key
    AND (COALESCE(o.push_registered_at, 0), o.account_id, o.id) > (COALESCE(devices.push_registered_at, 0), devices.account_id, devices.id));
INSERT INTO names (name, account_id) SELECT 'email:' || email, id FROM accounts WHERE email IS NOT NULL;
INSERT INTO names (name, account_id) SELECT 'key:' || account_key_hash, id FROM accounts WHERE account_key_hash IS NOT NULL;
INSERT INTO names (name, account_id) SELECT 'push:' || push_key, account_id FROM devices WHERE push_key <> '';

DROP INDEX accounts_email;
DROP INDEX accounts_key;
DROP INDEX devices_push;
-- These are of 80 to 256 random bits: two alike are not to be expected.
DROP INDEX accounts_recovery;
CREATE INDEX accounts_recovery ON accounts (recovery_hash);
DROP INDEX pairing_codes_hash;
CREATE INDEX pairing_codes_hash ON pairing_codes (code_hash);
-- For the tokens of before this version, which name no account.
DROP INDEX devices_token;
CREATE INDEX devices_token ON devices (token_hash);
DROP INDEX devices_next_token;
CREATE INDEX devices_next_token ON devices (next_token_hash) WHERE next_token_hash IS NOT NULL;
