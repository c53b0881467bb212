package models

import (
	"context"
	"testing"
	"time"

	"aftercare/models/care"
)

// says stores what the person says of their hair today.
func (p *person) says(id string, edit func(*Progress)) (Progress, error) {
	p.Helper()
	in := Progress{On: p.now().Format(time.DateOnly)}
	edit(&in)
	out, _, err := Put(context.Background(), p.Store, p.account, id, in, Write{})
	return out, err
}

// PG-06 to PG-10: an entry is of a scale that it names, and of no day to come.
func TestProgressIsOnItsScale(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		value := func(scale string, v float64) func(*Progress) {
			return func(in *Progress) { in.Scale, in.Value = scale, &v }
		}
		for name, c := range map[string]struct {
			edit func(*Progress)
			ok   bool
		}{
			"norwood":       {value("norwood", 7), true},
			"half a step":   {value("norwood", 2.5), false},
			"past the end":  {value("ludwig", 4), false},
			"salt":          {value("salt", 12.5), true},
			"no scale":      {value("", 3), false},
			"no value":      {func(in *Progress) { in.Scale = "salt" }, false},
			"nothing":       {func(*Progress) {}, false},
			"shedding":      {func(in *Progress) { in.Shedding = "more" }, true},
			"tomorrow":      {func(in *Progress) { in.Change, in.On = of(1), p.now().AddDate(0, 0, 1).Format(time.DateOnly) }, false},
			"not a day":     {func(in *Progress) { in.Change, in.On = of(1), "2026-02-30" }, false},
			"without a day": {func(in *Progress) { in.Change, in.On = of(1), "" }, false},
		} {
			if _, err := p.says("progress-1", c.edit); (err == nil) != c.ok || err != nil && !IsCode(err, CodeInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// PG-15, PG-11: who says that it is better is not sent to a doctor at nine months.
func TestProgressChangesTheOutcome(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		outcome := func() string {
			for _, r := range p.reminders(care.KindProgress) {
				if r.Slot == "270" {
					return r.TextKey
				}
			}
			return ""
		}
		p.rolls("session-1", 265*24*time.Hour)
		if got := outcome(); got != "progress.outcome" {
			t.Fatalf("at nine months: %s", got)
		}
		_, err := p.says("progress-1", func(in *Progress) { in.Change = of(2) })
		p.check(err)
		if got := outcome(); got != "progress.review" {
			t.Fatalf("with a change for the better: %s", got)
		}
		p.check(Delete[Progress](t.Context(), p.Store, p.account, "progress-1", Write{}))
		if got := outcome(); got != "progress.outcome" {
			t.Fatalf("once the entry is deleted: %s", got)
		}
		p.pass(181 * 24 * time.Hour)
		p.check(p.Purge(t.Context()))
		if n := count(p, "SELECT COUNT(*) FROM progress WHERE account_id = $1", p.account); n != 0 {
			t.Errorf("%d tombstones after 180 days", n)
		}
	})
}

// HL-02, 14.5: what was told of the hair loss holds the go-ahead, keeps the day on
// which it was told, and needs the consent.
func TestHairLossIsKeptAndHolds(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.edits(func(in *Account) {
			in.Risks, in.HairLoss = []Risk{}, &HairLoss{Type: "scarring", OnsetOn: "2025-01-01"}
		})
		rest, _, err := p.Rest(t.Context(), p.account)
		p.check(err)
		if rest.State != care.RestBlocked {
			t.Errorf("with scarring hair loss: %s", rest.State)
		}
		p.pass(48 * time.Hour)
		p.edits(func(in *Account) { in.HairLoss.Trigger, in.HairLoss.SetOn = "a fever", "2020-01-01" })
		a, err := p.Account(t.Context(), p.account)
		p.check(err)
		if a.HairLoss.SetOn != "2026-03-02" || a.HairLoss.ToldBy != "self" {
			t.Errorf("kept as %+v", a.HairLoss)
		}
		p.edits(func(in *Account) { in.HairLoss.Patchy = true })
		a, err = p.Account(t.Context(), p.account)
		p.check(err)
		if a.HairLoss.SetOn != "2026-03-04" {
			t.Errorf("what is new was told on %s", a.HairLoss.SetOn)
		}
		p.check(p.WithdrawConsent(t.Context(), p.caller(), ConsentHealth))
		a.HairLoss = nil
		if _, err := p.UpdateAccount(t.Context(), p.caller(), a, Write{}); !IsCode(err, CodeConsentRequired) {
			t.Errorf("without the consent: %v", err)
		}
	})
}

// PG-13: shedding is spoken of in weeks 2 to 8 of minoxidil, counted from when it
// was first said.
func TestMinoxidilSinceIsKept(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		since := func() Time {
			a, err := findAccount(p.read(t.Context()), p.account)
			p.check(err)
			return a.MinoxidilSince
		}
		p.edits(func(in *Account) { in.UsesMinoxidil = true })
		first := since()
		p.pass(time.Hour)
		p.edits(func(in *Account) { in.ReminderTime = "10:00" })
		if first.IsZero() || !since().Equal(first.Time) {
			t.Errorf("set at %v, later %v", first, since())
		}
		p.edits(func(in *Account) { in.UsesMinoxidil = false })
		if !since().IsZero() {
			t.Error("kept after it was taken away")
		}
	})
}
