// Package storetest gives tests empty databases of both kinds, so that
// whatever holds on one is tried on the other.
package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// ServerEnv names the environment variable with the address of a PostgreSQL
// server for tests, on which databases are made and left. Without it every
// test binary that needs one starts its own.
const ServerEnv = "TEST_POSTGRES"

// Each runs the test once for every kind of database, each time with the
// address of an empty one, as the store's options take it.
func Each(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite is the path of a file that does not exist yet.
func SQLite(t testing.TB) string { return filepath.Join(t.TempDir(), "aftercare.db") }

// Postgres returns the address of an empty database, on Citus of one with empty
// tables. It is emptied after the
// test and used again, because making one takes longer than most tests. Where
// PostgreSQL is not installed the test is skipped.
func Postgres(t testing.TB) string {
	t.Helper()
	server, err := server()
	if errors.Is(err, ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("PostgreSQL for the tests: %v", err)
	}
	database := unused.take()
	if database == "" {
		name := "t_" + strings.ToLower(rand.Text())
		Execute(t, server.Address, "CREATE DATABASE "+name+" TEMPLATE template0")
		u, err := url.Parse(server.Address)
		if err != nil {
			t.Fatalf("%s: %v", ServerEnv, err)
		}
		u.Path = "/" + name
		database = u.String()
		if Citus() {
			makeCitus(t, server.Address, database)
		}
	}
	if Citus() {
		distribute(t, database)
	}
	t.Cleanup(func() {
		Execute(t, database,
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
			"DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
		unused.put(database)
	})
	return database
}

// shelf holds the databases that no test uses at the moment.
type shelf struct {
	mu        sync.Mutex
	databases []string
}

var unused shelf

func (s *shelf) take() (database string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.databases); n > 0 {
		database, s.databases = s.databases[n-1], s.databases[:n-1]
	}
	return database
}

func (s *shelf) put(database string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.databases = append(s.databases, database)
}

// Execute runs statements on a PostgreSQL database, each by itself.
func Execute(t testing.TB, database string, statements ...string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		t.Fatalf("connect to PostgreSQL: %v", err)
	}
	defer func() {
		if err := conn.Close(ctx); err != nil {
			t.Errorf("disconnect from PostgreSQL: %v", err)
		}
	}()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// server keeps what it started: left to the garbage collector, the pipe on
// which the server waits would be closed in the middle of the tests.
var server = sync.OnceValues(func() (*Server, error) {
	if address := os.Getenv(ServerEnv); address != "" {
		return &Server{Address: address}, nil
	}
	return Start()
})
