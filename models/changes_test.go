package models

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
	"aftercare/models/storetest"
)

// replica is what a phone holds that only ever reads the feed.
type replica struct {
	*person
	since int64
	limit int
	rows  map[string]Change
}

func newReplica(p *person, limit int) *replica {
	return &replica{person: p, limit: limit, rows: map[string]Change{}}
}

// pull reads one page.
func (r *replica) pull() Feed {
	r.Helper()
	feed, err := r.Changes(context.Background(), r.account, FeedQuery{Since: r.since, Limit: r.limit})
	r.check(err)
	if !slices.IsSortedFunc(feed.Changes, func(a, b Change) int { return int(a.Seq - b.Seq) }) {
		r.Errorf("not in the order of the numbers: %v", feed.Changes)
	}
	if r.limit > 0 && len(feed.Changes) > r.limit {
		r.Errorf("%d rows in a page of %d", len(feed.Changes), r.limit)
	}
	for _, c := range feed.Changes {
		r.rows[c.Collection+" "+c.ID] = c
		if c.Deleted {
			delete(r.rows, c.Collection+" "+c.ID)
		}
	}
	r.since = feed.Next
	return feed
}

// pullAll reads until there is no more, and returns how many rows that were.
func (r *replica) pullAll() (rows int) {
	r.Helper()
	for {
		feed := r.pull()
		rows += len(feed.Changes)
		if !feed.More {
			return rows
		}
	}
}

// holdsAll fails unless the replica holds the living rows of all tables, each as
// it is stored.
func (r *replica) holdsAll() {
	r.Helper()
	want := 0
	for _, name := range Collections() {
		rows, err := db.Rows[struct {
			ID  string
			Seq int64
		}](r.read(context.Background()), "SELECT id, seq FROM "+name+" WHERE account_id = $1 AND deleted_at IS NULL", r.account)
		r.check(err)
		want += len(rows)
		for _, row := range rows {
			if held, ok := r.rows[name+" "+row.ID]; !ok || held.Seq != row.Seq {
				r.Errorf("%s %s has number %d; the phone holds number %d", name, row.ID, row.Seq, held.Seq)
			}
		}
	}
	if want != len(r.rows) {
		r.Errorf("the phone holds %d rows, there are %d", len(r.rows), want)
	}
}

// Whoever follows the feed, by pages of any size, holds every living row.
func TestChangesTellEverything(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := newPerson(t, database)
		whole, bits := newReplica(p, 0), newReplica(p, 3)
		mm := 0.5
		_, _, err := Put(t.Context(), p.Store, p.account, "roller-01", Roller{NeedleMM: &mm}, Write{})
		p.check(err)
		p.rolls("session-1", 30*time.Hour, func(s *Session) { s.RollerID = "roller-01" })
		p.reports("report-01", 20*time.Hour, red())
		bits.pullAll()
		p.reports("report-02", 10*time.Hour, pus())
		p.reports("report-03", 9*time.Hour, red())
		bits.pull()
		p.check(Delete[Report](t.Context(), p.Store, p.account, "report-03", Write{}))
		p.live(48*time.Hour, 6*time.Hour)
		for _, phone := range []*replica{whole, bits} {
			phone.pullAll()
			phone.holdsAll()
			if n := phone.pullAll(); n != 0 {
				t.Errorf("%d rows come again", n)
			}
		}
		if len(whole.rows) < 10 {
			t.Errorf("only %d rows", len(whole.rows))
		}
	})
}

// A cursor ends with the tombstones after it, and one that the account has not
// come to is none. Who began with nothing needs no tombstones.
func TestChangesEndACursor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := newPerson(t, database)
		p.reports("report-01", time.Hour, red())
		p.reports("report-02", time.Hour, care.Answers{Itch: of(3)})
		old := newReplica(p, 0)
		old.pullAll()
		p.check(Delete[Report](t.Context(), p.Store, p.account, "report-02", Write{}))
		fresh := newReplica(p, 0)
		fresh.pullAll()
		p.pass(tombstonesKept - time.Minute)
		p.check(p.Purge(t.Context()))
		if _, err := p.Changes(t.Context(), p.account, FeedQuery{Since: old.since}); err != nil {
			t.Errorf("the tombstone was there for %s less a minute: %v", tombstonesKept, err)
		}
		p.pass(2 * time.Minute)
		p.check(p.Purge(t.Context()))
		for _, since := range []int64{old.since, 1 << 40, 1} {
			if _, err := p.Changes(t.Context(), p.account, FeedQuery{Since: since}); !IsCode(err, CodeCursorExpired) {
				t.Errorf("since %d: %v, want %s", since, err, CodeCursorExpired)
			}
		}
		fresh.pullAll()
		fresh.holdsAll()
		slow := newReplica(p, 1)
		for n := 0; slow.pull().More; n++ {
			if n > 100 {
				t.Fatal("a first pull by pages never ends")
			}
		}
		slow.holdsAll()
		if slow.since < 0 {
			t.Errorf("a first pull ends at %d", slow.since)
		}
	})
}

// A first pull that was interrupted for longer than tombstones are kept begins
// again: rows that it has may be gone.
func TestChangesEndAnOldFirstPull(t *testing.T) {
	p := newPerson(t, storetest.SQLite(t))
	for _, id := range []string{"report-01", "report-02", "report-03"} {
		p.reports(id, time.Hour, red())
	}
	remove := func(id string) { p.check(Delete[Report](t.Context(), p.Store, p.account, id, Write{})) }
	remove("report-03")
	p.pass(tombstonesKept + time.Minute)
	p.check(p.Purge(t.Context()))
	slow := newReplica(p, 1)
	slow.pull()
	if slow.since >= 0 {
		t.Fatalf("the first page ends at %d: the test is blind", slow.since)
	}
	remove("report-01")
	p.pass(tombstonesKept + time.Minute)
	p.check(p.Purge(t.Context()))
	if _, err := p.Changes(t.Context(), p.account, FeedQuery{Since: slow.since, Limit: 1}); !IsCode(err, CodeCursorExpired) {
		t.Errorf("%v, want %s", err, CodeCursorExpired)
	}
}

// A reminder that ended a year ago leaves a tombstone: whoever has it hears of it.
func TestOldRemindersEndInTheFeed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := newPerson(t, database)
		p.rolls("session-1", 30*time.Hour)
		p.live(30*24*time.Hour, 24*time.Hour)
		phone := newReplica(p, 0)
		phone.pullAll()
		ended := func() (n int) {
			for _, c := range phone.rows {
				if r, ok := c.Row.(*Reminder); ok && !r.EndedAt.IsZero() {
					n++
				}
			}
			return n
		}
		if ended() < 5 {
			t.Fatalf("only %d reminders have ended", ended())
		}
		p.pass(remindersKept)
		p.check(p.Purge(t.Context()))
		p.check(p.Purge(t.Context())) // once is enough
		phone.pullAll()
		phone.holdsAll()
		if ended() > 0 {
			t.Errorf("the phone still has %d", ended())
		}
		changes := 0
		all, err := p.Changes(t.Context(), p.account, FeedQuery{})
		p.check(err)
		for _, c := range all.Changes {
			if r, ok := c.Row.(*Reminder); ok && c.Deleted {
				changes++
				if r.Rule != "" || r.TextKey != "" || r.SessionID != "" {
					t.Errorf("a tombstone says %+v", r)
				}
			}
		}
		if changes == 0 {
			t.Error("there are no tombstones")
		}
	})
}

// What docs/operations.md has an operator say to a restored PostgreSQL makes every
// phone hear every row again, whatever it had seen, and the feed goes on. The dump
// may be of a database that was restored before, or moved here from SQLite.
func TestARestoredPostgresTellsEveryRow(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		if !p.Postgres() {
			return // SQLite's restore does it by itself
		}
		phone := newReplica(p, 0)
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, care.Answers{Erythema: of(1)})
		rows := phone.pullAll()
		for n, said := range []int{1, 1, 5} {
			before := phone.since
			err := p.read(t.Context()).Exec(storetest.RaiseCounters(t, "..", said))
			p.check(err)
			if again := phone.pullAll(); again != rows || phone.since-before < db.Epoch {
				t.Errorf("restored again: told %d of %d rows, from %d to %d", again, rows, before, phone.since)
			}
			p.reports(fmt.Sprintf("report-1%d", n), 0, care.Answers{Erythema: of(1)})
			if phone.pullAll() == 0 {
				t.Error("nothing is told of what was written since")
			}
			phone.holdsAll()
			rows = newReplica(p, 0).pullAll()
		}
		if got := phone.since / db.Epoch; got != 5 {
			t.Errorf("the counters are in epoch %d, the operator said 5", got)
		}
	})
}
