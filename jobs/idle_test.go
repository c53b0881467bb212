package jobs

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"aftercare/jobs/push"
	"aftercare/models"
	"aftercare/models/storetest"
)

// A round with nothing to do only reads, also while a transport is not set up:
// on SQLite it does not take the one writer, elsewhere no lock.
func TestAnIdleTickWritesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		var mu sync.Mutex
		var written []string
		c := newClock()
		s, err := models.Open(context.Background(), models.Options{Database: database, Now: c.now, Trace: func(text string, _ []any) {
			mu.Lock()
			defer mu.Unlock()
			if !strings.HasPrefix(text, "SELECT ") {
				written = append(written, text)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{TB: t, Store: s, logged: &logged{}}
		t.Cleanup(func() { w.check(s.Close()) })
		service := &service{now: c.now}
		w.runner = New(runnerOptions(s, service.hub(c.now), slog.New(slog.NewTextHandler(w.logged, nil)), prometheus.NewRegistry()))
		p := w.join("anna", "Europe/Berlin")
		p.rolls("session-1")
		for transport, off := range map[push.Transport]bool{push.TransportAPNs: true, push.TransportFCM: false} {
			if w.runner.Hub.Off(string(transport)) != off {
				t.Fatalf("%s is off: %v", transport, !off)
			}
		}
		w.tick()
		written = nil
		w.tick()
		if len(written) > 0 {
			t.Errorf("an idle tick wrote:\n%s", strings.Join(written, "\n"))
		}
	})
}
