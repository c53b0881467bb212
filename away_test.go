package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aftercare/models/storetest"
)

// watched is a server with all that watches it.
type watched struct {
	*server
	phone
	beats *atomic.Int64
	sent  int // reports
}

// watch starts a server whose heartbeats are counted, with one person.
func watch(t *testing.T, dir string, settings ...string) *watched {
	t.Helper()
	w := &watched{beats: &atomic.Int64{}}
	pulse := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { w.beats.Add(1) }))
	t.Cleanup(pulse.Close)
	w.server = servePlain(t, dir, append([]string{"METRICS_ADDR=127.0.0.1:0", "HEARTBEAT_URL=" + pulse.URL}, settings...)...)
	w.phone = w.person()
	return w
}

// report sends a danger sign; it answers the status, and whether the answer
// says when to try again.
func (w *watched) report() (status int, again bool) {
	w.t.Helper()
	w.sent++
	text := fmt.Sprintf(`{"observed_at":%q,"discharge":["thick"],"note":%q}`, ago(0), strings.Repeat("n", 2000))
	req, err := http.NewRequest("PUT", fmt.Sprintf("%s/v1/reports/report-%06d", w.phone.base, w.sent), strings.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+w.token)
	res, err := httpClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		w.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode == http.StatusInternalServerError {
		w.t.Errorf("a report is answered 500")
	}
	return res.StatusCode, res.Header.Get("Retry-After") != ""
}

func (w *watched) ready() bool {
	status, err := w.call("GET", "/readyz", nil, nil)
	if status != http.StatusOK && status != http.StatusServiceUnavailable {
		w.t.Errorf("/readyz: %d %v", status, err)
	}
	return err == nil
}

// counter is the value of a series of /metrics.
func (w *watched) counter(series string) string {
	w.t.Helper()
	res, err := httpClient.Get("http://" + metricsAt.FindStringSubmatch(w.said())[1] + "/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		w.t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n"+series+" ")
	if !found {
		w.t.Errorf("there is no %s", series)
	}
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

// readyPatience is within what /readyz tells of a database that does not answer:
// two seconds, and what a busy machine adds. Before the database was asked apart
// from the requests it took fifteen.
const readyPatience = 10 * time.Second

// isAway holds what every watcher says of a database that is away, and what a
// phone is answered.
func (w *watched) isAway(kind string) {
	w.t.Helper()
	failed := func() int { return strings.Count(w.said(), "tick failed") }
	before := failed()
	eventually(w.t, "a tick fails", func() bool { return failed() > before })
	asked := time.Now()
	eventually(w.t, "/readyz says so", func() bool { asked = time.Now(); return !w.ready() })
	if took := time.Since(asked); took > readyPatience {
		w.t.Errorf("/readyz took %v to say so", took)
	}
	eventually(w.t, "a report is answered 503 with Retry-After", func() bool {
		status, again := w.report()
		return status == http.StatusServiceUnavailable && again
	})
	beats, before := w.beats.Load(), failed() // by now the heartbeat of the last good tick has come
	eventually(w.t, "more ticks fail", func() bool { return failed() > before })
	if n := w.beats.Load(); n > beats {
		w.t.Errorf("%d heartbeats while the database is away", n-beats)
	}
	if w.counter(`aftercare_writes_total{outcome="away"}`) == "0" {
		w.t.Error("no write is counted that found the database away")
	}
	if kind != "" && w.counter(`aftercare_database_errors_total{kind="`+kind+`"}`) == "0" {
		w.t.Errorf("no error of kind %s is counted", kind)
	}
}

// isBack holds that all goes on by itself, with nobody put off.
func (w *watched) isBack() {
	w.t.Helper()
	beats := w.beats.Load()
	eventually(w.t, "a report is stored", func() bool {
		status, _ := w.report()
		return status == http.StatusCreated
	})
	eventually(w.t, "/readyz is well", w.ready)
	eventually(w.t, "the heart beats", func() bool { return w.beats.Load() > beats })
	for _, line := range strings.Split(w.said(), "\n") {
		if strings.Contains(line, "could not be judged") {
			w.t.Errorf("an account is put off: %s", line)
		}
	}
	if peak := w.peakMemory(); peak > memoryGoal {
		w.t.Errorf("%d MiB of memory", peak>>20)
	}
	w.stop()
}

// P2, P10: on a full disk no warning is stored, so every watcher says so.
func TestAFullDiskIsSeenByEveryWatcher(t *testing.T) {
	t.Parallel() // it waits for ticks more than it works
	dir := storetest.SmallDisk(t, 4<<20)
	w := watch(t, dir)
	empty := storetest.Fill(t, dir)
	w.isAway("full")
	empty()
	w.isBack()
}

// A limit on the size of files is met like a full disk; the signal that comes
// with it ends nobody.
func TestALimitOfFileSizeIsSeenByEveryWatcher(t *testing.T) {
	t.Parallel()
	w := watch(t, t.TempDir())
	limit := func(size uint64) {
		t.Helper()
		if err := unix.Prlimit(w.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}, nil); err != nil {
			t.Fatal(err)
		}
	}
	limit(1)
	w.isAway("")
	limit(unix.RLIM_INFINITY)
	w.isBack()
}

// P10: a PostgreSQL that freezes, and one that crashes and comes back.
func TestAPostgresThatGoesAwayIsSeenByEveryWatcher(t *testing.T) {
	t.Parallel()
	pg, err := storetest.Start()
	if errors.Is(err, storetest.ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	})
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// What was acknowledged must outlive the crash, as it does outside of tests.
	database := "DATABASE=" + pg.Address + "&options=-csynchronous_commit%3Don"
	t.Run("crash", func(t *testing.T) {
		w := watch(t, t.TempDir(), database)
		check(pg.Kill())
		w.isAway("unreachable")
		check(pg.Restart())
		w.isBack()
	})
	t.Run("freeze", func(t *testing.T) {
		w := watch(t, t.TempDir(), database)
		check(pg.Freeze())
		defer pg.Thaw()
		w.isAway("")
		check(pg.Thaw())
		w.isBack()
	})
}
