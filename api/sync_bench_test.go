package api

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"aftercare/models"
	"aftercare/models/storetest"
	"aftercare/models/texts"
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

// bareSync is what one would write by hand for these calls.
func (f *fleet) bareSync(b *testing.B) *fiber.App {
	app := f.bare()
	account := func(c *fiber.Ctx) string { return c.Locals("account").(string) }
	since := func(c *fiber.Ctx) int64 {
		n, _ := strconv.ParseInt(c.Query("lwt", c.Query("since", "0")), 10, 64)
		return n
	}
	app.Get("/v1/sync/reports/pull", func(c *fiber.Ctx) error {
		rows, at, err := f.bareReportsSince(account(c), since(c))
		return barePage(c, rows, at, err)
	})
	app.Get("/v1/sync/sessions/pull", func(c *fiber.Ctx) error {
		rows, at, err := f.bareSessionsSince(account(c), since(c))
		return barePage(c, rows, at, err)
	})
	app.Get("/v1/changes", func(c *fiber.Ctx) error {
		for _, table := range models.Collections() {
			if err := readAll(f.raw.Query("SELECT * FROM "+table+" WHERE account_id = ? AND seq > ? ORDER BY seq LIMIT 200", account(c), since(c))); err != nil { //nolint:gosec // a name of this schema
				return err
			}
		}
		var next int64
		if err := f.raw.QueryRow("SELECT change_seq FROM accounts WHERE id = ?", account(c)).Scan(&next); err != nil {
			return err
		}
		return c.JSON(fiber.Map{"changes": []any{}, "next": next, "more": false})
	})
	writes := f.copyForWrites(b)
	app.Post("/v1/sync/reports/push", func(c *fiber.Ctx) error { return barePush(c, writes, account(c)) })
	return app
}

func barePage(c *fiber.Ctx, rows []any, at *Checkpoint, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(struct {
		Documents  []any       `json:"documents"`
		Checkpoint *Checkpoint `json:"checkpoint"`
	}{rows, at})
}

// live marks a document as living.
type live[T any] struct {
	Deleted bool `json:"_deleted"`
	Row     T
}

// MarshalJSON writes the row with its mark.
func (l live[T]) MarshalJSON() ([]byte, error) {
	raw, err := json.Marshal(l.Row)
	return append([]byte(`{"_deleted":false,`), raw[1:]...), err
}

// inGB are the words of the person's language.
func inGB() words { return words{texts.For("", "en").In("GB"), "GB", time.UTC} }

func (f *fleet) bareReportsSince(account string, since int64) ([]any, *Checkpoint, error) {
	rows, err := f.raw.Query(`SELECT id, observed_at, effective_at, session_id, answers, note, episode_id, assessment, warning_ids, version, created_at, updated_at, seq
		FROM reports WHERE account_id = ? AND seq > ? ORDER BY seq LIMIT 1000`, account, since)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	w, items, at := inGB(), []any{}, &Checkpoint{}
	for rows.Next() {
		var r models.Report
		var answers, assessment, warnings []byte
		var observed, effective, created, updated int64
		if err := rows.Scan(&r.ID, &observed, &effective, &r.SessionID, &answers, &r.Note, &r.EpisodeID, &assessment, &warnings, &r.Version, &created, &updated, &r.Seq); err != nil {
			return nil, nil, err
		}
		r.ObservedAt.Time, r.EffectiveAt.Time = time.UnixMilli(observed).UTC(), time.UnixMilli(effective).UTC()
		r.CreatedAt.Time, r.UpdatedAt.Time = time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
		for raw, into := range map[*[]byte]any{&answers: &r.Answers, &assessment: &r.Assessment, &warnings: &r.WarningIDs} {
			if len(*raw) == 0 {
				continue
			}
			if err := json.Unmarshal(*raw, into); err != nil {
				return nil, nil, err
			}
		}
		items = append(items, live[Report]{Row: showReport(w, &r)})
		at.ID, at.LWT = r.ID, r.Seq
	}
	return items, at, rows.Err()
}

func (f *fleet) bareSessionsSince(account string, since int64) ([]any, *Checkpoint, error) {
	rows, err := f.raw.Query(`SELECT id, started_at, effective_at, needle_mm, performed_by, bleeding, needle_mm_used, rest, advisories, version, created_at, updated_at, seq
		FROM sessions WHERE account_id = ? AND seq > ? ORDER BY seq LIMIT 1000`, account, since)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	w, items, at := inGB(), []any{}, &Checkpoint{}
	for rows.Next() {
		var s models.Session
		var rest, advisories []byte
		var started, effective, created, updated int64
		if err := rows.Scan(&s.ID, &started, &effective, &s.NeedleMM, &s.PerformedBy, &s.Bleeding, &s.NeedleMMUsed, &rest, &advisories, &s.Version, &created, &updated, &s.Seq); err != nil {
			return nil, nil, err
		}
		s.EffectiveAt.Time = time.UnixMilli(effective).UTC()
		s.StartedAt.Time, s.CreatedAt.Time, s.UpdatedAt.Time = time.UnixMilli(started).UTC(), time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
		for raw, into := range map[*[]byte]any{&rest: &s.Rest, &advisories: &s.Advisories} {
			if len(*raw) == 0 {
				continue
			}
			if err := json.Unmarshal(*raw, into); err != nil {
				return nil, nil, err
			}
		}
		items = append(items, live[Session]{Row: showSession(w, &s)})
		at.ID, at.LWT = s.ID, s.Seq
	}
	return items, at, rows.Err()
}

// copyForWrites is a copy of the file that is written as durably as the store's.
func (f *fleet) copyForWrites(b *testing.B) *sql.DB {
	b.Helper()
	file := storetest.SQLite(b)
	if _, err := f.raw.Exec("VACUUM INTO ?", file); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+file+"?_busy_timeout=10000&_foreign_keys=1&_stmt_cache_size=256&_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_secure_delete=1")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { _ = db.Close() })
	return db
}

// barePush stores reports in one transaction.
func barePush(c *fiber.Ctx, db *sql.DB, account string) error {
	var sent []struct {
		NewDocumentState struct {
			Report
			Deleted bool `json:"_deleted"`
		}
	}
	if err := json.Unmarshal(c.Body(), &sent); err != nil {
		return err
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var seq int64
	if err := tx.QueryRow("UPDATE accounts SET change_seq = change_seq + ? WHERE id = ? RETURNING change_seq", len(sent), account).Scan(&seq); err != nil {
		return err
	}
	for n, s := range sent {
		if s.NewDocumentState.Deleted {
			_, err = tx.Exec("DELETE FROM reports WHERE account_id = ? AND id = ?", account, s.NewDocumentState.ID)
		} else {
			err = bareStore(tx, account, seq-int64(n), s.NewDocumentState.Report)
		}
		if err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return c.JSON([]any{})
}

func bareStore(tx *sql.Tx, account string, seq int64, r Report) error {
	answers, err := json.Marshal(r.answers())
	if err != nil {
		return err
	}
	if err := readAll(tx.Query("SELECT * FROM reports WHERE account_id = ? AND id = ?", account, r.ID)); err != nil {
		return err
	}
	at := r.ObservedAt.UnixMilli()
	_, err = tx.Exec(`INSERT INTO reports (account_id, id, observed_at, effective_at, session_id, answers, clinician_diagnosis, note, episode_id, assessment, warning_ids, version, seq, created_at, updated_at)
		SELECT ?1, ?2, ?3, ?3, '', ?4, '', ?5, '', (SELECT assessment FROM reports WHERE account_id = ?1 LIMIT 1), '[]', 1, ?6, ?3, ?3 WHERE TRUE
		ON CONFLICT (account_id, id) DO UPDATE SET answers = excluded.answers, note = excluded.note, seq = excluded.seq, version = version + 1`,
		account, r.ID, at, string(answers), deref(r.Note), seq)
	return err
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
