package storetest

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"net/url"
	"os"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"aftercare/models/migrations"
)

// CitusEnv names the environment variable that, set to 1, has the tests run on
// distributed tables. The server of ServerEnv is the coordinator then: its
// database knows the workers, which take the same user and password.
const CitusEnv = "TEST_CITUS"

// OwnTables says that the tests of a package make tables of their own, which
// are not distributed.
var OwnTables bool

// Citus says whether tables are distributed.
func Citus() bool { return os.Getenv(CitusEnv) == "1" && !OwnTables }

// makeCitus makes an empty database one of Citus, with the workers of the
// server's own database.
func makeCitus(t testing.TB, server, database string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	Execute(t, database, "CREATE EXTENSION citus")
	for _, w := range workers(t, server) {
		at := *u
		at.Host = net.JoinHostPort(w.Host, strconv.Itoa(w.Port))
		home := at
		home.Path = "/postgres"
		Execute(t, home.String(), "CREATE DATABASE "+u.Path[1:]+" TEMPLATE template0")
		Execute(t, at.String(), "CREATE EXTENSION citus")
		Execute(t, database, "SELECT citus_add_node('"+w.Host+"', "+strconv.Itoa(w.Port)+")")
	}
}

type worker struct {
	Host string
	Port int
}

func workers(t testing.TB, server string) []worker {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(ctx, "SELECT node_name, node_port FROM citus_get_active_worker_nodes()")
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[worker])
	if err = errors.Join(err, conn.Close(ctx)); err != nil || len(out) == 0 {
		t.Fatalf("%s: the workers of %s: %v, %v", CitusEnv, ServerEnv, out, err)
	}
	return out
}

// distribute does what an operator does (docs/scaling.md): it makes the tables
// and distributes the accounts. The program distributes the others.
func distribute(t testing.TB, database string) {
	t.Helper()
	config, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	pool := stdlib.OpenDB(*config)
	if err := errors.Join(migrate(pool), pool.Close()); err != nil {
		t.Fatal(err)
	}
	Execute(t, database, "SELECT create_distributed_table('accounts', 'id')")
}

func migrate(pool *sql.DB) error {
	m, err := goose.NewProvider(goose.DialectPostgres, pool, migrations.Postgres())
	if err != nil {
		return err
	}
	_, err = m.Up(context.Background())
	return err
}
