package jobs

import (
	"testing"
	"testing/synctest"
	"time"

	"aftercare/models"
	"aftercare/models/storetest"
)

// What a killed process had claimed is sent by another as soon as that knows it
// dead, well before the lease ends, and by nobody while it lives.
func TestTheClaimsOfADeadProcessAreSentSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(evening))
		database := storetest.Postgres(t)
		service := &service{now: models.SystemClock}
		dying := newWorld(t, database, models.SystemClock, service.hub(models.SystemClock))
		p := dying.join("ill", "Europe/Berlin")
		p.rolls("session-1")
		p.reports("report-01", pus())
		_, err := dying.KeepAlive(t.Context(), aliveGrace, lease)
		dying.check(err)
		claims, err := dying.ClaimDeliveries(t.Context(), 10, lease, nil)
		dying.check(err)
		if len(claims) != 1 {
			t.Fatalf("%d claims", len(claims))
		}

		warnings := func() int { return kinds(service.accepted())[models.KindWarning] }
		other := newWorld(t, database, models.SystemClock, service.hub(models.SystemClock))
		other.check(other.runner.Start())
		for range 3 { // it lives, and says so
			<-time.After(aliveEvery)
			_, err := dying.KeepAlive(t.Context(), aliveGrace, lease)
			dying.check(err)
		}
		if n := warnings(); n != 0 {
			t.Errorf("%d warnings while its process lives", n)
		}
		killed := time.Now()
		for warnings() == 0 && time.Since(killed) < 2*lease {
			<-time.After(time.Second / 10)
		}
		took := time.Since(killed)
		t.Logf("sent %v after its process died; the lease is %v", took, lease)
		if most := aliveGrace + 2*aliveEvery; took > most {
			t.Errorf("sent %v after its process died, want %v at most", took, most)
		}
		other.check(other.runner.Stop(t.Context()))
		if n := warnings(); n != 1 {
			t.Errorf("%d warnings, want one", n)
		}
	})
}
