package models

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"aftercare/models/care"
)

// An address that no phone registered for 60 days, or used the API from, is
// stale, even where its service still takes what is sent; registering revives it.
func TestOnlySilentPhonesGoStale(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		want := func(state PushState) {
			t.Helper()
			p.check(p.Purge(ctx))
			d, err := p.Device(ctx, p.account, p.device.ID)
			p.check(err)
			if d.PushState != state {
				t.Fatalf("at %s the address is %s, want %s", p.now().Format(time.DateOnly), d.PushState, state)
			}
		}
		p.pass(50 * 24 * time.Hour)
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		p.handOver()
		p.pass(9 * 24 * time.Hour)
		want(PushActive)
		p.pass(2 * 24 * time.Hour) // a push was taken 11 days ago
		want(PushStale)
		p.reach(p.account, p.device.ID)
		p.pass(50 * 24 * time.Hour)
		_, err := p.Authenticate(ctx, p.secrets.Token)
		p.check(err)
		p.pass(59 * 24 * time.Hour)
		want(PushActive)
		p.pass(2 * 24 * time.Hour)
		want(PushStale)
	})
}

// P1: an account that a phone fills while empty ones are purged stays.
func TestPurgeErasesOnlyEmptyAccounts(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		empty, _, _ := p.join("Europe/Berlin")
		told, _, _ := p.join("Europe/Berlin")
		a, err := p.Account(ctx, told)
		p.check(err)
		a.Risks = []Risk{{Code: "diabetes"}}
		_, err = p.UpdateAccount(ctx, Caller{AccountID: told}, a, Write{})
		p.check(err)
		p.pass(31 * 24 * time.Hour)
		p.rolls("session-1", 0)
		p.check(p.Purge(ctx))
		for id, stays := range map[string]bool{p.account: true, told: true, empty: false} {
			if _, err := p.Account(ctx, id); (err == nil) != stays {
				t.Errorf("account with data %v: %v", stays, err)
			}
		}
	})
}

// A warning raised while no address worked is pushed when one works again.
func TestAReachablePhoneIsToldOfOpenWarnings(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		_, err := p.RemovePush(ctx, p.account, p.device.ID)
		p.check(err)
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		p.pass(time.Hour)
		p.advance()
		p.reach(p.account, p.device.ID)
		if told := p.toldOf(p.handOver()); len(told) != 1 {
			t.Fatalf("told %v", told)
		}
		p.reach(p.account, p.device.ID)
		if told := p.toldOf(p.handOver()); len(told) != 0 {
			t.Fatalf("registering again told %v", told)
		}
	})
}

// Consent that comes back brings the warnings back, and repeats nothing else.
func TestConsentGivenAgain(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		p.rolls("session-1", 0)
		sent := p.live(26*time.Hour, time.Hour)
		p.reports("report-01", 0, pus())
		p.handOver()
		p.check(p.WithdrawConsent(ctx, p.caller(), ConsentHealth))
		p.pass(time.Hour)
		_, err := p.GrantConsent(ctx, p.caller(), ConsentHealth, "1")
		p.check(err)
		again := p.live(20*time.Hour, 30*time.Minute)
		if told := p.toldOf(again); len(told) == 0 {
			t.Error("the warning is still active and was not told again")
		}
		for _, c := range again {
			if c.Kind == KindWarning && c.OneTap {
				t.Errorf("%s of a report offers that nothing is left", c.TextKey)
			}
			for _, s := range sent {
				if c.ReminderID == s.ReminderID && !c.Clearing {
					t.Errorf("%s was sent twice", c.Kind)
				}
			}
		}
	})
}

// A correction that is corrected back leaves a warning that is told.
func TestACorrectionCorrectedBackIsToldAgain(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		at := p.now()
		p.rolls("session-1", 60*time.Hour)
		p.reports("report-00", 10*time.Hour, red())
		p.reports("report-01", 0, pus())
		p.handOver()
		p.pass(time.Minute)
		p.reports("report-01", p.now().Sub(at), red())
		if w := p.warnings()[0]; w.Reason != ReasonHistoryChanged {
			t.Fatalf("after the correction: %s %s", w.State, w.Reason)
		}
		p.pass(time.Minute)
		p.reports("report-01", p.now().Sub(at), pus())
		if told := p.toldOf(p.handOver()); len(told) != 1 {
			t.Fatalf("told %v", told)
		}
	})
}

// Only what is due can be put off, and what has ended stays as it ended.
func TestSnoozeAndAcknowledgeKeepTheStates(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		p.rolls("session-1", 0)
		for _, r := range p.open(care.KindRestOver, care.KindCheckIn) {
			if r.State != StateScheduled && r.State != StateHeld {
				continue
			}
			if _, err := p.SnoozeReminder(ctx, Caller{AccountID: p.account}, r.ID, T(p.now().Add(time.Hour))); !IsCode(err, CodeInvalid) {
				t.Errorf("snoozing a %s %s answers %v", r.State, r.Kind, err)
			}
		}
		p.check(Delete[Session](ctx, p.Store, p.account, "session-1", Write{}))
		for _, r := range p.reminders(care.KindCheckIn) {
			after, err := p.AcknowledgeReminder(ctx, Caller{AccountID: p.account}, r.ID, Time{})
			p.check(err)
			if after.State != r.State || after.Reason != r.Reason {
				t.Errorf("a %s reminder became %s", r.State, after.State)
			}
		}
	})
}

// A pairing code ends with the phone that made it, and with the credentials.
func TestPairingCodesEndWithTheirMaker(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		thief, err := p.SignIn(ctx, SignIn{RecoveryCode: p.secrets.RecoveryCode})
		p.check(err)
		byThief, _, err := p.NewPairingCode(ctx, Caller{AccountID: p.account, DeviceID: thief.Device.ID})
		p.check(err)
		p.check(p.DeleteDevice(ctx, p.account, thief.Device.ID))
		own, _, err := p.NewPairingCode(ctx, p.caller())
		p.check(err)
		_, err = p.NewRecoveryCode(ctx, p.caller(), false)
		p.check(err)
		for _, code := range []string{byThief, own} {
			if _, err := p.SignIn(ctx, SignIn{PairingCode: code}); !IsCode(err, CodeCredentialsRefused) {
				t.Errorf("the code answers %v", err)
			}
		}
	})
}

// P4: an opt-out also stops the phones that were not reached yet.
func TestOptOutStopsTheSecondPhone(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		other, err := p.SignIn(ctx, SignIn{RecoveryCode: p.secrets.RecoveryCode})
		p.check(err)
		p.reach(p.account, other.Device.ID)
		p.rolls("session-1", 0)
		p.pass(24*time.Hour + time.Minute)
		p.advance()
		claims, err := p.ClaimDeliveries(ctx, 100, time.Minute, nil)
		p.check(err)
		for i := range claims {
			o := Outcome{State: DeliveryAccepted}
			if claims[i].DeviceID == other.Device.ID {
				o = Outcome{State: DeliveryPending, RetryAt: p.now().Add(time.Minute)}
			}
			p.check(p.Settle(ctx, &claims[i], o))
		}
		a, err := p.Account(ctx, p.account)
		p.check(err)
		a.Notify = care.Notify{}
		_, err = p.UpdateAccount(ctx, p.caller(), a, Write{})
		p.check(err)
		for _, c := range p.live(3*time.Hour, 10*time.Minute) {
			if c.DeviceID == other.Device.ID && c.Kind == care.KindCheckIn && !c.Clearing {
				t.Fatal("sent after the opt-out")
			}
		}
	})
}

// A lost answer to an account's creation orphans nothing and takes over no
// other phone.
func TestAccountKeyAnswersTheSameAccount(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		in := NewAccount{TimeZone: "Europe/Berlin", ConsentVersion: "1", AccountKey: strings.Repeat("k", 43), Device: Device{Name: "first"}}
		lost, err := p.CreateAccount(ctx, in)
		p.check(err)
		second, err := p.SignIn(ctx, SignIn{RecoveryCode: lost.Secrets.RecoveryCode, Device: Device{Name: "second"}})
		p.check(err)
		again, err := p.CreateAccount(ctx, in)
		p.check(err)
		if again.Account.ID != lost.Account.ID || again.Device.ID == second.Device.ID {
			t.Fatalf("answered account %v, device %v", again.Account.ID == lost.Account.ID, again.Device.Name)
		}
		for token, works := range map[string]bool{lost.Secrets.Token: false, second.Secrets.Token: true, again.Secrets.Token: true} {
			if _, err := p.Authenticate(ctx, token); (err == nil) != works {
				t.Errorf("a token that works %v: %v", works, err)
			}
		}
		p.pass(accountKeyLife + time.Second)
		if _, err := p.CreateAccount(ctx, in); !IsCode(err, CodeInvalid) {
			t.Errorf("the key after ten minutes answers %v", err)
		}
	})
}

// What a service took while it was acknowledged elsewhere is cleared again.
func TestAcknowledgedInFlightIsCleared(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		claims, err := p.ClaimDeliveries(ctx, 10, time.Minute, nil)
		p.check(err)
		_, err = p.AcknowledgeWarning(ctx, Caller{AccountID: p.account}, p.warnings()[0].ID, "will_book")
		p.check(err)
		p.check(p.Settle(ctx, &claims[0], Outcome{State: DeliveryAccepted}))
		sent := p.handOver()
		if len(sent) != 1 || !sent[0].Clearing {
			t.Fatalf("sent %+v", sent)
		}
	})
}

// Health words need the consent, and a clearance counts by the person's day.
func TestRisksNeedConsentAndTheirDay(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		p.account, p.device, p.secrets = p.join("Pacific/Auckland") // 07:30 on 3 March there
		a, err := p.Account(ctx, p.account)
		p.check(err)
		a.Risks = []Risk{{Code: "diabetes"}}
		a, err = p.UpdateAccount(ctx, p.caller(), a, Write{})
		p.check(err)
		if a.Risks[0].SetOn != "2026-03-03" {
			t.Errorf("set on %s", a.Risks[0].SetOn)
		}
		p.check(p.WithdrawConsent(ctx, p.caller(), ConsentHealth))
		a.UsesMinoxidil = true
		if _, err := p.UpdateAccount(ctx, p.caller(), a, Write{}); !IsCode(err, CodeConsentRequired) {
			t.Errorf("telling of minoxidil without consent answers %v", err)
		}
	})
}

// A phone that changes hands takes the pushes of its new person alone.
func TestAnAddressBelongsToOneAccount(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		first, old := p.account, p.device
		p.account, p.device, p.secrets = p.join("Europe/Paris")
		_, err := p.SetPush(ctx, p.account, p.device.ID, "fcm", PushAddress{Token: "token-" + old.ID, Destination: "fcm"}, "1")
		p.check(err)
		d, err := p.Device(ctx, first, old.ID)
		p.check(err)
		if d.PushState != PushGone {
			t.Fatalf("the first account's address is %s", d.PushState)
		}
	})
}

// The action token works for its reminder, tells nobody whose it is, and ends
// after two days and with its device.
func TestActionToken(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		claims, err := p.ClaimDeliveries(ctx, 10, time.Minute, nil)
		p.check(err)
		if _, err := p.StillWanted(ctx, &claims[0]); err != nil || claims[0].ActionToken == "" {
			t.Fatalf("no token: %v", err)
		}
		token := claims[0].ActionToken
		if strings.Contains(token, p.account) {
			t.Error("the token names the account")
		}
		caller, reminder, err := p.AuthenticateAction(ctx, token)
		if err != nil || caller.AccountID != p.account || reminder != claims[0].ReminderID {
			t.Fatalf("it stands for %+v %s: %v", caller, reminder, err)
		}
		for _, wrong := range []string{"", "act.", token[:len(token)-2], token + "A", strings.TrimPrefix(token, "act.")} {
			if _, _, err := p.AuthenticateAction(ctx, wrong); !IsCode(err, CodeCredentialsRefused) {
				t.Errorf("%q answers %v", wrong, err)
			}
		}
		p.pass(actionLife)
		if _, _, err := p.AuthenticateAction(ctx, token); !IsCode(err, CodeCredentialsRefused) {
			t.Errorf("after two days it answers %v", err)
		}
	})
}

// Section 6 of the knowledge base: who signs in on another phone is asked the
// risk questions again.
func TestASignInAsksTheRiskQuestionsAgain(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		a, err := p.Account(t.Context(), p.account)
		p.check(err)
		a.Risks = []Risk{}
		_, err = p.UpdateAccount(t.Context(), p.caller(), a, Write{})
		p.check(err)
		p.pass(time.Hour)
		_, err = p.SignIn(t.Context(), SignIn{RecoveryCode: p.secrets.RecoveryCode, Device: Device{Platform: "ios"}})
		p.check(err)
		p.advance()
		asked := slices.ContainsFunc(p.open(care.KindRiskReview), func(r Reminder) bool {
			return r.TextKey == "risk_review.device" && r.DueAt.Sub(p.now()) < 24*time.Hour
		})
		if !asked {
			t.Error("nobody asks")
		}
	})
}

// A clearance lifts what asks for a doctor: none is taken for a day to come.
func TestAClearanceIsOfNoDayToCome(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		a, err := p.Account(t.Context(), p.account)
		p.check(err)
		for days, want := range map[int]string{0: "", -3: "", 1: CodeInvalid} {
			a.ClinicianClearedOn = p.now().In(a.zone()).AddDate(0, 0, days).Format(time.DateOnly)
			if _, err := p.UpdateAccount(t.Context(), p.caller(), a, Write{}); (err == nil) != (want == "") || want != "" && !IsCode(err, want) {
				t.Errorf("%d days from now: %v", days, err)
			}
		}
	})
}
