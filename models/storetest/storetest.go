// Package storetest gives tests empty databases of both kinds, so that
// whatever holds on one is tried on the other.
package storetest

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// ServerEnv names the environment variable with the address of a PostgreSQL
// server on which databases may be made and dropped. Without it every test
// binary that needs one starts its own.
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

// Postgres is the address of an empty database, dropped after the test.
func Postgres(t testing.TB) string {
	t.Helper()
	server, err := server()
	if err != nil {
		t.Fatalf("PostgreSQL for the tests: %v", err)
	}
	name := "t_" + strings.ToLower(rand.Text())
	admin(t, server, "CREATE DATABASE "+name+" TEMPLATE template0")
	t.Cleanup(func() { admin(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s: %v", ServerEnv, err)
	}
	u.Path = "/" + name
	return u.String()
}

func admin(t testing.TB, server, statement string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("connect to PostgreSQL: %v", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

var server = sync.OnceValues(func() (string, error) {
	if address := os.Getenv(ServerEnv); address != "" {
		return address, nil
	}
	address, stop, err := Start()
	stopOwn = stop
	return address, err
})

// stopOwn holds the end of the server's pipe: left to the garbage collector it
// would be closed, and the server would stop in the middle of the tests.
var stopOwn func() error
