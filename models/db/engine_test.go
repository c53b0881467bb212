package db

import (
	"fmt"
	"strings"
	"testing"

	"aftercare/models/storetest"
)

// A statement whose plan hangs on its values is compiled anew for each of them.
func TestThePlanOfAStatementDoesNotDependOnItsValues(t *testing.T) {
	s, err := openFiles(storetest.SQLite(t), probeFiles("00002_states.sql\nCREATE TABLE states (state TEXT NOT NULL, n BIGINT NOT NULL);\n"+
		"CREATE INDEX states_open ON states (n) WHERE state = 'open';"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	plan := func(condition string, args ...any) (all string) {
		err := s.Read(t.Context()).Each("EXPLAIN QUERY PLAN SELECT n FROM states WHERE n < 3 AND state = "+condition, args, func(_ []string, values []any) error {
			all += fmt.Sprint(values...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if bound, written := plan("$1", "open"), plan("'open'"); strings.Contains(bound, "states_open") || !strings.Contains(written, "states_open") {
		t.Errorf("with a bound value %q, with a written one %q", bound, written)
	}
}
