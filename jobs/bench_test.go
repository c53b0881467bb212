package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"aftercare/jobs/push"
	"aftercare/jobs/push/pushtest"
	"aftercare/models"
	"aftercare/models/storetest"
)

// sink takes every push and does nothing else, so that the sender is measured.
func sink(b testing.TB) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
	})}
	done := make(chan struct{})
	go func() { defer close(done); srv.Serve(l) }()
	b.Cleanup(func() { srv.Close(); <-done })
	return "http://" + l.Addr().String()
}

// herd is many people whose check-in is due at the same minute, with phones at
// local sinks that count as known services.
type herd struct {
	*world
	clock    *clock
	size     int
	database string
}

func newHerd(b *testing.B, size int) *herd {
	c := newClock()
	key, err := push.NewVAPIDKey()
	if err != nil {
		b.Fatal(err)
	}
	web, err := push.NewWebPush(push.WebPushOptions{Now: c.now, Key: key, Subject: "mailto:care@example.org", AllowPrivate: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(web.Close)
	sinks := []string{sink(b), sink(b)}
	hub := push.NewHub(c.now, map[push.Transport]push.Sender{push.TransportWebPush: web}, sinks...)
	database := storetest.SQLite(b)
	h := &herd{newWorld(b, database, c.now, hub), c, size, database}
	h.seed(database, sinks)
	return h
}

// seed makes one person through the store, and copies its rows.
func (h *herd) seed(database string, sinks []string) {
	h.Helper()
	p := h.join("template", "Europe/Berlin")
	sub, err := pushtest.NewSubscription()
	h.check(err)
	to := sub.Address(sinks[0] + "/x")
	_, err = h.SetPush(context.Background(), p.account, p.phones[0].ID, "webpush",
		models.PushAddress{Endpoint: to.Endpoint, P256dh: to.P256dh, Auth: to.Auth, Destination: sinks[0]}, "1")
	h.check(err)
	p.rolls("session-1")
	for range 47 { // until half an hour before the check-in
		h.clock.pass(30 * time.Minute)
		h.tick()
	}
	db, err := sql.Open("sqlite3", database+"?_busy_timeout=10000")
	h.check(err)
	defer db.Close()
	copyAccount(h.TB, db, p.account, h.size-1, map[string]string{
		"devices.push_address": fmt.Sprintf("CASE n %% 2 WHEN 0 THEN push_address ELSE replace(push_address, '%s', '%s') END", sinks[0], sinks[1]),
	})
}

// copyAccount copies all rows of an account under new names, n times. Columns
// may be given an expression of their own, in which n is the number of the copy.
func copyAccount(t testing.TB, db *sql.DB, account string, n int, edit map[string]string) {
	t.Helper()
	unique := map[string]bool{"recovery_hash": true, "token_hash": true, "account_id": true}
	for _, table := range []string{"accounts", "devices", "consents", "sessions", "reports", "episodes", "rollers", "reminders"} {
		key := "account_id"
		if table == "accounts" {
			key = "id"
		}
		rows, err := db.Query("SELECT name FROM pragma_table_info('" + table + "')")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var names, exprs []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			expr := edit[table+"."+name]
			switch {
			case expr != "":
			case unique[name] || name == key:
				expr = name + " || '-' || n"
			default:
				expr = name
			}
			names, exprs = append(names, name), append(exprs, expr)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		_, err = db.Exec(fmt.Sprintf(`WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d)
			INSERT INTO %s (%s) SELECT %s FROM c, %s WHERE %s = ? ORDER BY n`,
			n, table, strings.Join(names, ", "), strings.Join(exprs, ", "), table, key), account)
		if err != nil {
			t.Fatalf("copy %s: %v", table, err)
		}
	}
}

// accepted counts what was handed over.
func (h *herd) accepted() (n int) {
	families, err := h.metrics.Gather()
	h.check(err)
	for _, f := range families {
		if f.GetName() != "aftercare_push_attempts_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			if slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetValue() == push.Accepted.String() }) {
				n += int(m.GetCounter().GetValue())
			}
		}
	}
	return n
}

// BenchmarkHerd hands 100,000 check-ins due in one minute over to local sinks
// (performance, Size and speed). HERD sets another size. The baseline, in the
// same run and over the same sender and sinks, is a loop that claims one row,
// sends it and writes that down; it neither judges accounts nor asks whether
// the push is still wanted.
func BenchmarkHerd(b *testing.B) {
	size := herdSize(b)
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as the program has it (serve.go)
	for b.Loop() {
		b.StopTimer()
		h := newHerd(b, size)
		h.clock.pass(time.Hour)
		before := h.accepted()
		b.StartTimer()
		begun, cpu := time.Now(), cpuTime(b)
		h.tick()
		took := time.Since(begun)
		b.StopTimer()
		if n := h.accepted() - before; n != size {
			b.Fatalf("%d of %d were handed over; the others: %v", n, size, h.left())
		}
		b.ReportMetric(float64(size)/took.Seconds(), "reminders/s")
		b.ReportMetric((cpuTime(b)-cpu).Seconds()*100_000/float64(size), "cpu-s/100k")
		b.ReportMetric(took.Seconds()*100_000/float64(size), "s/100k")
		naive := h.naive(b, min(size, 3000))
		b.ReportMetric(naive, "naive/s")
		b.ReportMetric(float64(size)/took.Seconds()/naive, "times-naive")
		b.StartTimer()
	}
}

// left says what became of the deliveries that were not accepted.
func (h *herd) left() (out []string) {
	_, stuck, err := h.Stuck(context.Background(), 0)
	h.check(err)
	for _, d := range stuck {
		out = append(out, string(d.State)+" "+string(d.Reason)+" "+d.LastError)
	}
	return out
}

// naive sends n of the deliveries again, one after the other, and answers how
// many a second that is.
func (h *herd) naive(b *testing.B, n int) float64 {
	db, err := sql.Open("sqlite3", h.database+"?_busy_timeout=10000&_journal_mode=WAL&_synchronous=FULL&_txlock=immediate")
	h.check(err)
	defer db.Close()
	_, err = db.Exec("UPDATE deliveries SET state = 'pending', next_at = due_at WHERE rowid IN (SELECT rowid FROM deliveries WHERE state = 'accepted' LIMIT ?)", n)
	h.check(err)
	begun := time.Now()
	for range n {
		h.check(h.naiveOne(b, db))
	}
	return float64(n) / time.Since(begun).Seconds()
}

func (h *herd) naiveOne(b *testing.B, db *sql.DB) error {
	var row int64
	var raw string
	err := db.QueryRow(`UPDATE deliveries SET state = 'sending', next_at = NULL WHERE rowid = (SELECT rowid FROM deliveries
		WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1)
		RETURNING rowid, (SELECT push_address FROM devices v WHERE v.account_id = deliveries.account_id AND v.id = deliveries.device_id)`).Scan(&row, &raw)
	if err != nil {
		return err
	}
	var a models.PushAddress
	if err := json.Unmarshal([]byte(raw), &a); err != nil {
		return err
	}
	to := Address("webpush", a)
	if r := h.runner.Hub.Send(b.Context(), to, push.Message{NotificationID: "n", Title: "A check-in is waiting"}); r.Class != push.Accepted {
		return fmt.Errorf("naive: %+v", r)
	}
	_, err = db.Exec("UPDATE deliveries SET state = 'accepted' WHERE rowid = ?", row)
	return err
}

// BenchmarkIdleTick is a tick with nothing to do, with few and with many people
// stored: it must cost the same. IDLE sets how many; each has ten reports.
func BenchmarkIdleTick(b *testing.B) {
	for _, people := range []int{1000, sizeFrom(b, "IDLE", 200_000)} {
		b.Run(fmt.Sprint("people=", people), func(b *testing.B) {
			c := newClock()
			service := &service{now: c.now}
			database := storetest.SQLite(b)
			w := newWorld(b, database, c.now, service.hub(c.now))
			p := w.join("template", "Europe/Berlin")
			for n := range 10 {
				p.reports(fmt.Sprintf("report-%02d", n), models.Calm())
				c.pass(time.Hour)
			}
			w.tick()
			db, err := sql.Open("sqlite3", database+"?_busy_timeout=10000")
			w.check(err)
			defer db.Close()
			copyAccount(b, db, p.account, people-1, nil)
			w.tick() // what the copies had due
			for b.Loop() {
				w.check(w.runner.RunOnce(context.Background()))
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/tick")
		})
	}
}

func herdSize(b *testing.B) int { return sizeFrom(b, "HERD", 100_000) }

func sizeFrom(b *testing.B, name string, standard int) int {
	text := os.Getenv(name)
	if text == "" {
		return standard
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatalf("%s=%s: %v", name, text, err)
	}
	return n
}

// cpuTime is what this process has used of both cores: on a machine that does
// other work too it says more than the clock on the wall.
func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
