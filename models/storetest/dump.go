package storetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// RaiseCounters returns what docs/operations.md has an operator say to a restored
// PostgreSQL, and at which restore it is said. Root is the directory of the module.
func RaiseCounters(t testing.TB, root string, restored int) (statement string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "docs", "operations.md")) //nolint:gosec // a page of this module
	if err != nil {
		t.Fatal(err)
	}
	_, statement, found := strings.Cut(string(page), "```sql\n")
	statement, _, ended := strings.Cut(statement, "```")
	const said = "restored bigint := 1;"
	if !found || !ended || !strings.Contains(statement, said) {
		t.Fatal("docs/operations.md says nothing to PostgreSQL")
	}
	return strings.Replace(statement, said, fmt.Sprintf("restored bigint := %d;", restored), 1)
}

// CanDump returns why databases of the tests cannot be dumped and restored; nil:
// they can.
func CanDump() error {
	if Citus() {
		return errors.New("pg_restore does not distribute the tables of Citus")
	}
	_, err := binaries()
	return err
}

// Dump writes a PostgreSQL database to a file that is replaced, as
// docs/operations.md says.
func Dump(t testing.TB, database, file string) {
	t.Helper()
	client(t, "pg_dump", "--format=custom", "--file="+file, database)
}

// Undump puts what Dump has written in the place of a database that nobody has
// open.
func Undump(t testing.TB, database, file string) {
	t.Helper()
	Execute(t, database, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
	client(t, "pg_restore", "--exit-on-error", "--dbname="+database, file)
}

func client(t testing.TB, name string, args ...string) {
	t.Helper()
	bin, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(filepath.Join(bin, name), args...).CombinedOutput(); err != nil { //nolint:gosec,noctx // the binaries are found above
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}
