package db

import (
	"context"
	"strings"
	"testing"

	"aftercare/models/storetest"
)

// Stand-ins for the parts of Citus that distribute calls. They record what they
// are asked for; that Citus does it is tried on a real one (TEST_CITUS).
const citusStandIn = `
CREATE TABLE pg_dist_partition (logicalrelid regclass, how text);
CREATE FUNCTION create_distributed_table(t regclass, col text, colocate_with text) RETURNS void LANGUAGE sql AS
  $$ INSERT INTO pg_dist_partition VALUES (t, 'by ' || col || ' with ' || colocate_with) $$;
CREATE FUNCTION create_reference_table(t regclass) RETURNS void LANGUAGE sql AS
  $$ INSERT INTO pg_dist_partition VALUES (t, 'everywhere') $$;
INSERT INTO pg_dist_partition VALUES ('pg_dist_partition'::regclass, '');
`

// A table that a migration adds to a distributed database is distributed, too:
// else erased people would stay in it (P8). Where the operator has distributed
// nothing, nothing is.
func TestTablesOfALaterMigrationAreDistributed(t *testing.T) {
	database := storetest.Postgres(t)
	s := openProbe(t, database)
	if err := run(s.Read(context.Background()), citusStandIn); err != nil {
		t.Fatal(err)
	}
	again := func(more ...string) {
		t.Helper()
		s, err := openFiles(database, probeFiles(more...))
		if err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
	}
	placed := func() string {
		return query[string](t, s, "SELECT coalesce(string_agg(logicalrelid || ' ' || how, ', ' ORDER BY logicalrelid::text), '') FROM pg_dist_partition WHERE how <> ''")
	}
	again()
	if got := placed(); got != "" {
		t.Fatalf("accounts are on one machine, distributed: %s", got)
	}
	if err := run(s.Read(context.Background()), "INSERT INTO pg_dist_partition VALUES ('accounts'::regclass, 'by id')"); err != nil {
		t.Fatal(err)
	}
	again("00002_photos.sql\nCREATE TABLE photos (account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, id TEXT);")
	const want = "accounts by id, erasures everywhere, names by name with none, notes by account_id with accounts, photos by account_id with accounts"
	if got := placed(); got != want {
		t.Fatalf("distributed: %s\nwant %s", got, want)
	}
	if err := run(s.Read(context.Background()), "DELETE FROM pg_dist_partition WHERE logicalrelid = 'notes'::regclass; DROP FUNCTION create_distributed_table"); err != nil {
		t.Fatal(err)
	}
	_, err := openFiles(database, probeFiles("00002_photos.sql\nSELECT 1;"))
	if err == nil || !strings.Contains(err.Error(), "notes") {
		t.Fatalf("a table that stays on one machine: %v", err)
	}
}
