package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aftercare/jobs/push/pushtest"
)

const (
	kills   = 20
	writers = 200 // each for a person and, in turns, for the next one
	// A kill comes after a number of acknowledged writes between these two.
	earliest, latest = writers / 4, 3 * writers / 2
)

// victim is a person whose phones write while the server is killed.
type victim struct {
	phone
	mu     sync.Mutex
	acked  map[string]object // path → the row that was acknowledged with a 2xx
	asked  map[string]object // path → the row whose answer never came
	pushes []string          // reminders of acknowledged test pushes
	errs   []error           // answers that are no 2xx
}

// TestKilledAmongWriters kills the program in the middle of concurrent writers,
// again and again on one file. What was acknowledged is there (P1), nothing is
// half written, what got no answer can be sent again, and every push that was
// due arrives, under one id (P3).
func TestKilledAmongWriters(t *testing.T) {
	t.Parallel()
	dir, service := t.TempDir(), pushService(t)
	s := servePlain(t, dir)
	var pushes []string
	for round := range kills {
		all := victims(t, s, service, writers) // others each time: a person's day takes only so many rows
		acked := writeUntilKilled(s, all, round, earliest+rand.Int64N(latest-earliest))
		s = servePlain(t, dir)
		each(all, func(v **victim) {
			(*v).base = s.base
			(*v).check(t)
		})
		for _, v := range all {
			pushes = append(pushes, v.pushes...)
		}
		t.Logf("kill %d after %d writes", round+1, acked)
	}
	ids := map[string]map[string]bool{} // of notifications, by reminder
	eventually(t, "every acknowledged push arrives", func() bool {
		for _, m := range service.Messages() {
			id := m.Data["reminder_id"]
			if ids[id] == nil {
				ids[id] = map[string]bool{}
			}
			ids[id][m.NotificationID] = true
		}
		return !slices.ContainsFunc(pushes, func(id string) bool { return len(ids[id]) == 0 })
	})
	for _, id := range pushes {
		if len(ids[id]) != 1 {
			t.Errorf("the pushes of reminder %s came under %d ids", id, len(ids[id]))
		}
	}
	s.stop()
}

// victims are people with a phone that takes pushes.
func victims(t *testing.T, s *server, service *pushtest.WebPush, n int) []*victim {
	all := make([]*victim, n)
	each(all, func(v **victim) {
		p, err := s.signUp()
		if err == nil {
			_, err = p.register(service)
		}
		if err != nil {
			t.Error(err)
		}
		*v = &victim{phone: p}
	})
	return all
}

// each does something for all of them, some at a time.
func each[T any](all []T, do func(*T)) {
	var done sync.WaitGroup
	room := make(chan struct{}, 16)
	for i := range all {
		room <- struct{}{}
		done.Go(func() {
			do(&all[i])
			<-room
		})
	}
	done.Wait()
}

// writeUntilKilled lets all writers loose, and kills the server when so many
// writes were acknowledged. It answers how many were.
func writeUntilKilled(s *server, all []*victim, round int, after int64) int64 {
	var acked atomic.Int64
	var done sync.WaitGroup
	for _, v := range all {
		v.acked, v.asked, v.pushes, v.errs = map[string]object{}, map[string]object{}, nil, nil
	}
	for w := range writers {
		done.Go(func() {
			// The writers begin at different steps, so that a kill meets all of them.
			for step := w; all[(w+step/2%2)%writers].write(step, fmt.Sprintf("%03d-%03d-%06d", round, w, step)); step++ {
				if acked.Add(1) == after {
					s.kill()
				}
			}
		})
	}
	done.Wait()
	return acked.Load()
}

// write is one write of a person; it answers false when the server is gone.
func (v *victim) write(step int, id string) bool {
	switch step % 4 {
	case 0:
		ended := ago(30 * time.Hour)
		return v.put("/v1/sessions/s"+id, object{"started_at": ended, "ended_at": ended, "needle_mm": 0.5, "notes": id})
	case 1:
		return v.put("/v1/reports/r"+id, object{"observed_at": ago(20 * time.Hour), "erythema": 2, "note": id})
	case 2:
		return v.put("/v1/reports/r"+id, object{"observed_at": ago(2 * time.Hour), "discharge": []string{"thick"}, "note": id})
	}
	var test struct {
		ReminderID string `json:"reminder_id"`
	}
	status, err := v.call("POST", "/v1/devices/current/push/test", nil, &test)
	return v.note(status, err, func() { v.pushes = append(v.pushes, test.ReminderID) })
}

func (v *victim) put(path string, row object) bool {
	status, err := v.call("PUT", path, row, nil)
	acked := v.note(status, err, func() { v.acked[path] = row })
	if !acked {
		v.mu.Lock()
		v.asked[path] = row
		v.mu.Unlock()
	}
	return acked
}

// note keeps what became of a write.
func (v *victim) note(status int, err error, acked func()) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case err == nil:
		acked()
	case status != 0:
		v.errs = append(v.errs, err)
	}
	return err == nil
}

// check reads everything back after the kill.
func (v *victim) check(t *testing.T) {
	for _, err := range v.errs {
		t.Error(err)
	}
	for path, row := range v.asked { // what a phone does without an answer
		status, err := v.call("PUT", path, row, nil)
		if err != nil || status != http.StatusOK && status != http.StatusCreated {
			t.Errorf("sending %s again: %d %v", path, status, err)
		}
		v.acked[path] = row
	}
	var session, danger bool
	for path, row := range v.acked {
		v.checkRow(t, path, row)
		session, danger = session || row["ended_at"] != nil, danger || row["discharge"] != nil
	}
	if session {
		v.checkReminders(t)
	}
	if danger {
		v.checkWarned(t)
	}
}

func (v *victim) read(t *testing.T, path string, into any) {
	if _, err := v.call("GET", path, nil, into); err != nil {
		t.Errorf("after the kill: %v", err)
	}
}

// checkRow wants a row as it was sent, with all that is stored with it.
func (v *victim) checkRow(t *testing.T, path string, sent object) {
	var got struct {
		ID, Note, Notes string
		EpisodeID       string `json:"episode_id"`
		Rest            struct{ Rule string }
		Assessment      struct{ Rule string }
	}
	v.read(t, path, &got)
	switch {
	case sent["notes"] != nil:
		if got.Notes != sent["notes"] || got.Rest.Rule == "" {
			t.Errorf("%s is stored by halves: %+v", path, got)
		}
	case got.Note != sent["note"] || got.Assessment.Rule == "" || got.EpisodeID == "":
		t.Errorf("%s is stored by halves: %+v", path, got)
	case sent["discharge"] != nil && got.Assessment.Rule != "SD-01":
		t.Errorf("%s was judged by %s, want SD-01", path, got.Assessment.Rule)
	}
}

// checkReminders wants those of the cycle that the latest session began.
func (v *victim) checkReminders(t *testing.T) {
	var plan struct {
		SessionID string `json:"session_id"`
		Items     []struct{ Kind string }
	}
	v.read(t, "/v1/plan", &plan)
	var page struct{ Items []reminderRow }
	v.read(t, "/v1/reminders?state=scheduled", &page)
	ofSession := func(r reminderRow) bool { return r.Kind == "check_in" && r.SessionID == plan.SessionID }
	if len(plan.Items) == 0 || !slices.ContainsFunc(page.Items, ofSession) {
		t.Errorf("session %q is stored without its reminders", plan.SessionID)
	}
}

// checkWarned wants the warning of a danger sign.
func (v *victim) checkWarned(t *testing.T) {
	var page struct{ Items []warningRow }
	v.read(t, "/v1/warnings", &page)
	if !slices.ContainsFunc(page.Items, func(w warningRow) bool { return w.Tier == "same_day" && w.Rule == "SD-01" }) {
		t.Error("a danger sign is stored without its warning")
	}
}

// TestKilledWhileSending kills the program while a push service keeps it
// waiting: after the start it is sent again at once, long before its lease
// would end, under the same id.
func TestKilledWhileSending(t *testing.T) {
	dir, service := t.TempDir(), pushService(t)
	service.Script(func(pushtest.Message) pushtest.Answer { return pushtest.Answer{Hang: true} })
	s := servePlain(t, dir)
	p := s.person()
	if _, err := p.register(service); err != nil {
		t.Fatal(err)
	}
	p.must(t, "POST", "/v1/devices/current/push/test", nil, nil)
	eventually(t, "the push is on its way", func() bool { return len(service.Messages()) > 0 })
	s.kill()
	service.Script(nil)
	started := time.Now()
	s = servePlain(t, dir)
	m := arrival(t, service, "the push", func(m pushtest.Message) bool { return m.Accepted })
	if first := service.Messages()[0]; m.NotificationID != first.NotificationID {
		t.Errorf("sent again as %s, was %s", m.NotificationID, first.NotificationID)
	}
	if took := m.At.Sub(started); took > 30*time.Second {
		t.Errorf("sent again after %s: it waited for the lease", took)
	}
	s.stop()
}
