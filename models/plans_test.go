package models

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
	"aftercare/models/storetest"
)

// statements collects what a store runs, each text once with values of it.
type statements struct {
	mu  sync.Mutex
	all map[string][]any
}

func (s *statements) trace(text string, args []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[text] = slices.Clone(args)
}

// lifeOf calls whatever runs statements of its own.
func lifeOf(p *person) {
	ctx := context.Background()
	p.account, p.device, p.secrets = p.join("Europe/Berlin")
	mm := 0.5
	_, _, err := Put(ctx, p.Store, p.account, "roller-01", Roller{NeedleMM: &mm}, Write{})
	p.check(err)
	p.rolls("session-1", 900*24*time.Hour, func(s *Session) { s.RollerID = "roller-01" })
	p.rolls("session-2", 200*time.Hour, func(s *Session) { s.RollerID = "roller-01" })
	p.reports("report-01", 100*time.Hour, pus())
	p.live(48*time.Hour, 6*time.Hour)
	p.reports("report-02", 0, red())
	p.check(Delete[Report](ctx, p.Store, p.account, "report-02", Write{}))
	for _, w := range p.warnings() {
		_, err := p.AcknowledgeWarning(ctx, p.caller(), w.ID, ActionBooked)
		p.check(err)
		_, err = p.Warning(ctx, p.account, w.ID)
		p.check(err)
	}
	for _, r := range p.reminders() {
		_, err := p.AcknowledgeReminder(ctx, p.caller(), r.ID, Time{})
		p.check(err)
	}
	for _, q := range []Query{{}, {States: []string{"due"}, From: p.now().Add(-time.Hour), To: p.now()}} {
		page, err := p.Reminders(ctx, p.account, q)
		p.check(err)
		if len(page.Items) > 1 {
			q.Limit = 1
			one, err := p.Reminders(ctx, p.account, q)
			p.check(err)
			q.Cursor = one.NextCursor
			_, err = p.Reminders(ctx, p.account, q)
			p.check(err)
		}
	}
	_, err = List[Report](ctx, p.Store, p.account, Query{})
	p.check(err)
	_, err = List[Session](ctx, p.Store, p.account, Query{})
	p.check(err)
	episodes, err := List[Episode](ctx, p.Store, p.account, Query{})
	p.check(err)
	_, err = p.AddClinicianEvent(ctx, p.account, episodes.Items[0].ID, ClinicianEvent{Outcome: care.OutcomeSeen}, Write{})
	p.check(err)
	p.uploads(Pushed{Collection: "reports", ID: "report-03", Row: &Report{ObservedAt: T(p.now()), Answers: red()}},
		Pushed{Collection: "reminders", ID: p.reminders()[0].ID, Row: Wish{Acknowledged: true}})
	_, err = p.Changes(ctx, p.account, FeedQuery{Limit: 10})
	p.check(err)
	_, err = p.Changes(ctx, p.account, FeedQuery{Since: 5})
	p.check(err)
	p.visits("visit-001", 0, care.OutcomeSeen, func(e *ClinicianEvent) { e.NoInfection = true })
	p.unsays("visit-001")
	_, err = List[ClinicianEvent](ctx, p.Store, p.account, Query{})
	p.check(err)
	lifeOfLinks(p)
	ticket, err := p.NewTicket(ctx, p.caller())
	p.check(err)
	_, err = p.UseTicket(ctx, ticket)
	p.check(err)
	lifeOfOperator(p)
	lifeOfAccount(p)
}

// lifeOfLinks opens what needs no sign-in, and reads what charts show.
func lifeOfLinks(p *person) {
	ctx := context.Background()
	_, secret, err := p.NewDoctorReport(ctx, p.caller(), DoctorReport{FromAt: T(p.now().AddDate(0, -1, 0)), ToAt: T(p.now()), Include: []string{"reports"}, Language: "en"})
	p.check(err)
	page, err := p.OpenDoctorReport(ctx, secret)
	p.check(err)
	_, err = p.DoctorReports(ctx, p.account)
	p.check(err)
	p.check(p.DeleteDoctorReport(ctx, p.caller(), page.ID))
	secret, err = p.NewCalendar(ctx, p.caller())
	p.check(err)
	_, err = p.CalendarOf(ctx, secret)
	p.check(err)
	p.check(p.DeleteCalendar(ctx, p.caller()))
	_, err = p.Statistics(ctx, p.account, p.now().AddDate(0, -6, 0), p.now())
	p.check(err)
}

func lifeOfOperator(p *person) {
	ctx := context.Background()
	_, _, err := p.Rest(ctx, p.account)
	p.check(err)
	_, _, err = p.Plan(ctx, p.account)
	p.check(err)
	_, _, err = p.Stuck(ctx, time.Minute)
	p.check(err)
	_, err = p.Requeue(ctx, time.Minute)
	p.check(err)
	p.check(p.Explain(ctx, []string{"fcm"}, ReasonPaused))
	_, err = p.Backlog(ctx)
	p.check(err)
	p.check(p.Postpone(ctx, p.account, time.Minute))
	p.check(p.Purge(ctx))
	p.check(p.AddReceipts(ctx, p.account, p.device.ID, []Receipt{{ReminderID: "reminder", Event: "opened", At: T(p.now())}}))
}

func lifeOfAccount(p *person) {
	ctx := context.Background()
	_, err := p.Authenticate(ctx, p.secrets.Token)
	p.check(err)
	p.edits(func(a *Account) { a.Risks = []Risk{{Code: "diabetes"}} })
	code, _, err := p.NewPairingCode(ctx, p.caller())
	p.check(err)
	_, err = p.SignIn(ctx, SignIn{PairingCode: code, Device: Device{Platform: "ios"}})
	p.check(err)
	signed, err := p.SignIn(ctx, SignIn{RecoveryCode: p.secrets.RecoveryCode, Device: Device{Platform: "ios"}})
	p.check(err)
	p.secrets.RecoveryCode = signed.Secrets.RecoveryCode
	p.reach(p.account, p.device.ID)
	_, err = p.TestPush(ctx, p.account, p.device.ID)
	p.check(err)
	_, err = p.Devices(ctx, p.account)
	p.check(err)
	_, err = p.Consents(ctx, p.account)
	p.check(err)
	_, err = p.Audit(ctx, p.account, Query{})
	p.check(err)
	p.check(p.WithdrawConsent(ctx, p.caller(), ConsentHealth))
	_, err = p.GrantConsent(ctx, p.caller(), ConsentHealth, "1")
	p.check(err)
	p.check(p.WithdrawConsent(ctx, p.caller(), ConsentPush))
	p.check(p.EraseAccount(ctx, p.caller()))
}

// wholeTables may be read whole: they have a few rows, or it happens once.
var wholeTables = []string{"erasures", "settings", "pairing_codes", "tickets", "workers"}

// rarelyAll are statements that may read all rows of an account in a table:
// each is one tap of a person in months.
var rarelyAll = []string{
	"SELECT * FROM rollers", // a person has a few
	"SELECT * FROM clinician_events", "SELECT * FROM acks",
	"UPDATE deliveries SET transport", "UPDATE deliveries SET next_at = $1, attempts = 0", // a phone has another address
	"UPDATE deliveries SET state = $1, reason = $2, next_at = NULL, lease = ''", // a sign-out, a consent withdrawn
}

var (
	scanned = regexp.MustCompile(`SCAN (\w+)`)
	byOwner = regexp.MustCompile(`SEARCH (?:\w+ )?(reminders|deliveries|episodes|reports|sessions)\b.*\(account_id=\?\)$`)
)

// Each statement finds what it is about by an index that leads to it: a year
// of ended reminders, or the rows of other people, cost it nothing.
func TestPlansOfStatements(t *testing.T) {
	p, seen := &person{TB: t, at: evening}, &statements{all: map[string][]any{}}
	s, err := Open(t.Context(), Options{Database: storetest.SQLite(t), Now: p.now, Trace: seen.trace})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { p.check(s.Close()) }()
	p.Store = s
	lifeOf(p)
	if len(seen.all) < 80 {
		t.Fatalf("only %d statements seen", len(seen.all))
	}
	for text, args := range explained(seen) {
		for _, line := range plan(t, s, text, args) {
			if fault := faultOf(text, line); fault != "" {
				t.Errorf("%s: %s\n%s", fault, line, text)
			}
		}
	}
}

// On PostgreSQL the tables of a test are so small that reading them whole is
// always cheapest; forbidden to, it must find another way.
func TestPlansOfStatementsOnPostgres(t *testing.T) {
	p, seen := &person{TB: t, at: evening}, &statements{all: map[string][]any{}}
	s, err := Open(t.Context(), Options{Database: storetest.Postgres(t), Now: p.now, Trace: seen.trace})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { p.check(s.Close()) }()
	p.Store = s
	lifeOf(p)
	whole := regexp.MustCompile(`Seq Scan on (\w+)`)
	for text, args := range explained(seen) {
		p.check(s.db.Snapshot(t.Context(), func(q db.Q) error {
			if err := q.Exec("SET LOCAL enable_seqscan = off"); err != nil {
				return err
			}
			return q.Each("EXPLAIN "+text, args, func(_ []string, values []any) error {
				line := fmt.Sprint(values[0])
				if m := whole.FindStringSubmatch(line); m != nil && !slices.Contains(wholeTables, m[1]) && !strings.HasPrefix(text, "SELECT 1") {
					t.Errorf("reads a whole table: %s\n%s", line, text)
				}
				return nil
			})
		}))
	}
}

func explained(s *statements) map[string][]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string][]any{}
	for text, args := range s.all {
		switch strings.ToUpper(strings.Fields(text)[0]) {
		case "SELECT", "UPDATE", "DELETE", "WITH":
			out[text] = args
		}
	}
	return out
}

func plan(t *testing.T, s *Store, text string, args []any) (lines []string) {
	t.Helper()
	err := s.read(t.Context()).Each("EXPLAIN QUERY PLAN "+text, args, func(_ []string, values []any) error {
		lines = append(lines, fmt.Sprint(values[len(values)-1]))
		return nil
	})
	if err != nil {
		t.Errorf("explain %s: %v", text, err)
	}
	return lines
}

func faultOf(text, line string) string {
	if m := scanned.FindStringSubmatch(line); m != nil && !slices.Contains(wholeTables, m[1]) && isTable(m[1]) {
		return "reads a whole table"
	}
	m := byOwner.FindStringSubmatch(line)
	partial := strings.Contains(line, "_open") || strings.Contains(line, "_settled")
	listed := strings.Contains(text, " DESC, id DESC LIMIT ") || strings.Contains(text, "MIN(") || strings.Contains(text, "MAX(")
	if strings.HasPrefix(text, "DELETE FROM accounts") {
		return "" // an erasure reads what it deletes
	}
	rare := slices.ContainsFunc(rarelyAll, func(start string) bool { return strings.HasPrefix(text, start) })
	if m != nil && !partial && !listed && !rare {
		return "reads all " + m[1] + " of an account"
	}
	return ""
}

// isTable tells tables from the names that a statement gives.
func isTable(name string) bool {
	return slices.Contains([]string{
		db.TableOf[Account](), "devices", "audit", "consents", "rollers", "sessions", "reports", "episodes", "warnings",
		"reminders", "deliveries", "acks", "clinician_events", "digests", "a", "d", "r", "w", "e", "v", "x",
	}, name)
}
