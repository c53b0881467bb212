package jobs

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aftercare/models"
	"aftercare/models/storetest"
)

// A danger sign that is reported while a herd waits at a slow service overtakes
// it: only what is claimed already goes first.
func TestAWarningOvertakesABacklog(t *testing.T) {
	const herd, took = 200, 2 * time.Second
	storetest.Each(t, func(t *testing.T, database string) {
		synctest.Test(t, func(t *testing.T) {
			<-time.After(time.Until(evening))
			slow := &service{now: models.SystemClock, delay: took}
			w := newWorld(t, database, models.SystemClock, slow.hub(models.SystemClock))
			ill := w.join("ill", "Europe/Berlin")
			for n := range herd {
				w.join(fmt.Sprint("well", n), "Europe/Berlin").rolls("session-1")
			}
			ill.rolls("session-1")
			<-time.After(25 * time.Hour)
			w.check(w.runner.Start())
			<-time.After(took / 2) // the first are in flight, the rest wait
			ill.reports("report-01", pus())
			<-time.After(time.Minute)
			w.check(w.runner.Stop(t.Context()))
			all := slow.accepted()
			told := slices.IndexFunc(all, func(m sent) bool { return m.Kind == string(models.KindWarning) })
			if told < 0 || told > 3*maxQueued {
				t.Errorf("%d of %d were sent before the warning", told, len(all))
			}
		})
	})
}
