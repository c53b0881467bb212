package jobs

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"aftercare/models"
	"aftercare/models/storetest"
)

// A server that is restarted more often than hourly purges too.
func TestARestartedServerPurges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := &service{now: models.SystemClock}
		w := newWorld(t, storetest.SQLite(t), models.SystemClock, service.hub(models.SystemClock))
		p := w.join("tried it once", "Europe/Berlin")
		<-time.After(31 * day)
		w.check(w.runner.Start())
		<-time.After(time.Minute)
		w.check(w.runner.Stop(context.Background()))
		if _, err := w.Account(context.Background(), p.account); !models.IsCode(err, models.CodeNotFound) {
			t.Errorf("an account without any data, 31 days old, after a minute of uptime: %v", err)
		}
	})
}
