package jobs

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aftercare/models"
	"aftercare/models/care"
	"aftercare/models/storetest"
)

// away lets people live, stops the jobs for a while, starts them again at noon
// in Berlin, and answers what was sent within two minutes of that.
func away(t *testing.T, d time.Duration, live func(w *world), after func(w *world, sent []sent)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(evening))
		service := &service{now: models.SystemClock}
		w := newWorld(t, storetest.SQLite(t), models.SystemClock, service.hub(models.SystemClock))
		w.runner.Tick = monthTick
		w.check(w.runner.Start())
		live(w)
		w.check(w.runner.Stop(context.Background()))
		before := len(service.accepted())
		berlin, err := time.LoadLocation("Europe/Berlin")
		w.check(err)
		<-time.After(time.Until(care.NextAt(w.Now().Add(d-12*time.Hour), 12*60, berlin)))
		w.runner.Tick = 10 * time.Second
		w.runner = New(w.runner.Options)
		w.check(w.runner.Start())
		<-time.After(2 * time.Minute)
		w.check(w.runner.Stop(context.Background()))
		after(w, service.accepted()[before:])
	})
}

func kinds(sent []sent) map[care.Kind]int {
	out := map[care.Kind]int{}
	for _, s := range sent {
		out[care.Kind(s.Kind)]++
	}
	return out
}

// P2: after downtime a warning that is still active is stored and pushed within
// two minutes, whatever its age; check-ins whose successor is due and tips are
// not sent any more, and are folded into one summary.
func TestAfterDowntime(t *testing.T) {
	for name, c := range map[string]struct {
		days    int
		warning string
	}{"three days": {3, ""}, "ten days": {10, "DS-10"}} {
		t.Run(name, func(t *testing.T) {
			var p *person
			away(t, time.Duration(c.days)*day, func(w *world) {
				p = w.join("red", "Europe/Berlin")
				p.rolls("session-1")
				<-time.After(26 * time.Hour)
				p.reports("report-01", red())
				<-time.After(time.Hour)
			}, func(w *world, sent []sent) {
				told := kinds(sent)
				if told["summary"] != 1 || told["check_in"] > 1 || told["aftercare"] > 1 {
					t.Errorf("sent %v", sent)
				}
				page, err := w.Warnings(context.Background(), p.account, models.Query{})
				w.check(err)
				switch {
				case c.warning == "" && (len(page.Items) != 0 || told[models.KindWarning] != 0):
					t.Errorf("warned: %+v", page.Items)
				case c.warning != "" && (len(page.Items) != 1 || !slices.Contains(page.Items[0].Rules, c.warning) || told[models.KindWarning] != 1):
					t.Errorf("warnings %+v, sent %v", page.Items, sent)
				}
				for _, r := range p.reminders() {
					if r.EndedAt.IsZero() && !w.Now().Before(r.ExpiresAt.Time) {
						t.Errorf("%s %s has had its time and is %s", r.Kind, r.Slot, r.State)
					}
					if r.State == models.StateExpired && r.Reason == "" {
						t.Errorf("%s %s expired without a reason", r.Kind, r.Slot)
					}
				}
			})
		})
	}
}

// The repeats of a warning that fell into the downtime are told as one.
func TestMissedRepeatsAreToldOnce(t *testing.T) {
	away(t, 3*day, func(w *world) {
		p := w.join("in danger", "Europe/Berlin")
		p.rolls("session-1")
		<-time.After(26 * time.Hour)
		p.reports("report-01", pus())
		<-time.After(time.Hour)
	}, func(w *world, sent []sent) {
		if told := kinds(sent); told[models.KindWarning] != 1 {
			t.Errorf("sent %v", sent)
		}
	})
}

// A warning that what was reported meanwhile has resolved is recorded, and wakes
// nobody.
func TestResolvedWhileAwayIsOnlyRecorded(t *testing.T) {
	var p *person
	away(t, day, func(w *world) {
		p = w.join("red, then well", "Europe/Berlin")
		p.rolls("session-1")
		<-time.After(26 * time.Hour)
		p.reports("report-01", red())
		<-time.After(time.Hour)
		w.check(w.runner.Stop(context.Background()))
		for n := range 3 { // the server takes writes while its jobs rest
			<-time.After(84 * time.Hour)
			p.reports("well-000"+string(rune('1'+n)), models.Calm())
		}
	}, func(w *world, sent []sent) {
		page, err := w.Warnings(context.Background(), p.account, models.Query{})
		w.check(err)
		for _, item := range page.Items {
			if item.State == models.WarningActive {
				t.Errorf("still active: %+v", item)
			}
		}
		if told := kinds(sent); told[models.KindWarning] != 0 {
			t.Errorf("told of %+v: %v", page.Items, sent)
		}
	})
}

// The go-ahead is told up to a week late, unless a session followed.
func TestGoAheadAfterDowntime(t *testing.T) {
	for name, c := range map[string]struct {
		again, away time.Duration // rolled again into the downtime, and how long that lasts from then on
		want        int
	}{
		"a day late": {0, 12 * day, 1}, "six days late": {0, 17 * day, 1}, "eight days late": {0, 19 * day, 0},
		"rolled again": {13 * day, day, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p *person
			away(t, c.away, func(w *world) {
				p = w.join("calm", "Europe/Berlin")
				p.answersRisks()
				p.rolls("session-1")
				<-time.After(80 * time.Hour)
				p.reports("report-01", models.Calm())
				<-time.After(time.Hour)
				if c.again > 0 {
					w.check(w.runner.Stop(context.Background()))
					<-time.After(c.again)
					p.rolls("session-2")
				}
			}, func(w *world, sent []sent) {
				if told := kinds(sent); told[care.KindRestOver] != c.want {
					t.Errorf("want %d go-ahead, sent %v", c.want, sent)
				}
			})
		})
	}
}

// A warning that time raises after downtime still waits for the end of quiet
// hours, and is then told at once.
func TestDowntimeEndsAtNight(t *testing.T) {
	c := newClock()
	service := &service{now: c.now}
	w := newWorld(t, storetest.SQLite(t), c.now, service.hub(c.now))
	p := w.join("red", "Europe/Berlin")
	p.rolls("session-1")
	c.pass(26 * time.Hour)
	p.reports("report-01", red())
	c.pass(10*day + 4*time.Hour) // 00:30
	w.tick()
	page, err := w.Warnings(context.Background(), p.account, models.Query{})
	w.check(err)
	if len(page.Items) != 1 || len(service.accepted()) != 0 {
		t.Fatalf("at night: warnings %+v, sent %v", page.Items, service.accepted())
	}
	c.pass(7*time.Hour + 31*time.Minute)
	w.tick()
	if told := kinds(service.accepted()); told[models.KindWarning] != 1 || told[models.KindSummary] != 1 {
		t.Fatalf("in the morning: %v", service.accepted())
	}
}
