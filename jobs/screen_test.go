package jobs

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aftercare/jobs/push"
	"aftercare/models"
	"aftercare/models/care"
	"aftercare/models/storetest"
)

// A clear that is slow on its way to a phone must not arrive after the
// notification that follows it under the same tag.
func TestASlowClearIsNotOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(evening))
		service := &service{now: models.SystemClock, look: func(_ push.Address, m push.Message) {
			if m.Silent {
				<-time.After(8 * time.Second)
			}
		}}
		w := newWorld(t, storetest.SQLite(t), models.SystemClock, service.hub(models.SystemClock))
		p := w.join("quick", "Europe/Berlin")
		p.rolls("session-1")
		p.reports("report-01", pus())
		w.tick()
		warnings, err := p.Warnings(t.Context(), p.account, models.Query{})
		w.check(err)
		_, err = p.AcknowledgeWarning(t.Context(), models.Caller{AccountID: p.account}, warnings.Items[0].ID, "will_book")
		w.check(err)
		var clearing sync.WaitGroup
		clearing.Go(func() { w.check(w.runner.RunOnce(t.Context())) })
		<-time.After(time.Second)
		p.reports("report-02", care.Answers{Erythema: of(1), Extent: "spreading"})
		w.tick()
		clearing.Wait()
		screen := map[string]string{}
		cleared := false
		for _, m := range service.got {
			cleared = cleared || m.Silent
			show(screen, m.Message)
		}
		if tag := warnings.Items[0].ID; !cleared || screen[tag] == "" {
			t.Errorf("the phone took %v, and its screen shows nothing of the warning", service.got)
		}
	})
}
