package models

import (
	"context"
	"slices"
	"testing"
	"time"

	"aftercare/models/care"
)

// A herd at one hour is kept apart by a hash of the account.
func TestAHerdIsSpreadOverTenMinutes(t *testing.T) {
	minutes := map[int]int{}
	const herd = 10_000
	for range herd {
		a := Account{ID: NewID()}
		minutes[int(a.spread()/time.Minute)]++
		if a.spread() != (&Account{ID: a.ID}).spread() {
			t.Fatal("the spread of an account changes")
		}
	}
	for m := range 10 {
		if n := minutes[m]; n < herd/20 {
			t.Errorf("%d of %d in minute %d", n, herd, m)
		}
	}
	if len(minutes) != 10 {
		t.Errorf("minutes: %v", minutes)
	}
}

// answer settles what is claimed: as accepted, or as failed until later if
// fails says so. It answers what was accepted.
func (p *person) answer(fails func(c *Claim) bool) (accepted []Claim) {
	p.Helper()
	claims, err := p.ClaimDeliveries(context.Background(), 100, time.Minute, nil)
	p.check(err)
	for i := range claims {
		refusal, err := p.StillWanted(context.Background(), &claims[i])
		p.check(err)
		o := Outcome{State: DeliveryAccepted}
		switch {
		case refusal != nil:
			o = Outcome{State: DeliverySkipped, Reason: refusal.Reason, Untried: true}
		case fails(&claims[i]):
			o = Outcome{State: DeliveryPending, Reason: "unavailable", Error: "status 503", RetryAt: p.now().Add(10 * time.Minute)}
		default:
			accepted = append(accepted, claims[i])
		}
		p.check(p.Settle(context.Background(), &claims[i], o))
	}
	return accepted
}

func all(*Claim) bool        { return true }
func none(*Claim) bool       { return false }
func clears(c *Claim) bool   { return c.Clearing }
func (p *person) me() Caller { return Caller{AccountID: p.account, DeviceID: p.device.ID} }

// A clear that a slow service held back must not take the notification away
// that came after it under the same tag: of a warning that is active again, and
// of a reminder whose snooze is over.
func TestALateClearTakesNothingNewAway(t *testing.T) {
	other := Caller{}
	for name, again := range map[string]func(p *person){
		"a new danger sign": func(p *person) {
			p.rolls("session-1", 30*time.Hour)
			p.reports("report-01", 0, pus())
			p.answer(none)
			_, err := p.AcknowledgeWarning(p.Context(), other.of(p), p.warnings()[0].ID, "will_book")
			p.check(err)
			p.answer(clears)
			p.pass(time.Minute)
			p.reports("report-02", 0, care.Answers{Erythema: of(1), Extent: "spreading"})
		},
		"a snooze": func(p *person) {
			test, err := p.TestPush(p.Context(), p.account, p.device.ID)
			p.check(err)
			p.answer(none)
			_, err = p.SnoozeReminder(p.Context(), other.of(p), test.ID, T(p.now().Add(15*time.Minute)))
			p.check(err)
			p.answer(clears)
			p.pass(9 * time.Minute)
			p.answer(clears)
			p.pass(6 * time.Minute)
			p.advance()
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, p *person) {
				again(p)
				if shown := p.answer(none); len(shown) != 1 || shown[0].Clearing {
					t.Fatalf("shown again: %+v", shown)
				}
				p.pass(time.Hour)
				for _, c := range p.answer(none) {
					if c.Clearing {
						t.Error("the late clear was sent")
					}
				}
			})
		})
	}
}

// of is somebody of the account on a phone that has no push address.
func (c Caller) of(p *person) Caller { return Caller{AccountID: p.account, DeviceID: "another"} }

// Acknowledged on one phone, gone on the others: it takes its own away itself.
func TestAnAcknowledgementClearsTheOthers(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		signed, err := p.SignIn(t.Context(), SignIn{RecoveryCode: p.secrets.RecoveryCode, Device: Device{Platform: "ios"}})
		p.check(err)
		second := signed.Device
		p.reach(p.account, second.ID)
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		if told := p.answer(none); len(told) != 2 {
			t.Fatalf("told on %d phones", len(told))
		}
		_, err = p.AcknowledgeWarning(t.Context(), p.me(), p.warnings()[0].ID, "will_book")
		p.check(err)
		cleared := p.answer(none)
		if len(cleared) != 1 || !cleared[0].Clearing || cleared[0].DeviceID != second.ID {
			t.Errorf("cleared %+v", cleared)
		}
	})
}

// A phone that was signed in since has only seen the repeat, and is cleared too.
func TestAnAcknowledgementClearsARepeat(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		p.answer(none)
		signed, err := p.SignIn(t.Context(), SignIn{RecoveryCode: p.secrets.RecoveryCode, Device: Device{Platform: "ios"}})
		p.check(err)
		second := signed.Device
		p.reach(p.account, second.ID)
		repeated := slices.ContainsFunc(p.live(30*time.Hour, time.Hour), func(c Claim) bool { return c.Kind == KindWarning && c.DeviceID == second.ID })
		if !repeated {
			t.Fatal("nothing was repeated")
		}
		_, err = p.AcknowledgeWarning(t.Context(), p.me(), p.warnings()[0].ID, "will_book")
		p.check(err)
		if !slices.ContainsFunc(p.answer(none), func(c Claim) bool { return c.Clearing && c.DeviceID == second.ID }) {
			t.Error("the second phone still shows it")
		}
	})
}

// A push that a service takes after it was called back, because the warning is
// told again of a worse sign, takes nothing away that is shown under its tag.
func TestALatePushLeavesItsSuccessor(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		claims, err := p.ClaimDeliveries(t.Context(), 10, time.Minute, nil)
		p.check(err)
		p.pass(time.Second)
		p.reports("report-02", 0, care.Answers{Erythema: of(1), Extent: "spreading"})
		if told := p.answer(none); len(told) != 1 || told[0].ReminderID == claims[0].ReminderID {
			t.Fatalf("told again: %+v", told)
		}
		p.check(p.Settle(t.Context(), &claims[0], Outcome{State: DeliveryAccepted}))
		if sent := p.answer(none); len(sent) != 0 {
			t.Errorf("sent %+v", sent)
		}
	})
}

// P4: after a withdrawn health consent nothing is sent, no silent push either.
func TestWithdrawnHealthConsentSendsNoClear(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		p.answer(none)
		_, err := p.AcknowledgeWarning(t.Context(), Caller{}.of(p), p.warnings()[0].ID, "will_book")
		p.check(err)
		p.check(p.WithdrawConsent(t.Context(), p.caller(), ConsentHealth))
		if sent := p.live(30*time.Hour, time.Hour); len(sent) != 0 {
			t.Errorf("sent %+v", sent)
		}
	})
}

// A phone that registers another address is told there at once: the wait that
// the old service asked for is not the new one's.
func TestANewAddressDoesNotWaitForTheOld(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		if p.answer(all) != nil {
			t.Fatal("the old address took it")
		}
		p.reach(p.account, p.device.ID)
		if told := p.answer(none); len(told) != 1 || told[0].Attempts != 1 {
			t.Errorf("told at the new address: %+v", told)
		}
	})
}

// A person can see why nothing came on a phone whose address no push reaches,
// and a test of it says so at once.
func TestAnAddressThatIsGoneIsSaidSo(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		claims, err := p.ClaimDeliveries(t.Context(), 10, time.Minute, nil)
		p.check(err)
		_, err = p.StillWanted(t.Context(), &claims[0])
		p.check(err)
		p.check(p.Settle(t.Context(), &claims[0], Outcome{State: DeliveryDead, Reason: "gone", PushState: PushGone}))
		p.pass(14 * time.Hour)
		p.advance()
		said := slices.ContainsFunc(p.reminders(KindWarning), func(r Reminder) bool {
			return len(r.Deliveries) == 1 && r.Deliveries[0].State == DeliverySkipped && r.Deliveries[0].Reason == "push_gone"
		})
		if !said {
			t.Errorf("nothing says why: %+v", p.reminders(KindWarning))
		}
		if _, err := p.TestPush(t.Context(), p.account, p.device.ID); !IsCode(err, CodeInvalid) {
			t.Errorf("a test to a dead address answers %v", err)
		}
	})
}

// What is late is seen from the moment it was due, whatever its next attempt,
// and before it is a delivery; what waits for the morning is not late.
func TestTheBacklogIsAsOldAsWhatItHolds(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		late := func() time.Duration {
			b, err := p.Backlog(t.Context())
			p.check(err)
			if b.OldestDue.IsZero() {
				return 0
			}
			return p.now().Sub(b.OldestDue.Time)
		}
		p.rolls("session-1", 30*time.Hour)
		p.advance()
		p.handOver()
		if d := late(); d != 0 {
			t.Fatalf("nothing is due, and is late by %s", d)
		}
		p.reports("report-01", 0, pus())
		p.answer(all)
		p.pass(6 * time.Minute)
		if d := late(); d != 6*time.Minute {
			t.Errorf("a warning that the service refused 6 minutes ago is late by %s", d)
		}
		groups, first, err := p.Stuck(t.Context(), 5*time.Minute)
		p.check(err)
		if len(groups) != 1 || groups[0].Count != int64(len(first)) || len(first) == 0 || groups[0].Reason != "unavailable" {
			t.Errorf("stuck: %+v, %+v", groups, first)
		}
		if n, err := p.Requeue(t.Context(), 10*time.Minute); err != nil || n != 0 {
			t.Errorf("requeued %d that are not listed: %v", n, err)
		}
		if n, err := p.Requeue(t.Context(), 5*time.Minute); err != nil || n != int64(len(first)) {
			t.Errorf("requeued %d: %v", n, err)
		}
		p.answer(none)
		p.pass(5 * time.Hour) // half past midnight
		p.advance()
		p.handOver()
		if d := late(); d != 0 {
			t.Errorf("at night something is late by %s", d)
		}
		p.pass(7*time.Hour + 30*time.Minute)
		if d := late(); d == 0 {
			t.Error("reminders that nobody woke since eight are not late")
		}
	})
}

// A VAPID key that comes back finds its own subscriptions again.
func TestAVAPIDKeyThatComesBack(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		address := PushAddress{Endpoint: "https://push.example.org/a", Destination: "https://push.example.org", VAPIDKey: "ONE"}
		_, err := p.SetPush(t.Context(), p.account, p.device.ID, "webpush", address, "1")
		p.check(err)
		for _, c := range []struct {
			key   string
			state PushState
			said  string
		}{{"ONE", PushActive, ""}, {"TWO", PushStale, errOtherKey}, {"ONE", PushActive, ""}} {
			p.check(p.MarkStalePush(t.Context(), c.key))
			d, err := p.Device(t.Context(), p.account, p.device.ID)
			p.check(err)
			if d.PushState != c.state || d.PushError != c.said {
				t.Errorf("under key %s: %s %q", c.key, d.PushState, d.PushError)
			}
		}
	})
}
