package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"aftercare/models/care"
	"aftercare/models/db"
)

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
			signed, err := p.SignIn(ctx, in)
			p.check(err)
			if _, err := p.Authenticate(ctx, signed.Secrets.Token); err != nil {
				t.Fatal(err)
			}
			if confirmed := !signed.Device.ConfirmedAt.IsZero(); confirmed != (i == 1) {
				t.Errorf("sign-in %d: step-up %v", i, confirmed)
			}
			if _, err := p.SignIn(ctx, in); !IsCode(err, CodeCredentialsRefused) {
				t.Errorf("the second use of code %d answers %v", i, err)
			}
		}
		code, _, err = p.NewPairingCode(ctx, p.caller())
		p.check(err)
		p.pass(pairingLife)
		if _, err := p.SignIn(ctx, SignIn{PairingCode: code}); !IsCode(err, CodeCredentialsRefused) {
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
	_, err = p.NewTicket(ctx, p.caller())
	p.check(err)
	_, err = p.Push(ctx, p.caller(), []Pushed{{Collection: "reports", ID: "report-02"}}, PushRules{Number: 1}, Write{})
	p.check(err)
	_, _, err = p.NewPairingCode(ctx, p.caller())
	p.check(err)
	_, _, err = p.NewDoctorReport(ctx, p.caller(), DoctorReport{FromAt: T(p.now().Add(-time.Hour)), ToAt: T(p.now()), Include: []string{"reports"}, Language: "en"})
	p.check(err)
	_, err = p.NewCalendar(ctx, p.caller())
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

// A setting that edit does not copy would be taken and forgotten.
func TestEverySettingIsKept(t *testing.T) {
	yes := true
	in := Account{
		Email: new("a@example.org"), Locale: "de", Region: "DE", TimeZone: "Europe/Berlin", QuietHours: QuietHours{Start: "22:00", End: "07:00"},
		ReminderTime: "10:00", Notify: care.Notify{RestOver: true}, LockScreen: "detailed", Risks: []Risk{{Code: "diabetes"}},
		ClinicianClearedOn: "2026-03-01", UsesMinoxidil: true, HairLoss: &HairLoss{Type: "traction"}, FewerQuestions: &yes,
		RisksReviewedAt: T(evening),
	}
	open := in
	open.RisksOpen = []string{"keloid"}
	var kept, alsoOpen Account
	if err := errors.Join(kept.edit(in, true, evening), alsoOpen.edit(open, true, evening)); err != nil {
		t.Fatal(err)
	}
	kept.RisksOpen = alsoOpen.RisksOpen // while there are any, the questions are not reviewed
	v := reflect.ValueOf(kept)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if own := f.Tag.Get("json") == "-" || f.Tag.Get("readOnly") == "true"; !own && v.Field(i).IsZero() {
			t.Errorf("%s is lost (or this test does not set it)", f.Name)
		}
	}
}
