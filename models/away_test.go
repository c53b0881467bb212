package models

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"aftercare/models/storetest"
)

// onDatabase runs statements on a PostgreSQL database beside the store.
func onDatabase(t *testing.T, database string, statements ...string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := conn.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// P10: a primary that has become a standby refuses writes, which phones try
// again; nothing of them is stored, reads go on, and afterwards all is well.
func TestAStandbyIsAnOverload(t *testing.T) {
	database := storetest.Postgres(t)
	p := newPerson(t, database)
	name := database[strings.LastIndex(database, "/")+1:]
	name, _, _ = strings.Cut(name, "?")
	writable := func(yes string) {
		onDatabase(t, database, "SET default_transaction_read_only = off", "ALTER DATABASE "+name+" SET default_transaction_read_only = "+yes,
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	}
	put := func() error {
		_, _, err := Put(context.Background(), p.Store, p.account, "report-01", Report{ObservedAt: T(p.now()), Answers: red()}, Write{})
		return err
	}
	writable("on")
	t.Cleanup(func() {
		onDatabase(t, database, "SET default_transaction_read_only = off", "ALTER DATABASE "+name+" RESET ALL")
	})
	for range 3 { // the first may still meet a session that was ended
		if err := put(); !IsCode(err, CodeOverloaded) {
			t.Fatalf("a write answers %v", err)
		}
	}
	if _, _, err := p.Rest(context.Background(), p.account); err != nil && !IsCode(err, CodeOverloaded) {
		t.Errorf("a read answers %v", err)
	}
	writable("off")
	for n := 0; ; n++ {
		err := put()
		if err == nil {
			break
		}
		if !IsCode(err, CodeOverloaded) || n > 20 {
			t.Fatalf("afterwards a write answers %v", err)
		}
	}
}

// A read that loses its session is worth another try.
func TestALostReadIsAnOverload(t *testing.T) {
	p := newPerson(t, storetest.Postgres(t))
	err := p.read(context.Background()).Exec("SELECT pg_terminate_backend(pg_backend_pid())")
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != CodeOverloaded || refused.RetryAfter <= 0 {
		t.Fatalf("it answers %v", err)
	}
}

// A full disk is an overload: the write is refused whole, and fits later.
func TestAFullDiskIsAnOverload(t *testing.T) {
	p := newPerson(t, storetest.SQLite(t))
	pages := func(statement string) {
		p.check(p.writeAny(context.Background(), func(tx *Tx) error {
			return tx.q.Exec(statement)
		}))
	}
	put := func() error {
		r := Report{ObservedAt: T(p.now().Add(-time.Hour)), Answers: red(), Note: strings.Repeat("n", 4000)}
		var err error
		for _, id := range []string{"report-01", "report-02", "report-03", "report-04", "report-05", "report-06", "report-07", "report-08"} {
			if _, _, err = Put(context.Background(), p.Store, p.account, id, r, Write{}); err != nil {
				return err
			}
		}
		return nil
	}
	pages("PRAGMA max_page_count = 1") // SQLite takes the present size for it
	if err := put(); !IsCode(err, CodeOverloaded) {
		t.Fatalf("a write on a full disk answers %v", err)
	}
	pages("PRAGMA max_page_count = 1000000")
	p.check(put())
}
