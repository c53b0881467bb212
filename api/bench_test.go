package api

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	_ "github.com/mattn/go-sqlite3"
	"github.com/valyala/fasthttp"

	"aftercare/models"
	"aftercare/models/care"
	"aftercare/models/storetest"
	"aftercare/models/texts"
)

// connections of every benchmark (performance, Size and speed).
const connections = 64

// fleet is an API on a listener, with as many people as connections. Each has
// rolled every fortnight and reported six times after each session: red at
// first, calm at last. The latest session ended 30 hours ago.
type fleet struct {
	*world
	people []*person
	raw    *sql.DB // the same file, read by hand-written SQL
	client *fasthttp.Client
}

func newFleet(b *testing.B) *fleet {
	b.Helper()
	file := storetest.SQLite(b)
	f := &fleet{world: openWorld(b, file), client: &fasthttp.Client{MaxConnsPerHost: 4 * connections}}
	var err error
	if f.raw, err = sql.Open("sqlite3", "file:"+file+"?mode=ro&_busy_timeout=10000&_cache_size=-16000&_stmt_cache_size=256"); err != nil {
		b.Fatal(err)
	}
	f.raw.SetMaxOpenConns(4)
	b.Cleanup(func() { _ = f.raw.Close() })
	for range connections {
		f.people = append(f.people, f.newPerson())
	}
	drive(b, connections, func(_, i int) error { return f.people[i-1].rollsEveryFortnight() })
	f.log.Reset()
	return f
}

// rollsEveryFortnight fills in the history.
func (p *person) rollsEveryFortnight() error {
	put := func(path string, body object) error {
		if a := p.do("PUT", path, body); a.StatusCode != 201 {
			return fmt.Errorf("%s: %s", path, a.raw)
		}
		return nil
	}
	for cycle := 9; cycle >= 0; cycle-- {
		ended := float64(cycle)*14*24 + 30
		if err := put(fmt.Sprintf("/v1/sessions/session-%d", cycle), object{"started_at": ago(hours(ended)), "needle_mm": 0.5}); err != nil {
			return err
		}
		for n := range 6 {
			body := object{"observed_at": ago(hours(ended - 3 - float64(n)*5)), "erythema": max(0, 2-n), "itch": 0, "pain": 0, "discharge": []string{}}
			if err := put(fmt.Sprintf("/v1/reports/report-%d-%d", cycle, n), body); err != nil {
				return err
			}
		}
	}
	return nil
}

// listen serves an app and answers its address.
func (f *fleet) listen(b *testing.B, app *fiber.App) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- app.Listener(l) }()
	b.Cleanup(func() {
		if err := app.ShutdownWithTimeout(5 * time.Second); err != nil {
			b.Error(err)
		}
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// drive spends n calls on the connections and answers how long they took, and
// the time under which 99 of 100 stayed.
func drive(b *testing.B, n int, call func(worker, i int) error) (took, p99 time.Duration) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	each := make([][]time.Duration, connections)
	begin := time.Now()
	for worker := range connections {
		wg.Go(func() {
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				at := time.Now()
				if err := call(worker, i); err != nil {
					b.Error(err)
					return
				}
				each[worker] = append(each[worker], time.Since(at))
			}
		})
	}
	wg.Wait()
	took = time.Since(begin)
	all := slices.Concat(each...)
	slices.Sort(all)
	return took, all[len(all)*99/100]
}

func (f *fleet) get(base, path string, worker int) error {
	return f.request(fasthttp.MethodGet, base+path, worker, nil)
}

func (f *fleet) request(method, url string, worker int, body []byte) error {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	req.SetRequestURI(url)
	req.Header.SetMethod(method)
	req.Header.Set("Authorization", "Bearer "+f.people[worker].token)
	if body != nil {
		req.Header.SetContentType("application/json")
		req.SetBody(body)
	}
	if err := f.client.Do(req, res); err != nil {
		return err
	}
	if res.StatusCode() >= 300 {
		return fmt.Errorf("%s %s: %d %s", method, url, res.StatusCode(), res.Body())
	}
	return nil
}

// BenchmarkStoredReport stores and judges reports over HTTP; beside it raw SQL
// runs the statements that such a write consists of, batched in one
// transaction as the write path does. of-raw is the share of its speed.
func BenchmarkStoredReport(b *testing.B) {
	f := newFleet(b)
	raw := newRawWrites(b, f)
	base := f.listen(b, f.unlimited(b))
	b.ResetTimer()
	rawTook, _ := drive(b, b.N, raw.write)
	took, p99 := drive(b, b.N, func(worker, i int) error {
		n := i % 6 // and a note, because storing a row again as it is writes nothing
		body := fmt.Appendf(nil, `{"observed_at":%q,"itch":%d,"erythema":%d,"pain":0,"discharge":[],"note":"%d"}`, ago(hours(27-float64(n)*5)), i/6%3, max(0, 2-n), i)
		return f.request(fasthttp.MethodPut, base+fmt.Sprintf("/v1/reports/report-0-%d", n), worker, body)
	})
	b.StopTimer()
	report(b, took, rawTook, p99, "of-raw")
}

func report(b *testing.B, took, baseline, p99 time.Duration, ratio string) {
	b.ReportMetric(float64(b.N)/took.Seconds(), "req/s")
	b.ReportMetric(float64(b.N)/baseline.Seconds(), "base/s")
	b.ReportMetric(baseline.Seconds()/took.Seconds(), ratio)
	b.ReportMetric(float64(p99.Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}

// unlimited is the same API without the limit on writes.
func (f *fleet) unlimited(b *testing.B) *fiber.App {
	app, err := New(Options{Store: f.store, Log: slog.New(slog.DiscardHandler), Now: f.clock.now})
	if err != nil {
		b.Fatal(err)
	}
	return app
}

// BenchmarkReads reads over HTTP; beside each call a bare Fiber handler does
// the same by hand-written SQL: it authenticates, sets the headers, reads,
// judges, puts it into words and encodes. of-bare is the share of its speed.
func BenchmarkReads(b *testing.B) {
	f := newFleet(b)
	app := f.listen(b, f.unlimited(b))
	bare := f.listen(b, f.bare())
	for name, path := range map[string]string{"rest": "/v1/rest", "list-of-50": "/v1/reports?limit=50"} {
		b.Run(name, func(b *testing.B) {
			drive(b, 200, func(worker, _ int) error { return f.get(app, path, worker) })
			drive(b, 200, func(worker, _ int) error { return f.get(bare, path, worker) })
			b.ResetTimer()
			bareTook, _ := drive(b, b.N, func(worker, _ int) error { return f.get(bare, path, worker) })
			took, p99 := drive(b, b.N, func(worker, _ int) error { return f.get(app, path, worker) })
			report(b, took, bareTook, p99, "of-bare")
		})
	}
}

// bare is what one would write by hand for these two calls.
func (f *fleet) bare() *fiber.App {
	app := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true})
	app.Use(func(c *fiber.Ctx) error {
		sum := sha256.Sum256([]byte(strings.TrimPrefix(c.Get("Authorization"), "Bearer ")))
		var account, device string
		err := f.raw.QueryRow(`SELECT account_id, id FROM devices WHERE token_hash = ?1 OR next_token_hash = ?1`, hex.EncodeToString(sum[:])).Scan(&account, &device)
		if err != nil {
			return fiber.ErrUnauthorized
		}
		c.Locals("account", account)
		for name, value := range securityHeaders {
			c.Set(name, value)
		}
		return c.Next()
	})
	app.Get("/v1/rest", func(c *fiber.Ctx) error {
		answer, err := f.bareRest(c.Locals("account").(string))
		if err != nil {
			return err
		}
		return c.JSON(answer)
	})
	app.Get("/v1/reports", func(c *fiber.Ctx) error {
		answer, err := f.bareReports(c.Locals("account").(string))
		if err != nil {
			return err
		}
		return c.JSON(answer)
	})
	return app
}

func (f *fleet) bareRest(account string) (any, error) {
	now := f.clock.now()
	var zone, quiet, notify string
	err := f.raw.QueryRow(`SELECT time_zone, quiet_hours, notify FROM accounts WHERE id = ?`, account).Scan(&zone, &quiet, &notify)
	if err != nil {
		return nil, err
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, err
	}
	var lastReport, lastSession, onset sql.NullInt64
	err = f.raw.QueryRow(`SELECT (SELECT MAX(effective_at) FROM reports WHERE account_id = ?1 AND deleted_at IS NULL),
		(SELECT MAX(effective_at) FROM sessions WHERE account_id = ?1 AND deleted_at IS NULL),
		(SELECT MIN(onset_at) FROM episodes WHERE account_id = ?1 AND deleted_at IS NULL AND state <> 'void' AND settled_at IS NULL)`, account).
		Scan(&lastReport, &lastSession, &onset)
	if err != nil {
		return nil, err
	}
	w := care.WindowOf(now, time.Time{}, time.UnixMilli(lastReport.Int64), time.UnixMilli(lastSession.Int64), []care.Span{{From: time.UnixMilli(onset.Int64)}})
	h := care.History{JudgeFrom: w.Judge}
	if err := f.bareHistory(account, w, &h); err != nil {
		return nil, err
	}
	verdict := care.Assess(h, care.Person{Zone: loc}, now)
	var next sql.NullInt64
	if err := f.raw.QueryRow(`SELECT MIN(due_at) FROM reminders WHERE account_id = ? AND deleted_at IS NULL AND state = 'scheduled' AND NOT silent`, account).Scan(&next); err != nil {
		return nil, err
	}
	words := texts.For("", "en")
	blocks := []fiber.Map{}
	for _, block := range verdict.Rest.Blocks {
		blocks = append(blocks, fiber.Map{"rule": block.Rule, "code": block.Code, "message": words.Message(block.Code), "until": block.Until})
	}
	return fiber.Map{"state": verdict.Rest.State, "until": verdict.Rest.Until, "floor_until": verdict.Rest.FloorUntil, "blocked_by": blocks, "next_reminder_at": next.Int64}, nil
}

func (f *fleet) bareHistory(account string, w care.Window, h *care.History) error {
	rows, err := f.raw.Query(`SELECT id, effective_at, needle_mm_used, roller_id, bleeding FROM sessions WHERE account_id = ? AND deleted_at IS NULL AND effective_at >= ?`, account, w.Sessions.UnixMilli())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s care.Session
		var at int64
		if err := rows.Scan(&s.ID, &at, &s.NeedleMM, &s.RollerID, &s.Bleeding); err != nil {
			return err
		}
		s.StartedAt = time.UnixMilli(at).UTC()
		h.Sessions = append(h.Sessions, s)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	reports, err := f.raw.Query(`SELECT id, effective_at, answers FROM reports WHERE account_id = ? AND deleted_at IS NULL AND effective_at >= ?`, account, w.Reports.UnixMilli())
	if err != nil {
		return err
	}
	defer reports.Close()
	for reports.Next() {
		var r care.Report
		var at int64
		var answers []byte
		if err := reports.Scan(&r.ID, &at, &answers); err != nil {
			return err
		}
		r.At = time.UnixMilli(at).UTC()
		if err := json.Unmarshal(answers, &r.Answers); err != nil {
			return err
		}
		h.Reports = append(h.Reports, r)
	}
	return reports.Err()
}

func (f *fleet) bareReports(account string) (any, error) {
	rows, err := f.raw.Query(`SELECT id, observed_at, effective_at, session_id, answers, note, episode_id, assessment, version, created_at, updated_at
		FROM reports WHERE account_id = ? AND deleted_at IS NULL ORDER BY observed_at DESC, id DESC LIMIT 51`, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	w := words{texts.For("", "en").In("GB"), "GB", time.UTC}
	items := []any{}
	for rows.Next() {
		var r models.Report
		var answers, assessment []byte
		var observed, effective, created, updated int64
		err := rows.Scan(&r.ID, &observed, &effective, &r.SessionID, &answers, &r.Note, &r.EpisodeID, &assessment, &r.Version, &created, &updated)
		if err != nil {
			return nil, err
		}
		r.ObservedAt.Time, r.EffectiveAt.Time = time.UnixMilli(observed).UTC(), time.UnixMilli(effective).UTC()
		r.CreatedAt.Time, r.UpdatedAt.Time = time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
		if err := json.Unmarshal(answers, &r.Answers); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(assessment, &r.Assessment); err != nil {
			return nil, err
		}
		items = append(items, showReport(w, &r))
	}
	return fiber.Map{"items": items[:min(50, len(items))], "next_cursor": "x"}, rows.Err()
}
