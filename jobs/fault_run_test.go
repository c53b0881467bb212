package jobs

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"aftercare/jobs/push"
	"aftercare/models"
	"aftercare/models/storetest"
)

// schedules runs the seeds and says how much was tried.
func schedules(t *testing.T, runs, people, runners int, database func(testing.TB) string) {
	t.Helper()
	first := uint64(1)
	if s := os.Getenv("FAULT_SEED"); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("FAULT_SEED=%s: %v", s, err)
		}
		first, runs = seed, 1
	}
	if s := os.Getenv("FAULT_RUNS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("FAULT_RUNS=%s: %v", s, err)
		}
		runs = n
	}
	phones, messages, unsure := 0, 0, 0
	for seed := first; seed < first+uint64(runs) && !t.Failed(); seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			f := newFaults(t, database(t), seed, runners)
			f.joins(people)
			for range 40 {
				f.step(2 * time.Minute)
			}
			for range 30 {
				f.step(20 * time.Minute)
			}
			f.settle()
			f.judge()
			f.noErrorsBut("credentials were refused")
			phones += len(f.phones)
			for _, p := range f.phones {
				messages += len(p.order)
				unsure += len(p.unsure)
			}
		})
	}
	t.Logf("seeds %d to %d: %d phones were %d schedules with %d messages, %d of them with a lost answer or a crash; replay one with FAULT_SEED",
		first, first+uint64(runs)-1, phones, phones, messages, unsure)
	if messages < phones || unsure == 0 {
		t.Errorf("%d phones, %d messages, %d lost answers: hardly anything was tried", phones, messages, unsure)
	}
}

// Under random crashes between any two steps and random faults of the push
// services, every reminder that was due arrives at least once or ends with its
// reason, repeats carry the same notification id, no good address is lost and
// no dead one kept (P3). FAULT_RUNS tries more, FAULT_SEED replays one.
func TestFaults(t *testing.T) {
	t.Parallel()
	schedules(t, 16, 60, 1, storetest.SQLite)
}

// The same with two processes on one PostgreSQL.
func TestFaultsOfTwoProcesses(t *testing.T) {
	t.Parallel()
	schedules(t, 3, 40, 2, storetest.Postgres)
}

// What a service says of an address is no word about the one that the phone
// registered meanwhile: that is sent to, and stays.
func TestANewAddressIsSentWhatTheOldOneRefused(t *testing.T) {
	for _, class := range []push.Class{push.Gone, push.Mistaken} {
		t.Run(class.String(), func(t *testing.T) {
			c := newClock()
			service := &service{now: c.now}
			w := newWorld(t, storetest.SQLite(t), c.now, service.hub(c.now))
			p := w.join("moves", "Europe/Berlin")
			p.rolls("session-1")
			p.reports("report-01", pus())
			service.script = func(to push.Address, _ push.Message) push.Result {
				if to.Token != "a new token" {
					_, err := w.SetPush(context.Background(), p.account, p.phones[0].ID, "fcm", models.PushAddress{Token: "a new token", Destination: "fcm"}, "1")
					w.check(err)
					return push.Result{Class: class, Reason: "of the old one"}
				}
				return push.Result{Class: push.Accepted}
			}
			w.tick()
			w.tick()
			if told := kinds(service.accepted()); told[models.KindWarning] != 1 {
				t.Errorf("sent %v, want the warning at the new address", service.accepted())
			}
			if d, err := w.Device(t.Context(), p.account, p.phones[0].ID); err != nil || d.PushState != models.PushActive {
				t.Errorf("the new address is %s (%v)", d.PushState, err)
			}
		})
	}
}
