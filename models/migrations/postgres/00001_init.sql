-- Times are unix milliseconds in UTC; lists and objects are JSON; every key
-- starts with the account. A NULL deleted_at is a living row.
-- +goose Up
CREATE TABLE accounts (
  id                   TEXT    NOT NULL PRIMARY KEY,
  email                TEXT,
  password_hash        TEXT,
  recovery_hash        TEXT    NOT NULL,
  account_key_hash     TEXT,
  locale               TEXT    NOT NULL,
  region               TEXT    NOT NULL,
  time_zone            TEXT    NOT NULL,
  quiet_hours          TEXT,
  reminder_time        TEXT    NOT NULL,
  notify               TEXT,
  lock_screen          TEXT    NOT NULL,
  risks                TEXT,
  past_risks           TEXT,
  risks_reviewed_at    BIGINT,
  clinician_cleared_on TEXT    NOT NULL,
  uses_minoxidil       BOOLEAN NOT NULL,
  health_consent       BOOLEAN NOT NULL,
  push_consent         BOOLEAN NOT NULL,
  first_session_at     BIGINT,
  judge_at             BIGINT,
  change_seq           BIGINT  NOT NULL,
  version              BIGINT  NOT NULL,
  created_at           BIGINT  NOT NULL,
  updated_at           BIGINT  NOT NULL
);
CREATE UNIQUE INDEX accounts_email ON accounts (email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX accounts_recovery ON accounts (recovery_hash);
CREATE UNIQUE INDEX accounts_key ON accounts (account_key_hash) WHERE account_key_hash IS NOT NULL;
CREATE INDEX accounts_empty ON accounts (created_at) WHERE email IS NULL AND first_session_at IS NULL;
CREATE INDEX accounts_judge ON accounts (judge_at) WHERE judge_at IS NOT NULL;

CREATE TABLE devices (
  account_id          TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  id                  TEXT   NOT NULL,
  name                TEXT   NOT NULL,
  platform            TEXT   NOT NULL,
  app_version         TEXT   NOT NULL,
  token_hash          TEXT   NOT NULL,
  next_token_hash     TEXT,
  confirmed_at        BIGINT,
  last_seen_at        BIGINT NOT NULL,
  push_transport      TEXT   NOT NULL,
  push_address        TEXT,
  push_key            TEXT   NOT NULL,
  push_state          TEXT   NOT NULL,
  push_registered_at  BIGINT,
  push_accepted_at    BIGINT,
  push_error          TEXT   NOT NULL,
  version             BIGINT NOT NULL,
  created_at          BIGINT NOT NULL,
  updated_at          BIGINT NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX devices_token ON devices (token_hash);
CREATE INDEX devices_push ON devices (push_key) WHERE push_key <> '';
CREATE INDEX devices_stale ON devices (push_registered_at) WHERE push_state = 'active';
CREATE UNIQUE INDEX devices_next_token ON devices (next_token_hash) WHERE next_token_hash IS NOT NULL;

CREATE TABLE consents (
  account_id   TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  purpose      TEXT   NOT NULL,
  version      TEXT   NOT NULL,
  granted_at   BIGINT NOT NULL,
  withdrawn_at BIGINT,
  PRIMARY KEY (account_id, purpose)
);

CREATE TABLE audit (
  account_id TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  id         TEXT   NOT NULL,
  at         BIGINT NOT NULL,
  event      TEXT   NOT NULL,
  device_id  TEXT   NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX audit_at ON audit (at);

CREATE TABLE pairing_codes (
  account_id TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  code_hash  TEXT   NOT NULL,
  device_id  TEXT   NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, code_hash)
);
CREATE UNIQUE INDEX pairing_codes_hash ON pairing_codes (code_hash);

CREATE TABLE rollers (
  account_id    TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  id            TEXT    NOT NULL,
  name          TEXT    NOT NULL,
  needle_mm     DOUBLE PRECISION,
  material      TEXT    NOT NULL,
  first_used_on TEXT    NOT NULL,
  shared        BOOLEAN NOT NULL,
  problems      TEXT,
  state         TEXT    NOT NULL,
  notes         TEXT    NOT NULL,
  uses           BIGINT NOT NULL,
  max_uses       BIGINT NOT NULL,
  replace_by     TEXT   NOT NULL,
  quarantined_by TEXT   NOT NULL,
  quarantined_at BIGINT,
  advisories     TEXT,
  flags          TEXT,
  version       BIGINT  NOT NULL,
  seq           BIGINT  NOT NULL,
  created_at    BIGINT  NOT NULL,
  updated_at    BIGINT  NOT NULL,
  deleted_at    BIGINT,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX rollers_deleted ON rollers (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX rollers_seq ON rollers (account_id, seq);

CREATE TABLE sessions (
  account_id           TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  id                   TEXT   NOT NULL,
  started_at           BIGINT,
  ended_at             BIGINT,
  effective_at         BIGINT,
  roller_id            TEXT   NOT NULL,
  needle_mm            DOUBLE PRECISION,
  needle_mm_used       DOUBLE PRECISION,
  areas                TEXT,
  performed_by         TEXT   NOT NULL,
  clinic_interval_days BIGINT,
  passes               BIGINT,
  pain                 BIGINT,
  bleeding             TEXT   NOT NULL,
  roller_disinfected   BOOLEAN,
  products             TEXT,
  baseline             TEXT,
  notes                TEXT   NOT NULL,
  rest                 TEXT,
  advisories           TEXT,
  flags                TEXT,
  version              BIGINT NOT NULL,
  seq                  BIGINT NOT NULL,
  created_at           BIGINT NOT NULL,
  updated_at           BIGINT NOT NULL,
  deleted_at           BIGINT,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX sessions_deleted ON sessions (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX sessions_seq ON sessions (account_id, seq);
CREATE INDEX sessions_started ON sessions (account_id, started_at, id);
CREATE INDEX sessions_effective ON sessions (account_id, effective_at);

CREATE TABLE reports (
  account_id          TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  id                  TEXT   NOT NULL,
  observed_at         BIGINT,
  effective_at        BIGINT,
  session_id          TEXT   NOT NULL,
  answers             TEXT,
  clinician_diagnosis TEXT   NOT NULL,
  note                TEXT   NOT NULL,
  episode_id          TEXT   NOT NULL,
  assessment          TEXT,
  flags               TEXT,
  version             BIGINT NOT NULL,
  seq                 BIGINT NOT NULL,
  created_at          BIGINT NOT NULL,
  updated_at          BIGINT NOT NULL,
  deleted_at          BIGINT,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX reports_deleted ON reports (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX reports_seq ON reports (account_id, seq);
CREATE INDEX reports_observed ON reports (account_id, observed_at, id);
CREATE INDEX reports_effective ON reports (account_id, effective_at);

CREATE TABLE episodes (
  account_id        TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  id                TEXT   NOT NULL,
  anchor_session_id TEXT   NOT NULL,
  anchor_at         BIGINT,
  state             TEXT   NOT NULL,
  onset_at          BIGINT NOT NULL,
  last_report_at    BIGINT NOT NULL,
  closed_at         BIGINT,
  settled_at        BIGINT,
  tier              BIGINT NOT NULL,
  peak_tier         BIGINT NOT NULL,
  report_ids        TEXT,
  warning_ids       TEXT,
  version           BIGINT NOT NULL,
  seq               BIGINT NOT NULL,
  created_at        BIGINT NOT NULL,
  updated_at        BIGINT NOT NULL,
  deleted_at        BIGINT,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX episodes_seq ON episodes (account_id, seq);
CREATE INDEX episodes_onset ON episodes (account_id, onset_at, id);

CREATE TABLE clinician_events (
  account_id TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  id         TEXT   NOT NULL,
  episode_id TEXT   NOT NULL,
  at         BIGINT NOT NULL,
  outcome    TEXT   NOT NULL,
  note       TEXT   NOT NULL,
  PRIMARY KEY (account_id, id)
);

CREATE TABLE warnings (
  account_id      TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  id              TEXT   NOT NULL,
  episode_id      TEXT   NOT NULL,
  tier            BIGINT NOT NULL,
  title           TEXT   NOT NULL,
  rule            TEXT   NOT NULL,
  fired           TEXT,
  kb_version      TEXT   NOT NULL,
  raised_at       BIGINT NOT NULL,
  asked_at        BIGINT,
  state           TEXT   NOT NULL,
  reason          TEXT   NOT NULL,
  report_ids      TEXT,
  acknowledged_at BIGINT,
  action          TEXT   NOT NULL,
  resolved_at     BIGINT,
  version         BIGINT NOT NULL,
  seq             BIGINT NOT NULL,
  created_at      BIGINT NOT NULL,
  updated_at      BIGINT NOT NULL,
  deleted_at      BIGINT,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX warnings_seq ON warnings (account_id, seq);
CREATE INDEX warnings_raised ON warnings (account_id, raised_at, id);

CREATE TABLE acks (
  account_id TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  id         TEXT   NOT NULL,
  warning_id TEXT   NOT NULL,
  at         BIGINT NOT NULL,
  tier       BIGINT NOT NULL,
  action     TEXT   NOT NULL,
  PRIMARY KEY (account_id, id)
);

CREATE TABLE reminders (
  account_id      TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  id              TEXT    NOT NULL,
  kind            TEXT    NOT NULL,
  anchor          TEXT    NOT NULL,
  slot            TEXT    NOT NULL,
  rule            TEXT    NOT NULL,
  text_key        TEXT    NOT NULL,
  tier            BIGINT  NOT NULL,
  session_id      TEXT    NOT NULL,
  rides_with      TEXT    NOT NULL,
  due_at          BIGINT  NOT NULL,
  expires_at      BIGINT  NOT NULL,
  state           TEXT    NOT NULL,
  held_by         TEXT    NOT NULL,
  reason          TEXT    NOT NULL,
  silent          BOOLEAN NOT NULL,
  urgent          BOOLEAN NOT NULL,
  snoozed_until   BIGINT,
  snoozes         TEXT,
  round           BIGINT  NOT NULL,
  acknowledged_at BIGINT,
  ended_at        BIGINT,
  wake_at         BIGINT,
  version         BIGINT  NOT NULL,
  seq             BIGINT  NOT NULL,
  created_at      BIGINT  NOT NULL,
  updated_at      BIGINT  NOT NULL,
  deleted_at      BIGINT,
  PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX reminders_identity ON reminders (account_id, kind, anchor, slot);
CREATE INDEX reminders_seq ON reminders (account_id, seq);
CREATE INDEX reminders_due ON reminders (account_id, due_at, id);
CREATE INDEX reminders_wake ON reminders (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX reminders_ended ON reminders (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE deliveries (
  account_id      TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  reminder_id     TEXT    NOT NULL,
  device_id       TEXT    NOT NULL,
  round           BIGINT  NOT NULL,
  notification_id TEXT    NOT NULL,
  transport       TEXT    NOT NULL,
  destination     TEXT    NOT NULL,
  clearing        BOOLEAN NOT NULL,
  state           TEXT    NOT NULL,
  reason          TEXT    NOT NULL,
  attempts        BIGINT  NOT NULL,
  last_error      TEXT    NOT NULL,
  due_at          BIGINT  NOT NULL,
  next_at         BIGINT,
  lease           TEXT    NOT NULL,
  accepted_at     BIGINT,
  delivered_at    BIGINT,
  opened_at       BIGINT,
  created_at      BIGINT  NOT NULL,
  PRIMARY KEY (account_id, reminder_id, device_id, round)
);
CREATE INDEX deliveries_next ON deliveries (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX deliveries_created ON deliveries (created_at);

CREATE TABLE settings (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

