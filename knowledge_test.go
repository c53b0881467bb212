package main

import (
	"strings"
	"testing"

	"aftercare/models/care"
)

// A reviewing doctor reads what changed since a version, without a database.
func TestKnowledgeDiffIsACommand(t *testing.T) {
	dir := t.TempDir()
	want, err := care.Diff("0.1.0", care.Current)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"knowledge", "diff", "0.1.0"}, {"knowledge", "diff", "0.1.0", "current"}} {
		if got := must(t, dir, nil, args...); got != want || !strings.HasPrefix(got, "# Knowledge 0.1.0 → ") {
			t.Errorf("%v printed %q, want %q", args, got, want)
		}
	}
}
