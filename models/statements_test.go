package models

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"aftercare/models/care"
	"aftercare/models/storetest"
)

// counted opens a store that counts its statements by their first word.
func counted(t *testing.T, database string, now func() time.Time) (*Store, map[string]int) {
	t.Helper()
	counts := map[string]int{}
	s, err := Open(context.Background(), Options{Database: database, Now: now, Trace: func(text string, _ []any) {
		counts[strings.Fields(text)[0]]++
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s, counts
}

// A report is stored once, with its verdict, and what judging asks is read in
// one row. The numbers are what one write costs: read the account with its
// derived row; store the report, an episode and the derived row; raise the
// counter. A change that needs more says why.
func TestStatementsOfAStoredReport(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := &person{TB: t, at: evening}
		var counts map[string]int
		p.Store, counts = counted(t, database, p.now)
		p.account, p.device, p.secrets = p.join("Europe/Berlin")
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, care.Answers{Erythema: of(1), Swelling: of(0), Warmth: of(0), Pain: of(0)})
		p.pass(time.Hour)
		clear(counts)
		p.reports("report-02", 0, care.Answers{Erythema: of(1), Itch: of(1)})
		want := map[string]int{"SELECT": 1, "UPDATE": 2, "INSERT": 2}
		for verb, n := range want {
			if counts[verb] != n {
				t.Errorf("%d statements %s, want %d", counts[verb], verb, n)
			}
		}
		if len(counts) != len(want) {
			t.Errorf("statements of other kinds: %v", counts)
		}
	})
}

// What a push asks does not grow with its rows: those of one collection are read,
// counted and stored together.
func TestStatementsOfAPush(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := &person{TB: t, at: evening}
		var counts map[string]int
		p.Store, counts = counted(t, database, p.now)
		p.account, p.device, p.secrets = p.join("Europe/Berlin")
		asked := func(from, until int) int {
			var sent []Pushed
			for i := from; i < until; i++ {
				sent = append(sent, pushedReport(fmt.Sprintf("report-%03d", i), p.now().Add(-time.Duration(1+i)*7*time.Hour), Calm()))
			}
			clear(counts)
			p.uploads(sent...)
			return counts["SELECT"] + counts["WITH"]
		}
		asked(0, 60)
		if few, many := asked(60, 64), asked(64, 124); many > few+2 {
			t.Errorf("4 new reports of two days ask %d times, 60 of 18 days %d times", few, many)
		}
	})
}
