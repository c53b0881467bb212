package api

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"aftercare/models/storetest"
)

// course is how the scalp of a person of the benchmarks does: what a report says
// by its number and how long after a session it was.
type course func(n int, after time.Duration) object

// healing is red for a day and a half after a session, and calm then: each session
// begins an episode that ends before the next.
func healing(_ int, after time.Duration) object {
	switch {
	case after < hours(12):
		return object{"erythema": 2, "itch": 1, "pain": 1, "swelling": 0, "warmth": 0, "flaking": 0, "discharge": []string{}}
	case after < hours(36):
		return object{"erythema": 1, "itch": 0, "pain": 0, "swelling": 0, "warmth": 0, "flaking": 1, "discharge": []string{}}
	}
	return object{"calm": true}
}

// neverCalm has one episode that never ends: whatever is pushed, all three years of
// it are judged again.
func neverCalm(n int, _ time.Duration) object {
	return object{"erythema": n % 3, "itch": n % 4, "pain": n % 2, "swelling": 0, "warmth": 0, "flaking": n % 2, "discharge": []string{}}
}

// restBetween is how far the sessions of the benchmarks are apart.
const restBetween = 3 * 365 * 24 * time.Hour / 300

// newSyncFleet is one person with three years of a course: 300 sessions and 2,000
// reports, pushed as phones do.
func newSyncFleet(b *testing.B, of course) *fleet {
	b.Helper()
	file := storetest.SQLite(b)
	f := &fleet{world: openWorld(b, file), client: &fasthttp.Client{MaxConnsPerHost: 2 * connections, ReadBufferSize: 1 << 16}}
	f.anySchema = true // holding every answer against the document takes longer than all else
	var err error
	if f.raw, err = sql.Open("sqlite3", "file:"+file+"?mode=ro&_busy_timeout=10000&_cache_size=-16000&_stmt_cache_size=256"); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.raw.Close() })
	p := f.newPerson()
	f.people = []*person{p}
	for part := range slices.Chunk(steps(300), 100) {
		var edits []object
		for _, n := range part {
			edits = append(edits, edit(nil, object{"id": fmt.Sprintf("session-%04d", n), "started_at": ago(restBetween * time.Duration(300-n)), "needle_mm": 0.5}))
		}
		p.stores("sessions", edits...)
	}
	for part := range slices.Chunk(steps(2000), 100) {
		var edits []object
		for _, n := range part {
			edits = append(edits, edit(nil, of.report(n, restBetween*300/2000*time.Duration(2000-n), "")))
		}
		p.stores("reports", edits...)
	}
	return f
}

func steps(n int) (out []int) {
	for i := range n {
		out = append(out, i)
	}
	return out
}

func (of course) report(n int, before time.Duration, note string) object {
	out := of(n, restBetween-before%restBetween)
	out["id"], out["observed_at"], out["note"] = fmt.Sprintf("report-%05d", n), ago(before), note
	return out
}

// byTurns calls both by turns, and reports the share of the second's speed. What
// they do in between is not counted.
func byTurns(b *testing.B, app, bare func(i int) error, between ...func(i int) error) {
	b.Helper()
	var took, bareTook time.Duration
	for i := range b.N {
		for _, side := range []struct {
			call func(int) error
			sum  *time.Duration
		}{{bare, &bareTook}, {app, &took}} {
			at := time.Now()
			if err := side.call(i); err != nil {
				b.Fatal(err)
			}
			*side.sum += time.Since(at)
		}
		for _, call := range between {
			if err := call(i); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(took.Microseconds())/1000/float64(b.N), "ms")
	b.ReportMetric(float64(bareTook.Microseconds())/1000/float64(b.N), "bare-ms")
	b.ReportMetric(bareTook.Seconds()/took.Seconds(), "of-bare")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkSync synchronises over HTTP; beside each call a bare Fiber handler does
// the same by hand-written SQL with the same JSON. A bare push stores the rows, and
// judges nothing.
func BenchmarkSync(b *testing.B) {
	f := newSyncFleet(b, neverCalm)
	app, bare := f.listen(b, f.unlimited(b)), f.listen(b, f.bareSync(b))
	call := func(base string, paths ...string) func(int) error {
		return func(int) error {
			for _, path := range paths {
				if err := f.get(base, path, 0); err != nil {
					return err
				}
			}
			return nil
		}
	}
	all := []string{"/v1/sync/sessions/pull?limit=1000", "/v1/sync/reports/pull?limit=1000", "/v1/sync/reports/pull?limit=1000&lwt=" + f.checkpoint(b)}
	for _, path := range all {
		if a, h := f.body(b, app+path), f.body(b, bare+path); a != h {
			n := 0
			for n < min(len(a), len(h)) && a[n] == h[n] {
				n++
			}
			b.Fatalf("%s answers\n%.300s\nby hand\n%.300s", path, a[max(0, n-100):], h[max(0, n-100):])
		}
	}
	b.Run("first", func(b *testing.B) { byTurns(b, call(app, all...), call(bare, all...)) })
	counter, err := f.store.Counter(context.Background(), f.people[0].account)
	if err != nil {
		b.Fatal(err)
	}
	empty := fmt.Sprint("/v1/changes?since=", counter)
	b.Run("empty", func(b *testing.B) { byTurns(b, call(app, empty), call(bare, empty)) })
	b.Run("push-100-never-calm", func(b *testing.B) { pushesByTurns(b, f, neverCalm, false, app, bare) })
}

// BenchmarkSyncHealing pushes the reports of a month in which the scalp healed after
// each session: what is judged again is that month and what led to it.
func BenchmarkSyncHealing(b *testing.B) {
	f := newSyncFleet(b, healing)
	app, bare := f.listen(b, f.unlimited(b)), f.listen(b, f.bareSync(b))
	b.Run("push-100-new", func(b *testing.B) { pushesByTurns(b, f, healing, true, app, bare) })
	b.Run("push-100-edits", func(b *testing.B) { pushesByTurns(b, f, healing, false, app, bare) })
}

// pushRound counts the pushes, so that each says something else.
var pushRound int

// pushesByTurns pushes 100 reports of the last month: fresh ones, which are deleted in
// between, or edits of those that are there.
func pushesByTurns(b *testing.B, f *fleet, of course, fresh bool, app, bare string) {
	b.Helper()
	push := func(base string, deleted bool) func(int) error {
		return func(int) error {
			pushRound++
			var edits []object
			for n := range 100 {
				doc := of.report(10_000+n, hours(float64(n)*7+1), fmt.Sprint(pushRound))
				if doc["_deleted"] = deleted; deleted {
					doc = object{"id": doc["id"], "_deleted": true}
				}
				edits = append(edits, edit(nil, doc))
			}
			raw, err := json.Marshal(edits)
			if err != nil {
				return err
			}
			return f.request(fasthttp.MethodPost, base+"/v1/sync/reports/push", 0, raw)
		}
	}
	if !fresh {
		byTurns(b, push(app, false), push(bare, false))
		return
	}
	byTurns(b, push(app, false), push(bare, false), push(app, true), push(bare, true))
}

// checkpoint is where the second page of reports begins.
func (f *fleet) checkpoint(b *testing.B) string {
	var seq int64
	err := f.raw.QueryRow("SELECT seq FROM reports WHERE account_id = ? ORDER BY seq LIMIT 1 OFFSET 999", f.people[0].account).Scan(&seq)
	if err != nil {
		b.Fatal(err)
	}
	return fmt.Sprint(seq)
}

func (f *fleet) body(b *testing.B, url string) string {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	req.SetRequestURI(url)
	req.Header.Set("Authorization", "Bearer "+f.people[0].token)
	if err := f.client.Do(req, res); err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(string(res.Body()))
}

// BenchmarkMorning lets 1,000 phones synchronise at once after a night: each asks
// what is new, pushes a report, and asks again.
func BenchmarkMorning(b *testing.B) {
	const phones = 1000
	f := &fleet{world: newWorld(b), client: &fasthttp.Client{MaxConnsPerHost: 2 * phones}}
	f.anySchema = true
	for range phones {
		f.people = append(f.people, f.newPerson())
	}
	base := f.listen(b, f.unlimited(b))
	for n := range phones {
		body := `[{"newDocumentState":{"id":"session-0001","started_at":"` + ago(hours(30)) + `","needle_mm":0.5}}]`
		if err := f.request(fasthttp.MethodPost, base+"/v1/sync/sessions/push", n, []byte(body)); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	var slowest []time.Duration
	for round := range b.N {
		each := make([]time.Duration, phones)
		var all sync.WaitGroup
		for n := range phones {
			all.Go(func() {
				at := time.Now()
				raw, err := json.Marshal([]object{edit(nil, course(neverCalm).report(round, hours(float64(round%20)+1), ""))})
				for _, call := range []func() error{
					func() error { return err }, func() error { return f.get(base, "/v1/changes", n) },
					func() error { return f.request(fasthttp.MethodPost, base+"/v1/sync/reports/push", n, raw) },
					func() error { return f.get(base, "/v1/changes", n) },
				} {
					if err := call(); err != nil {
						b.Error(err)
					}
				}
				each[n] = time.Since(at)
			})
		}
		all.Wait()
		slowest = append(slowest, slices.Max(each))
	}
	b.ReportMetric(slices.Min(slowest).Seconds(), "s-until-the-last")
}
