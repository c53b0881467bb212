package models

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"aftercare/models/care"
	"aftercare/models/db"
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
	a, d, secrets, err := p.CreateAccount(context.Background(), NewAccount{
		TimeZone: zone, Locale: "en", Region: "DE", ConsentVersion: "1", Device: Device{Name: "phone", Platform: "android"},
	})
	p.check(err)
	return a.ID, p.reach(a.ID, d.ID), secrets
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
		_, other, _, err := p.SignIn(context.Background(), SignIn{RecoveryCode: p.secrets.RecoveryCode, Device: Device{Platform: "ios"}})
		p.check(err)
		p.reach(p.account, other.ID)
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

// P4: after a sign-out nothing is sent to that phone, even what was claimed.
func TestSignedOutPhoneIsSentNothing(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		claims, err := p.ClaimDeliveries(ctx, 10, time.Minute, nil)
		p.check(err)
		p.check(p.DeleteDevice(ctx, p.account, p.device.ID))
		for i := range claims {
			refusal, err := p.StillWanted(ctx, &claims[i])
			p.check(err)
			if refusal == nil {
				t.Fatal("a push would go to a phone that is signed out")
			}
			p.check(p.Settle(ctx, &claims[i], Outcome{State: DeliveryAccepted}))
		}
		if len(claims) == 0 {
			t.Fatal("nothing was claimed")
		}
		if _, err := p.Authenticate(ctx, p.secrets.Token); !IsCode(err, CodeCredentialsRefused) {
			t.Fatalf("the token still answers %v", err)
		}
	})
}

// P3: a lease that runs out is claimed again under the same notification id;
// the late outcome of the first holder changes nothing.
func TestAnExpiredLeaseIsClaimedAgain(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		first, err := p.ClaimDeliveries(ctx, 10, time.Minute, nil)
		p.check(err)
		if again, err := p.ClaimDeliveries(ctx, 10, time.Minute, nil); err != nil || len(again) != 0 {
			t.Fatalf("claimed twice: %v %v", again, err)
		}
		p.pass(61 * time.Second)
		second, err := p.ClaimDeliveries(ctx, 10, time.Minute, nil)
		p.check(err)
		if len(first) != 1 || len(second) != 1 || first[0].NotificationID != second[0].NotificationID || second[0].Attempts != 2 {
			t.Fatalf("first %+v, second %+v", first, second)
		}
		p.check(p.Settle(ctx, &first[0], Outcome{State: DeliveryDead, Reason: "gone", PushState: PushGone}))
		if d, err := p.Device(ctx, p.account, p.device.ID); err != nil || d.PushState != PushActive {
			t.Fatalf("the late outcome counted: %+v %v", d, err)
		}
		p.check(p.Settle(ctx, &second[0], Outcome{State: DeliveryAccepted}))
		r, err := p.Reminder(ctx, p.account, second[0].ReminderID)
		p.check(err)
		if r.State != StateSent || len(r.Deliveries) != 1 || r.Deliveries[0].State != DeliveryAccepted {
			t.Fatalf("reminder %+v", r)
		}
	})
}

// A snooze moves the reminder and its expiry, is told under a new id, and ends
// after five.
func TestSnooze(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		p.rolls("session-1", 0)
		sent := p.live(26*time.Hour, time.Hour)
		i := slices.IndexFunc(sent, func(c Claim) bool { return c.Kind == "check_in" })
		if i < 0 {
			t.Fatalf("no check-in among %d pushes", len(sent))
		}
		id := sent[i].ReminderID
		if _, err := p.SnoozeReminder(ctx, Caller{AccountID: p.account}, id, T(p.now().Add(14*time.Minute))); !IsCode(err, CodeInvalid) {
			t.Fatalf("too short a snooze answers %v", err)
		}
		for n := range 5 {
			until := T(p.now().Add(time.Duration(15+n) * time.Minute))
			_, err := p.SnoozeReminder(ctx, Caller{AccountID: p.account}, id, until)
			p.check(err)
			_, err = p.SnoozeReminder(ctx, Caller{AccountID: p.account}, id, until) // a retry
			p.check(err)
		}
		if _, err := p.SnoozeReminder(ctx, Caller{AccountID: p.account}, id, T(p.now().Add(time.Hour))); !IsCode(err, CodeSnoozeLimit) {
			t.Fatalf("a sixth snooze answers %v", err)
		}
		var ids []string
		for _, c := range p.live(14*time.Hour, 10*time.Minute) {
			if c.ReminderID == id && !c.Clearing {
				ids = append(ids, c.NotificationID)
			}
		}
		if len(ids) != 1 || ids[0] == sent[i].NotificationID {
			t.Fatalf("after the snooze it was told as %v", ids)
		}
	})
}

// P6: another account's id is an unknown id.
func TestAnotherAccountsIDIsUnknown(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		stranger, _, _ := p.join("Europe/Paris")
		_, err1 := Get[Session](ctx, p.Store, stranger, "session-1")
		_, err2 := p.Warning(ctx, stranger, p.warnings()[0].ID)
		_, err3 := p.AcknowledgeWarning(ctx, Caller{AccountID: stranger}, p.warnings()[0].ID, "seen")
		for i, err := range []error{err1, err2, err3} {
			if !IsCode(err, CodeNotFound) {
				t.Errorf("%d answers %v", i, err)
			}
		}
		p.check(Delete[Session](ctx, p.Store, stranger, "session-1", Write{}))
		if _, err := Get[Session](ctx, p.Store, p.account, "session-1"); err != nil {
			t.Fatal(err)
		}
	})
}

// A code signs in once; a used recovery code is replaced.
func TestCodesWorkOnce(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		code, _, err := p.NewPairingCode(ctx, p.caller())
		p.check(err)
		for i, in := range []SignIn{{PairingCode: code}, {RecoveryCode: p.secrets.RecoveryCode}} {
			_, d, secrets, err := p.SignIn(ctx, in)
			p.check(err)
			if _, err := p.Authenticate(ctx, secrets.Token); err != nil {
				t.Fatal(err)
			}
			if confirmed := !d.ConfirmedAt.IsZero(); confirmed != (i == 1) {
				t.Errorf("sign-in %d: step-up %v", i, confirmed)
			}
			if _, _, _, err := p.SignIn(ctx, in); !IsCode(err, CodeCredentialsRefused) {
				t.Errorf("the second use of code %d answers %v", i, err)
			}
		}
		code, _, err = p.NewPairingCode(ctx, p.caller())
		p.check(err)
		p.pass(pairingLife)
		if _, _, _, err := p.SignIn(ctx, SignIn{PairingCode: code}); !IsCode(err, CodeCredentialsRefused) {
			t.Errorf("an expired code answers %v", err)
		}
	})
}

// A renewed token ends the old one at its first use, not before.
func TestRenewedTokenEndsTheOldOne(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		fresh, err := p.RenewToken(ctx, p.caller())
		p.check(err)
		for i, token := range []string{p.secrets.Token, fresh} {
			if _, err := p.Authenticate(ctx, token); err != nil {
				t.Fatalf("token %d: %v", i, err)
			}
		}
		if _, err := p.Authenticate(ctx, p.secrets.Token); !IsCode(err, CodeCredentialsRefused) {
			t.Fatalf("the old token answers %v", err)
		}
		p.pass(tokenLife + time.Hour)
		if _, err := p.Authenticate(ctx, fresh); !IsCode(err, CodeCredentialsRefused) {
			t.Fatalf("a token unused for 180 days answers %v", err)
		}
	})
}

// P8: an erasure leaves no row that names the account, in any table.
func TestErasureLeavesNoRow(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		p.everything()
		p.check(p.EraseAccount(ctx, p.caller()))
		for _, table := range tables(p) {
			if n := count(p, "SELECT COUNT(*) FROM "+table+" WHERE account_id = $1", p.account); n != 0 {
				t.Errorf("%d rows left in %s", n, table)
			}
		}
		if _, err := p.Authenticate(ctx, p.secrets.Token); !IsCode(err, CodeCredentialsRefused) {
			t.Fatalf("the token of an erased account answers %v", err)
		}
	})
}

// everything fills every table that can name the account.
func (p *person) everything() {
	p.Helper()
	ctx := context.Background()
	mm := 0.5
	_, _, err := Put(ctx, p.Store, p.account, "roller-01", Roller{NeedleMM: &mm}, Write{})
	p.check(err)
	p.rolls("session-1", 30*time.Hour, func(s *Session) { s.RollerID = "roller-01" })
	r := p.reports("report-01", 0, pus())
	_, err = p.AddClinicianEvent(ctx, p.account, r.EpisodeID, ClinicianEvent{Outcome: care.OutcomeBooked}, Write{})
	p.check(err)
	_, err = p.AcknowledgeWarning(ctx, Caller{AccountID: p.account}, p.warnings()[0].ID, "will_book")
	p.check(err)
	_, err = p.says("progress-1", func(in *Progress) { in.Shedding = "same" })
	p.check(err)
	_, _, err = p.NewPairingCode(ctx, p.caller())
	p.check(err)
	for _, table := range tables(p) {
		if count(p, "SELECT COUNT(*) FROM "+table+" WHERE account_id = $1", p.account) == 0 {
			p.Fatalf("the test fills no row of %s", table)
		}
	}
}

// tables are those whose rows name an account, read from the database.
func tables(p *person) (out []string) {
	p.Helper()
	if p.Postgres() {
		out = words(p, "SELECT table_name FROM information_schema.columns WHERE column_name = 'account_id' AND table_schema = 'public' ORDER BY 1")
	} else {
		out = words(p, "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'account_id' ORDER BY 1")
	}
	if len(out) < 10 {
		p.Fatalf("tables %v", out)
	}
	return out
}

// P8: the export holds every column of every row that names the account, and
// no secret.
func TestExportHoldsEveryColumn(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.everything()
		f, err := p.Export(context.Background(), p.caller())
		p.check(err)
		defer func() { p.check(f.Close()) }()
		var export map[string]any
		p.check(json.NewDecoder(f).Decode(&export))
		export["accounts"] = []any{export["account"]}
		delete(export, "account")
		names := append(tables(p), "accounts")
		names = slices.DeleteFunc(names, func(table string) bool { return table == "names" }) // it repeats columns of two others
		if len(export) != len(names) {
			t.Errorf("%d tables are exported, want %d", len(export), len(names))
		}
		for _, table := range names {
			rows, _ := export[table].([]any)
			if want := count(p, "SELECT COUNT(*) FROM "+table); len(rows) != want || want == 0 {
				t.Errorf("%s: %d rows, want %d", table, len(rows), want)
				continue
			}
			row, _ := rows[0].(map[string]any)
			for _, column := range columnsOf(p, table) {
				if _, found := row[column]; found == unexported[column] {
					t.Errorf("%s.%s: exported is %v", table, column, found)
				}
			}
		}
	})
}

func columnsOf(p *person, table string) []string {
	if p.Postgres() {
		return words(p, "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '"+table+"'")
	}
	return words(p, "SELECT name FROM pragma_table_info('"+table+"')")
}

// Rows of a list come newest first, once each, however small the pages.
func TestPagesHoldEachRowOnce(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		for i := range 7 {
			p.reports(fmt.Sprintf("report-%02d", i), time.Duration(i/2)*time.Hour, red())
		}
		var ids []string
		for q := (Query{Limit: 2}); ; {
			page, err := List[Report](context.Background(), p.Store, p.account, q)
			p.check(err)
			for _, r := range page.Items {
				ids = append(ids, r.ID)
			}
			if q.Cursor = page.NextCursor; q.Cursor == "" {
				break
			}
		}
		want := []string{"report-01", "report-00", "report-03", "report-02", "report-05", "report-04", "report-06"}
		if !slices.Equal(ids, want) {
			t.Fatalf("got %v, want %v", ids, want)
		}
	})
}

func count(p *person, sql string, args ...any) int {
	p.Helper()
	n, err := db.Row[int](p.read(context.Background()), sql, args...)
	p.check(err)
	return n
}

func words(p *person, sql string, args ...any) []string {
	p.Helper()
	out, err := db.Rows[string](p.read(context.Background()), sql, args...)
	p.check(err)
	return out
}
