package models

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"aftercare/models/migrations"
	"aftercare/models/storetest"
)

// Rows of version 7: two accounts with one push address, the second of which
// registered it last; tokens that name no account, one of them being renewed.
const rowsOfVersion7 = `
INSERT INTO accounts (id, email, password_hash, recovery_hash, account_key_hash, locale, region, time_zone, reminder_time, lock_screen,
  clinician_cleared_on, uses_minoxidil, health_consent, push_consent, change_seq, version, created_at, updated_at)
VALUES ('first', 'a@example.org', NULL, '{r1}', '{k1}', 'en', 'DE', 'Europe/Berlin', '09:00', 'neutral', '', FALSE, TRUE, TRUE, 7, 1, {now}, {now}),
  ('second', NULL, NULL, '{r2}', NULL, 'en', 'DE', 'Europe/Berlin', '09:00', 'neutral', '', FALSE, TRUE, TRUE, 7, 1, {now}, {now});
INSERT INTO devices (account_id, id, name, platform, app_version, token_hash, next_token_hash, last_seen_at, push_transport, push_address,
  push_key, push_state, push_registered_at, push_error, version, created_at, updated_at)
VALUES ('first', 'old', 'phone', 'ios', '', '{t1}', '{t2}', {now}, 'fcm', '{"token":"x"}', '{p}', 'gone', {now} - 5, '', 1, {now}, {now}),
  ('second', 'new', 'phone', 'ios', '', '{t3}', NULL, {now}, 'fcm', '{"token":"x"}', '{p}', 'active', {now}, '', 1, {now}, {now}),
  ('second', 'mute', 'phone', 'ios', '', '{t4}', NULL, {now}, '', NULL, '', '', NULL, '', 1, {now}, {now});
`

// upTo is what the program knew at a version.
func upTo(t *testing.T, all fs.FS, version string) fs.FS {
	t.Helper()
	names, err := fs.Glob(all, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	for _, name := range names {
		if name[:5] <= version {
			data, err := fs.ReadFile(all, name)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = &fstest.MapFile{Data: data}
		}
	}
	return out
}

// databaseOfVersion makes a database as the program of that version left it.
func databaseOfVersion(t *testing.T, database, version string, now time.Time, content string) {
	t.Helper()
	driver, dialect, files := "sqlite3", goose.DialectSQLite3, migrations.SQLite()
	if strings.HasPrefix(database, "postgres") {
		driver, dialect, files = "pgx", goose.DialectPostgres, migrations.Postgres()
	}
	pool, err := sql.Open(driver, database)
	if err != nil {
		t.Fatal(err)
	}
	m, err := goose.NewProvider(dialect, pool, upTo(t, files, version))
	if err == nil {
		_, err = m.Up(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.NewReplacer("{now}", fmt.Sprint(now.UnixMilli()), "{p}", hashSecret("fcm x"), "{k1}", hashSecret("key"),
		"{r1}", hashSecret("R1"), "{r2}", hashSecret("R2"), "{t1}", hashSecret("token-1"), "{t2}", hashSecret("token-2"),
		"{t3}", hashSecret("token-3"), "{t4}", hashSecret("token-4")).Replace(content)
	if _, err := pool.Exec(rows); err != nil {
		t.Fatal(err)
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
}

// Nobody is signed out by the upgrade that put names beside the accounts, and
// what was unique stays it.
func TestVersion8KeepsTokensAddressesAndKeys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		if storetest.Citus() {
			t.Skip("Citus takes no database of version 7")
		}
		ctx := context.Background()
		p := &person{TB: t, at: evening}
		databaseOfVersion(t, database, "00007", p.now(), rowsOfVersion7)
		s, err := Open(ctx, Options{Database: database, Now: p.now})
		if err != nil {
			t.Fatal(err)
		}
		p.Store = s
		t.Cleanup(func() { p.check(s.Close()) })
		p.checkNames()
		for i, account := range []string{"first", "first", "second", "second"} {
			if c, err := p.Authenticate(ctx, fmt.Sprintf("token-%d", i+1)); err != nil || c.AccountID != account {
				t.Errorf("token %d stands for %+v, %v", i+1, c, err)
			}
		}
		if _, err := p.Authenticate(ctx, "token-1"); !IsCode(err, CodeCredentialsRefused) {
			t.Errorf("the token that a used one replaces answers %v", err)
		}
		if owner := words(p, "SELECT account_id FROM names WHERE name = 'push:' || $1", hashSecret("fcm x")); len(owner) != 1 || owner[0] != "second" {
			t.Errorf("the push address is %v's", owner)
		}
		in := NewAccount{TimeZone: "Europe/Berlin", ConsentVersion: "1", Email: "a@example.org", Password: "correct horse", Device: Device{Name: "phone"}}
		if _, err := p.CreateAccount(ctx, in); !IsCode(err, CodeEmailTaken) {
			t.Errorf("a taken address answers %v", err)
		}
		in.Email, in.Password, in.AccountKey = "", "", "key"
		signed, err := p.CreateAccount(ctx, in)
		p.check(err)
		if id := signed.Account.ID; id != "first" || !strings.HasPrefix(signed.Secrets.Token, "first.") {
			t.Errorf("the key answers %s with %s", id, signed.Secrets.Token)
		}
		fresh, err := p.RenewToken(ctx, Caller{AccountID: "second", DeviceID: "new"})
		p.check(err)
		if _, err := p.Authenticate(ctx, fresh); err != nil {
			t.Errorf("a renewed token: %v", err)
		}
		if _, err := p.Authenticate(ctx, "token-3"); !IsCode(err, CodeCredentialsRefused) {
			t.Errorf("the token that was renewed answers %v", err)
		}
	})
}
