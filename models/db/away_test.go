package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"aftercare/models/storetest"
)

// P10: a database that is away is worth another try; a fault of ours is not.
func TestWhatIsAway(t *testing.T) {
	pg := func(code string) error { return fmt.Errorf("select: %w", &pgconn.PgError{Code: code}) }
	for _, c := range []struct {
		name string
		err  error
		away bool
	}{
		{"shut down", pg("57P01"), true}, {"crashed", pg("57P02"), true}, {"starting", pg("57P03"), true},
		{"read-only", pg("25006"), true}, {"too many connections", pg("53300"), true}, {"disk full", pg("53100"), true},
		{"a worker of Citus is away", pg("08006"), true}, {"protocol violation of a pooler", pg("08P01"), true},
		{"reset", &net.OpError{Op: "read", Err: errors.New("reset")}, true}, {"cut off", io.ErrUnexpectedEOF, true},
		{"SQLite: full", sqlite3.Error{Code: sqlite3.ErrFull}, true}, {"SQLite: read-only", sqlite3.Error{Code: sqlite3.ErrReadonly}, true},
		{"cancelled by an operator", pg("57014"), false}, {"unique", pg("23505"), false}, {"syntax", pg("42601"), false},
		{"the caller's deadline", context.DeadlineExceeded, false}, {"the caller left", context.Canceled, false},
		{"SQLite: constraint", sqlite3.Error{Code: sqlite3.ErrConstraint}, false}, {"ours", errors.New("connection refused"), false},
	} {
		if got := isBusy(Away(c.err)); got != c.away {
			t.Errorf("%s: away is %v", c.name, got)
		}
		if !errors.Is(Away(c.err), c.err) {
			t.Errorf("%s: the cause is lost", c.name)
		}
	}
}

// A server that ends its sessions, and one that has become a standby, answer
// reads, writes and snapshots with Busy.
func TestAServerThatIsAwayIsBusy(t *testing.T) {
	database := storetest.Postgres(t)
	s := openProbe(t, database, "a")
	ctx := context.Background()
	write := func(fn func(tx *Tx) error) error { return s.Write(ctx, "a", fn) }
	for name, err := range map[string]error{
		"a session is ended in a write": write(func(tx *Tx) error { return run(tx.Q, "SELECT pg_terminate_backend(pg_backend_pid())") }),
		"a session is ended in a read":  run(s.Read(ctx), "SELECT pg_terminate_backend(pg_backend_pid())"),
		"the server takes no writes": write(func(tx *Tx) error {
			if err := run(tx.Q, "SET TRANSACTION READ ONLY"); err != nil {
				return err
			}
			return note(tx, "n", "body")
		}),
		"a snapshot loses its session": s.Snapshot(ctx, func(q Q) error { return run(q, "SELECT pg_terminate_backend(pg_backend_pid())") }),
	} {
		if !isBusy(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := write(func(tx *Tx) error { return note(tx, "n", "body") }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestADatabaseThatIsNotThereIsBusy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = openFiles("postgres://u@"+nobody+"/db", probeFiles())
	if !isAway(err) {
		t.Fatalf("nobody listens: %v", err)
	}
}

// What an address says of its own is kept: several hosts, spaces, options.
func TestAddressesHaveAConnectTimeout(t *testing.T) {
	for _, c := range []struct{ database, want string }{
		{"postgres://u:p@h/db", "5"},
		{"postgres://h1:5432,h2:5433/db?target_session_attrs=read-write", "5"},
		{"postgresql:///db?host=/run/postgresql&connect_timeout=30", "30"},
	} {
		address := postgresAddress(c.database)
		config, err := pgconn.ParseConfig(address)
		if err != nil {
			t.Errorf("%s: %v", c.database, err)
			continue
		}
		if got := fmt.Sprint(config.ConnectTimeout.Seconds()); got != c.want {
			t.Errorf("%s: %s seconds, want %s", c.database, got, c.want)
		}
		if !strings.HasPrefix(address, c.database) {
			t.Errorf("%s became %s", c.database, address)
		}
	}
}

// A lock that a session holds is left behind in a pooler, and then nobody can
// migrate any more.
func TestMigratingLeavesNoLockBehind(t *testing.T) {
	database := storetest.Postgres(t)
	s := openProbe(t, database)
	if n := query[int](t, s, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); n != 0 {
		t.Fatalf("%d advisory locks are held after migrating", n)
	}
}
