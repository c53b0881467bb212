package models

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"aftercare/models/db"
	"aftercare/models/storetest"
)

// modelPhone is a phone as the plain loop of docs/sync.md has it, of reports alone.
type modelPhone struct {
	w      *phonesWorld
	skew   time.Duration // its clock is off by it
	since  int64
	rows   map[string]*Report // what the screen shows
	based  map[string]*Report // of the edits that wait, the state that they are based on; nil: none
	outbox map[string]bool
	come   map[string]bool // since a pull of everything began; nil: there is none
}

// phonesWorld is a server with three phones of one person, and a backup.
type phonesWorld struct {
	*rapid.T
	*person
	path, backup string
	phones       []*modelPhone
	made, gone   map[string]bool // by any phone
	restored     bool
}

func (w *phonesWorld) ok(err error) {
	if err != nil {
		w.T.Fatal(err)
	}
}

func (p *modelPhone) edit(t *rapid.T) {
	id := fmt.Sprintf("report-%04d", rapid.IntRange(0, 5).Draw(t, "row"))
	old := p.rows[id]
	if !p.outbox[id] {
		p.based[id] = old
	}
	p.outbox[id] = true
	if old != nil && rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
		delete(p.rows, id)
		p.w.gone[id] = true
		return
	}
	next := &Report{ObservedAt: T(p.w.now().Add(p.skew)), Answers: red()}
	if old != nil {
		copied := *old
		next = &copied
	}
	next.Note = rapid.StringN(1, 3, -1).Draw(t, "note")
	p.rows[id], p.w.made[id] = next, true
}

// push sends the outbox. Where the answer is lost it stays as it was.
func (p *modelPhone) push(lost bool) {
	var sent []Pushed
	for id := range p.outbox {
		one := Pushed{Collection: "reports", ID: id}
		if row := p.rows[id]; row != nil {
			copied := *row
			one.Row = &copied
		}
		if based := p.based[id]; based != nil {
			copied := *based
			one.Based = &copied
		}
		sent = append(sent, one)
	}
	conflicts, err := p.w.Push(context.Background(), p.w.caller(), sent, PushRules{}, Write{ClientTime: p.w.now().Add(p.skew)})
	p.w.ok(err)
	if lost {
		return
	}
	clear(p.outbox)
	clear(p.based)
	for _, c := range conflicts {
		p.take(c)
	}
}

func (p *modelPhone) take(c Change) {
	row, _ := c.Row.(*Report)
	switch {
	case c.Collection != "reports" || p.outbox[c.ID]: // the push decides
	case c.Deleted:
		delete(p.rows, c.ID)
	default:
		p.rows[c.ID] = row
	}
}

// pull reads one page and reports whether there are more.
func (p *modelPhone) pull(limit int, lost bool) bool {
	feed, err := p.w.Changes(context.Background(), p.w.account, FeedQuery{Since: p.since, Limit: limit})
	if IsCode(err, CodeCursorExpired) {
		p.since, p.come = 0, map[string]bool{}
		return true
	}
	p.w.ok(err)
	if lost {
		return true
	}
	if p.since == 0 || feed.Next-p.since >= 1<<31 { // it begins, or the server was restored
		p.come = map[string]bool{}
	}
	for _, c := range feed.Changes {
		if p.come != nil && c.Collection == "reports" {
			p.come[c.ID] = true
		}
		p.take(c)
	}
	p.since = feed.Next
	if !feed.More && p.come != nil { // what the server has lost is sent again
		for id := range p.rows {
			if !p.come[id] && !p.outbox[id] {
				p.outbox[id], p.based[id] = true, nil
			}
		}
		p.come = nil
	}
	return feed.More
}

// quiet lets all phones synchronise, and wants them to hold what the server does.
func (w *phonesWorld) quiet() {
	for range 3 {
		for _, p := range w.phones {
			p.push(false)
			for p.pull(7, false) {
			}
			p.push(false)
		}
	}
	rows, err := db.Rows[Report](w.read(context.Background()), "SELECT * FROM reports WHERE account_id = $1 AND deleted_at IS NULL", w.account)
	w.ok(err)
	for n, p := range w.phones {
		for p.pull(100, false) {
		}
		if len(p.rows) != len(rows) {
			w.T.Fatalf("phone %d holds %d reports, the server %d", n, len(p.rows), len(rows))
		}
		for _, r := range rows {
			if held := p.rows[r.ID]; held == nil || held.Note != r.Note || held.Seq != r.Seq {
				w.T.Fatalf("phone %d holds %+v, the server %+v", n, held, r)
			}
		}
	}
	there := map[string]bool{}
	for _, r := range rows {
		there[r.ID] = true
	}
	for id := range w.made {
		if !there[id] && !w.gone[id] {
			w.T.Fatalf("%s is lost", id)
		}
	}
}

func (w *phonesWorld) open() {
	s, err := Open(context.Background(), Options{Database: w.path, Now: w.now})
	w.ok(err)
	w.Store = s
}

func (w *phonesWorld) restore() {
	w.ok(w.Close())
	w.ok(Restore(context.Background(), Options{Database: w.path, Now: w.now}, w.backup))
	w.open()
}

// Whatever three phones write, delete and send, wherever an answer is lost, with
// clocks that are wrong by years, cron beside them and a backup restored in
// between: once all is quiet they hold what the server does, and nothing that a
// phone has made is gone unless one has deleted it (P9).
func TestPhonesConverge(t *testing.T) {
	dir, n := t.TempDir(), atomic.Int64{}
	rapid.Check(t, func(rt *rapid.T) {
		name := filepath.Join(dir, fmt.Sprintf("%d.db", n.Add(1)))
		w := &phonesWorld{T: rt, person: &person{TB: t, at: evening}, path: name, backup: name + ".backup", made: map[string]bool{}, gone: map[string]bool{}}
		w.open()
		defer func() { w.ok(w.Close()) }()
		w.account, w.device, w.secrets = w.join("Europe/Berlin")
		for _, skew := range []time.Duration{0, 3 * 365 * 24 * time.Hour, -9 * 365 * 24 * time.Hour} {
			w.phones = append(w.phones, &modelPhone{w: w, skew: skew, rows: map[string]*Report{}, based: map[string]*Report{}, outbox: map[string]bool{}})
		}
		steps, saved := rapid.IntRange(5, 40).Draw(rt, "steps"), false
		for range steps {
			p := rapid.SampledFrom(w.phones).Draw(rt, "phone")
			switch rapid.IntRange(0, 9).Draw(rt, "step") {
			case 0, 1, 2:
				p.edit(rt)
			case 3, 4:
				p.push(rapid.Bool().Draw(rt, "lost"))
			case 5, 6:
				p.pull(rapid.IntRange(1, 9).Draw(rt, "limit"), rapid.Bool().Draw(rt, "lost"))
			case 7:
				w.pass(time.Duration(rapid.IntRange(1, 90).Draw(rt, "hours")) * time.Hour)
				w.advance()
			case 8:
				if !saved {
					_, err := Backup(context.Background(), Options{Database: w.path, Now: w.now}, w.backup)
					w.ok(err)
					saved = true
				}
			case 9:
				if saved && !w.restored {
					w.restore()
					w.restored = true
				}
			}
		}
		w.quiet()
	})
}

// Sixteen writers beside a reader that only follows the feed: no row is missed,
// none comes twice under one number. On PostgreSQL the writers are two processes.
func TestWritersBesideAReader(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := newPerson(t, database)
		stores := []*Store{p.Store}
		if p.Postgres() {
			second, err := Open(context.Background(), Options{Database: database, Now: p.now})
			p.check(err)
			defer func() { p.check(second.Close()) }()
			stores = append(stores, second)
		}
		var writers sync.WaitGroup
		var done atomic.Bool
		for n := range 16 {
			writers.Go(func() {
				for i := range 12 {
					in := Report{ObservedAt: T(p.now().AddDate(0, 0, -n)), Answers: red(), Note: fmt.Sprint(i)}
					if _, _, err := Put(context.Background(), stores[n%len(stores)], p.account, fmt.Sprintf("report-%02d-%02d", n, i%4), in, Write{}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		go func() {
			writers.Wait()
			done.Store(true)
		}()
		reader, seen := newReplica(p, 5), map[int64]bool{}
		for last := false; !last; {
			last = done.Load() // whatever is there now is read once more
			for more := true; more; {
				feed := reader.pull()
				for _, c := range feed.Changes {
					if seen[c.Seq] {
						t.Errorf("number %d comes twice", c.Seq)
					}
					seen[c.Seq] = true
				}
				more = feed.More
			}
		}
		reader.holdsAll()
	})
}
