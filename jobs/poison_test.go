package jobs

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/mattn/go-sqlite3"

	"aftercare/jobs/push"
	"aftercare/models"
	"aftercare/models/storetest"
)

// execute runs SQL beside the store, as a broken disk or a careless hand would.
func execute(t testing.TB, database, query string, args ...any) {
	t.Helper()
	driver := "sqlite3"
	if strings.HasPrefix(database, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// A row that cannot be read stops nobody but its own person, at the step of
// judging as at that of sending, and is tried again later.
func TestAPoisonedRowStopsNobodyElse(t *testing.T) {
	for name, c := range map[string]struct{ poison, heal string }{
		"account": {
			"UPDATE accounts SET quiet_hours = '{' WHERE id = $1",
			`UPDATE accounts SET quiet_hours = '{"start":"21:00","end":"08:00"}' WHERE id = $1`,
		},
		"address": {
			"UPDATE devices SET push_address = '[' || push_address WHERE account_id = $1",
			"UPDATE devices SET push_address = substr(push_address, 2) WHERE account_id = $1",
		},
		"reminder": {
			"UPDATE reminders SET snoozes = '{{' WHERE account_id = $1",
			"UPDATE reminders SET snoozes = '[]' WHERE account_id = $1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, database string) {
				clock := newClock()
				service := &service{now: clock.now}
				w := newWorld(t, database, clock.now, service.hub(clock.now))
				ill, well := w.join("ill", "Europe/Berlin"), w.join("well", "Europe/Berlin")
				for _, p := range []*person{ill, well} {
					p.rolls("session-1")
				}
				execute(t, database, c.poison, ill.account)
				clock.pass(25 * time.Hour)
				w.tick()
				w.tick()
				if w.logged.errors() == "" {
					t.Error("nothing was logged of the broken row")
				}
				if told := kinds(service.accepted()); told["check_in"] != 1 {
					t.Errorf("sent %v, want the check-in of who is well", service.accepted())
				}
				execute(t, database, c.heal, ill.account)
				clock.pass(poisonedPause + lease)
				w.tick()
				if told := kinds(service.accepted()); told["check_in"] != 2 {
					t.Errorf("sent %v, want both check-ins once the row is whole", service.accepted())
				}
			})
		})
	}
}

// The same for an address that breaks while a push to it waits in one batch with
// others.
func TestAPoisonedAddressStopsNobodyElse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		clock := newClock()
		service := &service{now: clock.now}
		w := newWorld(t, database, clock.now, service.hub(clock.now))
		ill, well := w.join("ill", "Europe/Berlin"), w.join("well", "Europe/Berlin")
		for _, p := range []*person{ill, well} {
			p.rolls("session-1")
			p.reports("report-01", pus())
		}
		execute(t, database, "UPDATE devices SET push_address = '[' || push_address WHERE account_id = $1", ill.account)
		w.tick()
		if w.logged.errors() == "" {
			t.Error("nothing was logged of the broken row")
		}
		if told := kinds(service.accepted()); told[models.KindWarning] != 1 {
			t.Errorf("sent %v, want the warning of who is well", service.accepted())
		}
		execute(t, database, "UPDATE devices SET push_address = substr(push_address, 2) WHERE account_id = $1", ill.account)
		clock.pass(poisonedPause + lease)
		w.tick()
		if told := kinds(service.accepted()); told[models.KindWarning] != 2 {
			t.Errorf("sent %v, want both warnings once the row is whole", service.accepted())
		}
	})
}

// The same for an outcome that cannot be recorded together with others: they are
// recorded, and it is sent again under its id when its lease ends.
func TestAPoisonedOutcomeStopsNobodyElse(t *testing.T) {
	clock := newClock()
	service := &service{now: clock.now}
	database := storetest.SQLite(t)
	w := newWorld(t, database, clock.now, service.hub(clock.now))
	var people []*person
	for _, name := range []string{"well", "ill", "well too"} {
		p := w.join(name, "Europe/Berlin")
		p.rolls("session-1")
		p.reports("report-01", pus())
		people = append(people, p)
	}
	execute(t, database, `CREATE TRIGGER broken BEFORE UPDATE ON deliveries WHEN NEW.state = 'accepted' AND OLD.account_id = '`+people[1].account+`'
		BEGIN SELECT RAISE(ABORT, 'broken'); END`)
	w.tick()
	if w.logged.errors() == "" {
		t.Error("nothing was logged of the outcome")
	}
	_, stuck, err := w.Stuck(t.Context(), 0)
	w.check(err)
	if len(stuck) == 0 || slices.ContainsFunc(stuck, func(d models.Delivery) bool { return d.AccountID != people[1].account }) {
		t.Errorf("not settled: %+v", stuck)
	}
	execute(t, database, "DROP TRIGGER broken")
	clock.pass(lease)
	w.tick()
	times := map[string]int{} // by phone and notification
	for _, m := range service.accepted() {
		times[m.to+" "+m.NotificationID]++
	}
	for sent, n := range times {
		if ill := strings.HasPrefix(sent, token(people[1].phones[0].ID)); ill != (n == 2) || n > 2 {
			t.Errorf("%s was sent %d times", sent, n)
		}
	}
	if _, stuck, err = w.Stuck(t.Context(), 0); err != nil || len(stuck) != 0 {
		t.Errorf("not settled %+v (%v)", stuck, err)
	}
}

// A panic while sending ends neither the process nor the run, and its value,
// which may quote a person, is not logged.
func TestAPanicWhileSendingStopsNobodyElse(t *testing.T) {
	clock := newClock()
	service := &service{now: clock.now}
	w := newWorld(t, storetest.SQLite(t), clock.now, service.hub(clock.now))
	ill, well := w.join("ill", "Europe/Berlin"), w.join("well", "Europe/Berlin")
	service.script = func(to push.Address, _ push.Message) push.Result {
		if to.Token == token(ill.phones[0].ID) {
			panic("what a person wrote")
		}
		return push.Result{Class: push.Accepted}
	}
	for _, p := range []*person{ill, well} {
		p.rolls("session-1")
		p.reports("report-01", pus())
	}
	w.tick()
	if n := kinds(service.accepted())[models.KindWarning]; n != 1 {
		t.Errorf("%d warnings, want one", n)
	}
	if text := w.logged.errors(); !strings.Contains(text, "panic") || strings.Contains(text, "wrote") {
		t.Errorf("logged %q", text)
	}
	if n := w.runner.Hub.InFlight()["fcm"]; n != 0 {
		t.Errorf("%d places are still taken", n)
	}
	service.script = nil
	clock.pass(lease)
	w.tick()
	if n := kinds(service.accepted())[models.KindWarning]; n != 2 {
		t.Errorf("%d warnings after the lease, want two", n)
	}
}

// A database that does not answer fails the tick, and the next good one does
// what was due.
func TestAFailedTickIsMadeUp(t *testing.T) {
	clock := newClock()
	service := &service{now: clock.now}
	w := newWorld(t, storetest.SQLite(t), clock.now, service.hub(clock.now))
	p := w.join("red", "Europe/Berlin")
	p.rolls("session-1")
	p.reports("report-01", pus())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.runner.beat(ctx); err == nil || !w.runner.LastTick().IsZero() {
		t.Fatalf("a tick without a database answers %v, last good %v", err, w.runner.LastTick())
	}
	w.check(w.runner.beat(context.Background()))
	w.runner.Wait()
	if n := kinds(service.accepted())[models.KindWarning]; n != 1 || w.runner.LastTick().IsZero() {
		t.Errorf("%d warnings, last good tick %v", n, w.runner.LastTick())
	}
}
