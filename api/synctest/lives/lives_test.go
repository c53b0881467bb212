package lives

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aftercare/api/synctest/adapters"
	"aftercare/models/storetest"
)

// collections of the feed; of these a phone writes what a person tells.
var (
	written     = []string{"rollers", "sessions", "reports", "clinician_events", "progress"}
	collections = append(slices.Clone(written), "reminders", "episodes", "warnings")
)

// step is one of a life: who does what, and three numbers that say how.
type step struct{ what, who, a, b, c int }

// Who: three phones, and a screen that writes by REST at once.
const (
	phones = 3
	desk   = phones
)

// skews are by how much the clocks of the phones are wrong.
var skews = []time.Duration{0, 3 * 365 * 24 * time.Hour, -9 * 365 * 24 * time.Hour, 0}

// drawn are the steps of a seed.
func drawn(seed uint64) (steps []step) {
	r := rand.New(rand.NewPCG(seed, 12)) //nolint:gosec // a life is no secret
	for range 10 + r.IntN(50) {
		steps = append(steps, step{r.IntN(100), r.IntN(phones), r.IntN(1 << 20), r.IntN(1 << 20), r.IntN(1 << 20)})
	}
	return steps
}

// life is one person's.
type life struct {
	house    *house
	ledger   *ledger
	lines    []*line
	phones   []phone
	restored bool
	made     map[adapters.Key]bool
	gone     map[adapters.Key]bool // some phone has deleted it
	tally    *tally
}

// tally says how much of what was tried.
type tally struct {
	mu sync.Mutex
	of map[string]int
}

func (t *tally) add(what string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[string]int{}
	}
	t.of[what] += n
}

// live lives through the steps, and returns what was wrong.
func live(g ground, steps []step, sum *tally) (err error) {
	l := &life{tally: sum, made: map[adapters.Key]bool{}, gone: map[adapters.Key]bool{}}
	defer func() {
		if l.house != nil && l.house.store != nil {
			l.house.close()
		}
		switch f := recover().(type) {
		case nil:
		case failure:
			err = f.error
		default:
			panic(f)
		}
	}()
	l.house = newHouse(g, phones+1)
	l.ledger = &ledger{l, map[adapters.Key]int{}}
	for who := range phones + 1 {
		l.lines = append(l.lines, l.line(who))
	}
	for who := range phones {
		l.phones = append(l.phones, newPhone(l.lines[who]))
	}
	for n, s := range steps {
		l.house.at = l.house.at.Add(time.Second)
		l.step(s, n)
	}
	l.quiet()
	return nil
}

func (l *life) line(who int) *line {
	return &line{life: l, who: who, token: l.house.tokens[who], skew: skews[who], left: -1}
}

func (l *life) step(s step, n int) {
	switch {
	case s.what < 40:
		l.edit(s, n)
	case s.what < 69:
		l.sync(s)
	case s.what < 75:
		l.lines[s.who].deliverLate(s.b)
	case s.what < 80:
		l.atTheDesk(s, n)
	case s.what < 90:
		l.house.pass(time.Duration(s.a%72+1) * time.Hour)
		l.tick()
	case s.what < 92:
		l.house.pass([]time.Duration{40, 95, 190, 400}[s.a%4] * 24 * time.Hour)
		l.tick()
	case s.what < 94:
		must(l.house.store.Purge(l.context()))
		l.tally.add("purges", 1)
	case s.what < 96:
		l.house.backup()
	case s.what < 98:
		l.restore()
	default:
		l.quiet()
	}
}

func (l *life) tick() {
	l.house.tick()
	l.tally.add("ticks", 1)
}

func (l *life) restore() {
	if l.house.at.Sub(l.house.saved) > 100*24*time.Hour { // or none; in an older one all are signed out
		return
	}
	l.house.restore()
	clear(l.ledger.gone) // a delete may be undone
	for _, line := range l.lines {
		line.posted = nil // nobody knows any more what was carried out
	}
	l.restored = true
	l.tally.add("restores", 1)
}

func (l *life) sync(s step) {
	line := l.lines[s.who]
	if line.left, line.lost = -1, s.b%2 == 0; s.a%2 == 0 {
		line.left = 1 + s.a/2%12
	}
	err := l.phones[s.who].sync(s.c)
	if line.left = -1; errors.Is(err, errCut) {
		l.tally.add("cuts", 1)
	}
	l.tally.add("syncs", 1)
}

// quiet lets all phones synchronise until nothing is new, and wants of each the
// rows that a phone has which begins with nothing.
func (l *life) quiet() {
	l.tally.add("quiets", 1)
	before := int64(-1)
	for round := 0; l.house.counter() != before; round++ {
		before = l.house.counter()
		if round == 8 {
			fail("the phones never come to rest")
		}
		for who, p := range l.phones {
			var err error
			for tries := 0; tries == 0 || err != nil && tries < 5; tries++ { // a conflict of a push of tables
				err = p.sync(all)
			}
			if err != nil {
				fail("phone %d: %w", who, err)
			}
		}
	}
	for who, p := range l.phones {
		fresh := newPhone(l.line(who))
		if err := fresh.sync(all); err != nil {
			fail("a new phone: %w", err)
		}
		l.same(who, p.holds(), fresh.holds())
	}
	for key := range l.made {
		if _, there := l.phones[0].holds()[key]; !there && !l.gone[key] {
			fail("%v is lost", key)
		}
	}
}

func (l *life) same(who int, got, want map[adapters.Key]adapters.Row) {
	for _, key := range sortedKeys(want) {
		if got[key] == nil {
			fail("phone %d has not %v: %v", who, key, want[key])
		}
	}
	for _, key := range sortedKeys(got) {
		if want[key] == nil {
			fail("phone %d alone has %v: %v", who, key, got[key])
		}
		for field, v := range want[key] {
			switch field {
			case "deliveries", "notifications": // are as of the latest change of the row
			default:
				if !reflect.DeepEqual(plain(got[key][field]), plain(v)) {
					fail("phone %d: %s of %v is %v, the server's %v\n%v\n%v", who, field, key, got[key][field], v, got[key], want[key])
				}
			}
		}
	}
}

// shrunk are the fewest steps that still fail in this life.
func shrunk(t *testing.T, on func(t *testing.T) ground, steps []step) []step {
	for size := len(steps) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(steps); {
			fewer, fails := slices.Concat(steps[:at], steps[at+size:]), false
			t.Run("again", func(t *testing.T) { fails = live(on(t), fewer, &tally{}) != nil })
			if fails {
				steps = fewer
			} else {
				at += size
			}
		}
	}
	return steps
}

func number(t *testing.T, name string, otherwise uint64) uint64 {
	text := cmp.Or(os.Getenv(name), fmt.Sprint(otherwise))
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%s: %v", name, text, err)
	}
	return n
}

// Whatever three phones of three kinds write, delete and send, wherever a call is
// cut, pushes that a proxy delivers late or again, clocks that are wrong by years,
// cron beside them, a screen that writes by REST and a backup restored in between: once all is quiet the phones
// hold what the server does, nothing that was made is gone unless one has deleted
// it, and no edit was written over unseen (P9), on both databases. SYNC_LIVES tries
// more of them on SQLite, SYNC_LIVES_POSTGRES on PostgreSQL, SYNC_SEED replays one.
func TestLives(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { manyLives(t, onSQLite, number(t, "SYNC_LIVES", 80)) })
	t.Run("postgres", func(t *testing.T) {
		if err := storetest.CanDump(); err != nil {
			t.Logf("no backup is restored in these: %v", err)
		}
		manyLives(t, onPostgres, number(t, "SYNC_LIVES_POSTGRES", 8))
	})
}

// manyLives lives so many on one kind of database, as many at once as there are
// processors.
func manyLives(t *testing.T, on func(t *testing.T) ground, lives uint64) {
	first := number(t, "SYNC_SEED", 1)
	if os.Getenv("SYNC_SEED") != "" && os.Getenv("SYNC_LIVES")+os.Getenv("SYNC_LIVES_POSTGRES") == "" {
		lives = 1
	}
	var next atomic.Uint64
	var sum tally
	var workers sync.WaitGroup
	next.Store(first)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for seed := next.Add(1) - 1; seed < first+lives && !t.Failed(); seed = next.Add(1) - 1 {
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					if err := live(on(t), drawn(seed), &sum); err != nil {
						t.Errorf("SYNC_SEED=%d: %v\nfails also in these steps: %v", seed, err, shrunk(t, on, drawn(seed)))
					}
				})
			}
		})
	}
	workers.Wait()
	t.Logf("%d lives: %v", lives, sum.of)
}
