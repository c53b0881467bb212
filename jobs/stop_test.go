package jobs

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"aftercare/jobs/push"
	"aftercare/models"
	"aftercare/models/storetest"
)

// stops are the ways in which a person ends what is sent.
var stops = map[string]func(p *person) error{
	"signed out": func(p *person) error { return p.DeleteDevice(context.Background(), p.account, p.phones[0].ID) },
	"push removed": func(p *person) error {
		_, err := p.RemovePush(context.Background(), p.account, p.phones[0].ID)
		return err
	},
	"push consent": func(p *person) error {
		return p.WithdrawConsent(context.Background(), models.Caller{AccountID: p.account}, models.ConsentPush)
	},
	"health consent": func(p *person) error {
		return p.WithdrawConsent(context.Background(), models.Caller{AccountID: p.account}, models.ConsentHealth)
	},
	"erased": func(p *person) error {
		return p.EraseAccount(context.Background(), models.Caller{AccountID: p.account, DeviceID: p.phones[0].ID, ConfirmedAt: p.Now()})
	},
	"acknowledged": func(p *person) error {
		page, err := p.Warnings(context.Background(), p.account, models.Query{})
		if err != nil || len(page.Items) == 0 {
			return fmt.Errorf("warnings %v: %w", page.Items, err)
		}
		_, err = p.AcknowledgeWarning(context.Background(), models.Caller{AccountID: p.account}, page.Items[0].ID, "seen")
		return err
	},
}

// P4: no sending starts after the commit of what ends it, also in the middle
// of a run that has claimed the delivery already. A sending starts with the
// store's answer that it is still wanted.
func TestNothingIsSentAfterAStop(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		c := newClock()
		turn := make(chan struct{})
		service := &service{now: c.now}
		w := newWorld(t, database, c.now, service.hub(c.now))
		people := map[string]*person{}
		for why := range stops {
			p := w.join(why, "Europe/Berlin")
			p.rolls("session-1")
			p.reports("report-01", pus())
			people[why] = p
		}
		bystander := w.join("goes on", "Europe/Berlin")
		bystander.rolls("session-1")
		bystander.reports("report-01", pus())

		// All are claimed, and wait at the last step before the question.
		claims, err := w.ClaimDeliveries(t.Context(), 100, lease, nil)
		w.check(err)
		if len(claims) != len(stops)+1 {
			t.Fatalf("%d claims", len(claims))
		}
		for i := range claims {
			w.runner.sending.Go(func() {
				<-turn
				a := w.runner.begin(t.Context(), &claims[i])
				if a == nil {
					t.Error("no room")
					return
				}
				for _, a := range w.runner.ask(t.Context(), []*attempt{a}) {
					w.runner.attempt(t.Context(), a)
				}
			})
		}
		for why, stop := range stops {
			w.check(stop(people[why]))
		}
		close(turn)
		w.runner.Wait()
		for _, m := range service.accepted() {
			if m.to != token(bystander.phones[0].ID) {
				t.Errorf("sent after a stop: %v", m)
			}
		}
		if n := len(service.accepted()); n != 1 {
			t.Errorf("%d messages, want that of the bystander", n)
		}
	})
}

// Between the store's answer and the request a stop still cuts the sending off,
// and is not answered before it has.
func TestAStopCutsOffWhatIsWanted(t *testing.T) {
	for why, stop := range stops {
		if why == "acknowledged" {
			continue // it is no opt-out: a push that crosses it is cleared again
		}
		t.Run(why, func(t *testing.T) {
			c := newClock()
			service := &service{now: c.now}
			w := newWorld(t, storetest.SQLite(t), c.now, service.hub(c.now))
			p := w.join(why, "Europe/Berlin")
			p.rolls("session-1")
			p.reports("report-01", pus())
			claims, err := w.ClaimDeliveries(t.Context(), 1, lease, nil)
			w.check(err)
			a := w.runner.begin(t.Context(), &claims[0])
			if asked := w.runner.ask(t.Context(), []*attempt{a}); len(asked) != 1 || a.refusal != nil {
				t.Fatalf("not wanted: %+v", a.refusal)
			}
			answered := make(chan error, 1)
			go func() { answered <- stop(p) }()
			select {
			case <-a.sending.Done():
			case err := <-answered:
				t.Fatalf("answered while the sending goes on: %v", err)
			}
			w.runner.attempt(t.Context(), a)
			w.check(<-answered)
			if got := service.accepted(); len(got) != 0 {
				t.Errorf("sent %v", got)
			}
		})
	}
}

// The same in a run that nobody holds up: people stop while their phones are
// being sent to, and whoever has their answer is sent nothing more.
func TestStopsRaceASendingRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		c := newClock()
		var mu sync.Mutex
		gone, begun := map[string]bool{}, atomic.Int32{}
		service := &service{now: c.now}
		w := newWorld(t, database, c.now, service.hub(c.now))
		service.look = func(to push.Address, m push.Message) {
			mu.Lock()
			defer mu.Unlock()
			if begun.Add(1); gone[to.Token] && !m.Silent {
				t.Errorf("sent %s after the stop was answered", m.Kind)
			}
		}
		var people []*person
		for n := range 24 {
			p := w.join(fmt.Sprint(n), "Europe/Berlin")
			p.rolls("session-1")
			p.reports("report-01", pus())
			people = append(people, p)
		}
		var stopping sync.WaitGroup
		for _, p := range people {
			stopping.Go(func() {
				if err := p.DeleteDevice(context.Background(), p.account, p.phones[0].ID); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				gone[token(p.phones[0].ID)] = true
			})
		}
		w.tick()
		stopping.Wait()
		w.tick()
		t.Logf("%d of %d were sent before they stopped", begun.Load(), len(people))
	})
}
