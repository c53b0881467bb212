package models

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"aftercare/models/care"
	"aftercare/models/storetest"
)

// evening is when the clock of a person's test begins.
var evening = time.Date(2026, time.March, 2, 18, 30, 0, 0, time.UTC)

// person is an account on a store of its own, with a clock that only the test
// moves.
type person struct {
	testing.TB
	*Store
	account string
	device  Device
	secrets Secrets
	mu      sync.Mutex
	at      time.Time
}

func (p *person) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

func (p *person) pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = p.at.Add(d)
}

// newPerson opens the database and makes an account in Berlin whose phone can
// be reached.
func newPerson(t testing.TB, database string) *person {
	t.Helper()
	p := &person{TB: t, at: evening}
	s, err := Open(context.Background(), Options{Database: database, Now: p.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	p.Store = s
	p.account, p.device, p.secrets = p.join("Europe/Berlin")
	return p
}

func (p *person) join(zone string) (account string, d Device, secrets Secrets) {
	p.Helper()
	signed, err := p.CreateAccount(context.Background(), NewAccount{
		TimeZone: zone, Locale: "en", Region: "DE", ConsentVersion: "1", Device: Device{Name: "phone", Platform: "android"},
	})
	p.check(err)
	return signed.Account.ID, p.reach(signed.Account.ID, signed.Device.ID), signed.Secrets
}

func (p *person) reach(account, device string) Device {
	p.Helper()
	d, err := p.SetPush(context.Background(), account, device, "fcm", PushAddress{Token: "token-" + device, Destination: "fcm"}, "1")
	p.check(err)
	return d
}

func (p *person) caller() Caller {
	return Caller{AccountID: p.account, DeviceID: p.device.ID, ConfirmedAt: p.now()}
}

func (p *person) check(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// rolls stores a session that ended the given time ago.
func (p *person) rolls(id string, ago time.Duration, edit ...func(*Session)) Session {
	p.Helper()
	mm := 0.5
	s := Session{StartedAt: T(p.now().Add(-ago - 15*time.Minute)), EndedAt: T(p.now().Add(-ago)), NeedleMM: &mm}
	for _, e := range edit {
		e(&s)
	}
	out, _, err := Put(context.Background(), p.Store, p.account, id, s, Write{})
	p.check(err)
	return out
}

// reports stores how the scalp felt the given time ago.
func (p *person) reports(id string, ago time.Duration, answers care.Answers) Report {
	p.Helper()
	out, _, err := Put(context.Background(), p.Store, p.account, id, Report{ObservedAt: T(p.now().Add(-ago)), Answers: answers}, Write{})
	p.check(err)
	return out
}

// advance lets the jobs' part of the store do what is due.
func (p *person) advance() {
	p.Helper()
	for range 50 {
		ids, err := p.DueAccounts(context.Background(), 100)
		p.check(err)
		if len(ids) == 0 {
			return
		}
		for _, id := range ids {
			p.check(p.Advance(context.Background(), id))
		}
	}
	p.Fatal("accounts stay due")
}

// handOver claims what is due and settles it as accepted; it answers what was
// sent.
func (p *person) handOver() []Claim {
	p.Helper()
	claims, err := p.ClaimDeliveries(context.Background(), 100, time.Minute, nil)
	p.check(err)
	var sent []Claim
	for i := range claims {
		refusal, err := p.StillWanted(context.Background(), &claims[i])
		p.check(err)
		switch {
		case refusal == nil:
			p.check(p.Settle(context.Background(), &claims[i], Outcome{State: DeliveryAccepted}))
			sent = append(sent, claims[i])
		case refusal.Until.IsZero():
			p.check(p.Settle(context.Background(), &claims[i], Outcome{State: DeliverySkipped, Reason: refusal.Reason, Untried: true}))
		default:
			p.check(p.Settle(context.Background(), &claims[i], Outcome{State: DeliveryPending, RetryAt: refusal.Until, Untried: true}))
		}
	}
	return sent
}

// live lets time pass in steps with the jobs running, and answers what was sent.
func (p *person) live(d, step time.Duration) (sent []Claim) {
	p.Helper()
	for end := p.now().Add(d); p.now().Before(end); {
		p.pass(min(step, end.Sub(p.now())))
		p.advance()
		sent = append(sent, p.handOver()...)
	}
	return sent
}

func (p *person) warnings() []Warning {
	p.Helper()
	page, err := p.Warnings(context.Background(), p.account, Query{})
	p.check(err)
	return page.Items
}

func (p *person) reminders(kinds ...care.Kind) (out []Reminder) {
	p.Helper()
	page, err := p.Reminders(context.Background(), p.account, Query{Limit: MaxLimit})
	p.check(err)
	for _, r := range page.Items {
		if len(kinds) == 0 || slices.Contains(kinds, r.Kind) {
			out = append(out, r)
		}
	}
	return out
}

func of(n int) *int { return &n }

// pus is a danger sign: same_day by SD-01.
func pus() care.Answers { return care.Answers{Erythema: of(1), Discharge: care.Set{"yellow_green"}} }

func red() care.Answers { return care.Answers{Erythema: of(1), Pain: of(0)} }

// each runs the test on both databases.
func each(t *testing.T, test func(t *testing.T, p *person)) {
	storetest.Each(t, func(t *testing.T, database string) { test(t, newPerson(t, database)) })
}

// P2: a warning that a report causes is stored with it, and its push waits to
// be sent in the same transaction, also at night.
func TestADangerSignWarnsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.pass(4 * time.Hour) // 23:30 in Berlin
		p.rolls("session-1", 30*time.Hour)
		r := p.reports("report-01", 0, pus())
		if r.Assessment.Tier != care.SameDay || r.Assessment.Rule != "SD-01" || r.EpisodeID == "" {
			t.Fatalf("assessed as %+v", r.Assessment)
		}
		ws := p.warnings()
		if len(ws) != 1 || ws[0].Rule != "SD-01" || ws[0].State != WarningActive || len(ws[0].Notifications) != 1 {
			t.Fatalf("warnings %+v", ws)
		}
		sent := p.handOver()
		if len(sent) != 1 || sent[0].Kind != KindWarning || !sent[0].Urgent {
			t.Fatalf("sent %+v", sent)
		}
	})
}

// P2, DQ-02: silence is not recovery. After a week the warning comes by time
// alone, waits for the end of quiet hours, and is repeated until answered.
func TestSilenceWarnsAfterAWeek(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 0)
		p.reports("report-01", 0, red())
		p.live(168*time.Hour, time.Hour)
		if ws := p.warnings(); len(ws) != 0 {
			t.Fatalf("warned within the week: %+v", ws)
		}
		p.pass(time.Minute)
		p.advance()
		ws := p.warnings()
		if len(ws) != 1 || ws[0].Rule != "DS-01" || !ws[0].Fired[0].ByTime {
			t.Fatalf("warnings %+v", ws)
		}
		told := func(until time.Duration) (rules []string) {
			for p.now().Sub(evening) < until {
				for _, c := range p.live(time.Hour, time.Hour) {
					if c.Kind == KindWarning && !c.Clearing {
						r, err := p.Reminder(context.Background(), p.account, c.ReminderID)
						p.check(err)
						rules = append(rules, r.Rule)
					}
				}
			}
			return rules
		}
		if got := told(239 * time.Hour); !slices.Equal(got, []string{"DS-01", "DS-01"}) {
			t.Fatalf("told %v, want once and the repeat after a day (RM-01)", got)
		}
		if got := told(380 * time.Hour); !slices.Equal(got, []string{"DS-10", "DS-10", "DS-10"}) {
			t.Fatalf("told %v, want the stronger text after ten days and its repeats", got)
		}
	})
}

// Acknowledged on one phone, gone on all: the repeats end, the screen of the
// other is cleared, and an answer is no new warning.
func TestAcknowledgementEndsAWarningEverywhere(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		other, err := p.SignIn(context.Background(), SignIn{RecoveryCode: p.secrets.RecoveryCode, Device: Device{Platform: "ios"}})
		p.check(err)
		p.reach(p.account, other.Device.ID)
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		p.advance()
		p.handOver()
		w, err := p.AcknowledgeWarning(context.Background(), Caller{AccountID: p.account}, p.warnings()[0].ID, "will_book")
		p.check(err)
		if w.State != WarningAcknowledged || w.AcknowledgedAt.IsZero() {
			t.Fatalf("warning %+v", w)
		}
		cleared := 0
		for _, c := range p.live(72*time.Hour, time.Hour) {
			if c.Kind == KindWarning && !c.Clearing {
				t.Fatalf("told again after the answer: %+v", c)
			}
			if c.Clearing {
				cleared++
			}
		}
		if cleared < 2 {
			t.Fatalf("cleared on %d phones, want 2", cleared)
		}
	})
}

// A retry of a write changes nothing: no version, no number, no reminder.
func TestStoringAgainChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		in := Report{ObservedAt: T(p.now()), Answers: red()}
		p.rolls("session-1", time.Hour)
		first := p.reports("report-01", 0, red())
		before := p.reminders()
		again, created, err := Put(context.Background(), p.Store, p.account, "report-01", in, Write{})
		p.check(err)
		if created || again.Version != first.Version || again.Seq != first.Seq {
			t.Fatalf("first %+v, again %+v", first.Base, again.Base)
		}
		if after := p.reminders(); !equalJSON(before, after) {
			t.Fatal("the reminders moved")
		}
	})
}

// A deleted session takes its reminders along, and brings them back.
func TestADeletedSessionTakesItsRemindersAlong(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 0)
		open := len(p.open("check_in", "rest_over"))
		if open < 5 {
			t.Fatalf("%d reminders after a session", open)
		}
		p.check(Delete[Session](context.Background(), p.Store, p.account, "session-1", Write{}))
		if left := p.open("check_in", "rest_over", "aftercare"); len(left) != 0 {
			t.Fatalf("left behind: %+v", left)
		}
		p.rolls("session-1", 0)
		if back := len(p.open("check_in", "rest_over")); back != open {
			t.Fatalf("%d came back, want %d", back, open)
		}
	})
}

// A session that was logged with a wrong date asks as planned once the date is
// corrected, though what it would have asked was long past.
func TestACorrectedDateAsksAsPlanned(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 0)
		open := len(p.open("check_in", "rest_over"))
		p.check(Delete[Session](context.Background(), p.Store, p.account, "session-1", Write{}))
		p.rolls("session-2", 3*24*time.Hour)
		p.rolls("session-2", 0)
		if asked := len(p.open("check_in", "rest_over")); asked != open {
			t.Fatalf("%d reminders after the correction, want %d", asked, open)
		}
	})
}

func (p *person) open(kinds ...care.Kind) (out []Reminder) {
	p.Helper()
	for _, r := range p.reminders(kinds...) {
		if !r.ended() {
			out = append(out, r)
		}
	}
	return out
}

// P4: without the consent nothing is judged, planned or sent; what was told
// stays readable.
func TestWithdrawnConsentStopsEverything(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		p.check(p.WithdrawConsent(ctx, p.caller(), ConsentHealth))
		if sent := p.live(10*24*time.Hour, 6*time.Hour); len(sent) != 0 {
			t.Fatalf("sent without consent: %+v", sent)
		}
		_, _, err := Put(ctx, p.Store, p.account, "report-02", Report{ObservedAt: T(p.now()), Answers: red()}, Write{})
		if !IsCode(err, CodeConsentRequired) {
			t.Fatalf("a health write answers %v", err)
		}
		if _, err := Get[Report](ctx, p.Store, p.account, "report-01"); err != nil {
			t.Fatal(err)
		}
		if open := p.open(); len(open) != 0 {
			t.Fatalf("open reminders %+v", open)
		}
	})
}
