package models

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"aftercare/models/care"
)

// told are the notifications of warnings among claims, by their rule.
func (p *person) toldOf(claims []Claim) (rules []string) {
	p.Helper()
	for _, c := range claims {
		if c.Kind == KindWarning && !c.Clearing {
			r, err := p.Reminder(context.Background(), p.account, c.ReminderID)
			p.check(err)
			rules = append(rules, r.Rule)
		}
	}
	return rules
}

// A danger sign that comes back after a clinician has seen it is told again,
// although its rule is not new.
func TestADangerSignThatComesBackIsToldAgain(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		p.rolls("session-1", 30*time.Hour)
		r := p.reports("report-01", 0, pus())
		p.handOver()
		_, err := p.AcknowledgeWarning(ctx, Caller{AccountID: p.account}, p.warnings()[0].ID, "will_book")
		p.check(err)
		p.pass(time.Hour)
		_, err = p.AddClinicianEvent(ctx, p.account, r.EpisodeID, ClinicianEvent{Outcome: care.OutcomeSeen}, Write{})
		p.check(err)
		if w := p.warnings()[0]; w.State != WarningResolved {
			t.Fatalf("after the clinician: %s", w.State)
		}
		p.live(24*time.Hour, time.Hour)
		p.reports("report-02", 0, pus())
		if w := p.warnings()[0]; w.State != WarningActive || !w.AcknowledgedAt.IsZero() {
			t.Fatalf("after it came back: %+v", w)
		}
		if told := p.toldOf(p.handOver()); len(told) != 1 {
			t.Fatalf("told %v", told)
		}
	})
}

// answersRisks says that nothing of the health questions applies (RS-14).
func (p *person) answersRisks() {
	p.Helper()
	a, err := p.Account(context.Background(), p.account)
	p.check(err)
	a.Risks = []Risk{}
	_, err = p.UpdateAccount(context.Background(), Caller{AccountID: p.account}, a, Write{})
	p.check(err)
}

// A go-ahead that a symptom has overtaken is neither shown nor sent, even if
// it was sent or put off before.
func TestAHeldGoAheadIsNotShown(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		p.answersRisks()
		p.rolls("session-1", 0, func(s *Session) { mm := 0.25; s.NeedleMM = &mm })
		p.live(72*time.Hour, time.Hour)
		p.reports("report-01", 0, Calm())
		var id string
		for i := 0; id == "" && i < 24*14; i++ {
			for _, c := range p.live(time.Hour, time.Hour) {
				if c.Kind == care.KindRestOver && !c.Clearing {
					id = c.ReminderID
				}
			}
		}
		if id == "" {
			t.Fatal("no go-ahead came")
		}
		_, err := p.SnoozeReminder(ctx, Caller{AccountID: p.account}, id, T(p.now().Add(5*time.Hour)))
		p.check(err)
		p.reports("report-02", 0, pus())
		r, err := p.Reminder(ctx, p.account, id)
		p.check(err)
		if r.State != StateHeld || r.HeldBy == "" {
			t.Fatalf("the go-ahead is %s, held by %q", r.State, r.HeldBy)
		}
		for _, c := range p.live(30*time.Hour, 30*time.Minute) {
			if c.ReminderID == id && !c.Clearing {
				t.Fatal("the go-ahead was sent although rolling is blocked")
			}
		}
	})
}

// Taking a risk away does not take back what was judged while it stood: only a
// clinician lifts a danger sign (DQ-06, RS-05).
func TestARemovedRiskTakesNoWarningBack(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		set := func(risks []Risk) {
			a, err := p.Account(ctx, p.account)
			p.check(err)
			a.Risks = risks
			_, err = p.UpdateAccount(ctx, p.caller(), a, Write{})
			p.check(err)
		}
		set([]Risk{{Code: "healing_delaying_medicine"}})
		p.pass(time.Hour)
		p.rolls("session-1", 100*time.Hour)
		p.reports("report-01", 0, care.Answers{Erythema: of(0), Lumps: "few_pimples"})
		if w := p.warnings(); len(w) == 0 || w[0].Tier != care.SameDay {
			t.Fatalf("warnings %+v", w)
		}
		p.pass(time.Hour)
		set([]Risk{})
		p.pass(time.Hour)
		p.reports("report-02", 0, Calm())
		if w := p.warnings()[0]; w.State != WarningActive {
			t.Fatalf("the warning is %s %s", w.State, w.Reason)
		}
		rest, _, err := p.Rest(ctx, p.account)
		p.check(err)
		if rest.State != care.RestBlocked {
			t.Fatalf("rest is %s", rest.State)
		}
		a, err := p.Account(ctx, p.account)
		p.check(err)
		if len(a.Risks) != 0 || len(a.PastRisks) != 1 {
			t.Fatalf("risks %+v, past %+v", a.Risks, a.PastRisks)
		}
	})
}

// RM-02: a danger sign that a report has just caused wakes the person at night,
// also where time alone has made another rule of its tier true meanwhile.
func TestADangerSignWakesBesideARuleOfTime(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		a, err := p.Account(ctx, p.account)
		p.check(err)
		a.Risks = []Risk{{Code: "diabetes"}}
		_, err = p.UpdateAccount(ctx, p.caller(), a, Write{})
		p.check(err)
		p.pass(4 * time.Hour) // 23:30 in Berlin
		p.rolls("session-1", 200*time.Hour)
		p.check(p.write(ctx, p.account, func(tx *Tx) error {
			for i, r := range []Report{
				{ObservedAt: T(p.now().Add(-100 * time.Hour)), Answers: care.Answers{Erythema: of(1), Warmth: of(1)}},
				{ObservedAt: T(p.now()), Answers: pus()},
			} {
				if i == 0 { // stored without being judged, as in a sync of both
					r.Base = Base{AccountID: p.account, ID: "report-01"}
					r.EffectiveAt = r.ObservedAt
					p.check(tx.save(&r))
					continue
				}
				if _, _, err := put(tx, "report-02", r, Write{}); err != nil {
					return err
				}
			}
			return nil
		}))
		if told := p.toldOf(p.handOver()); len(told) == 0 {
			t.Fatal("nobody was woken")
		}
	})
}

// An appointment stops the repeats of its time, a visit all of them.
func TestAClinicianStopsTheRepeats(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		for _, c := range []struct {
			outcome string
			want    int
		}{{care.OutcomeBooked, 0}, {care.OutcomeSeen, 0}} {
			p.account, p.device, p.secrets = p.join("Europe/Berlin")
			p.rolls("session-1", 30*time.Hour)
			r := p.reports("report-01", 0, pus())
			p.handOver()
			_, err := p.AddClinicianEvent(context.Background(), p.account, r.EpisodeID, ClinicianEvent{Outcome: c.outcome}, Write{})
			p.check(err)
			if told := p.toldOf(p.live(40*time.Hour, time.Hour)); len(told) != c.want {
				t.Errorf("%s: told %v", c.outcome, told)
			}
		}
	})
}

// A newer sign requires another answer. Gone by a correction, the first answer is
// valid again; back by another, it requires one again, and is told.
func TestASignThatIsBackRequiresAnotherAnswer(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 20*time.Hour, pus())
		w := p.warnings()[0]
		_, err := p.AcknowledgeWarning(context.Background(), p.caller(), w.ID, ActionWillBook)
		p.check(err)
		feverish, calm := pus(), pus()
		feverish.TenderNodes, calm.TenderNodes = "yes", "no"
		for n := 1; n <= 3; n++ {
			p.pass(time.Minute)
			p.reports("report-02", time.Hour, feverish)
			if w := p.warnings()[0]; w.State != WarningActive || w.Action != "" {
				t.Fatalf("%d: %s %q %v, want it active without an answer", n, w.State, w.Action, w.Rules)
			}
			told := p.live(time.Minute, time.Minute)
			if !slices.ContainsFunc(told, func(c Claim) bool { return !c.Clearing }) {
				t.Errorf("%d: the sign is not told", n)
			}
			p.pass(time.Minute)
			p.reports("report-02", time.Hour, calm)
			if w := p.warnings()[0]; w.State != WarningAcknowledged || w.Action != ActionWillBook {
				t.Fatalf("%d: %s %q, want the answer valid again", n, w.State, w.Action)
			}
		}
	})
}

// What a warning says of itself is true after a correction: its rule is one that
// holds, at the moment at which it does, and what was told before stays on record as
// such (DQ-03).
func TestAWarningNamesTheRuleThatHolds(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		swollen := care.Answers{Erythema: of(1), TenderNodes: "yes"}
		p.rolls("session-1", 60*time.Hour)
		p.reports("report-01", 30*time.Hour, pus())
		p.reports("report-02", 20*time.Hour, swollen)
		for _, c := range []struct {
			answers     care.Answers
			ago         time.Duration
			rule, holds string
		}{
			{pus(), 30 * time.Hour, "SD-01", "SD-01 30h0m0s SD-11 20h0m0s"},
			{red(), 30 * time.Hour, "SD-11", "SD-11 20h0m0s"},
			{pus(), 10 * time.Hour, "SD-01", "SD-01 10h0m0s SD-11 20h0m0s"},
		} {
			p.reports("report-01", c.ago, c.answers)
			w := p.warnings()[0]
			if holds := w.holds(p.now()); w.Rule != c.rule || holds != c.holds || !slices.Equal(w.rules(), []string{"SD-01", "SD-11"}) {
				t.Errorf("it names %s of %v, and %s hold, not %s", w.Rule, w.rules(), holds, c.holds)
			}
		}
	})
}

// isWarnedOfTwoSigns has a report of tender nodes (SD-11) and one of pus (SD-01) told.
func (p *person) isWarnedOfTwoSigns() {
	p.Helper()
	p.rolls("session-1", 60*time.Hour)
	p.reports("report-01", 20*time.Hour, care.Answers{Erythema: of(1), TenderNodes: "yes"})
	p.reports("report-02", time.Hour, pus())
	p.handOver()
}

// saysOnly expects notifications of warnings, all with these words.
func (p *person) saysOnly(text string, claims []Claim) {
	p.Helper()
	if len(p.toldOf(claims)) == 0 {
		p.Error("nothing is told")
	}
	for _, c := range claims {
		if c.Kind == KindWarning && !c.Clearing && c.TextKey != text {
			p.Errorf("it says %s, not %s", c.TextKey, text)
		}
	}
}

// Repeats that wait when an edit ends the rule that they are about say what the warning
// says then. A sign that is there again later is told, unless the edit was taken back.
func TestASignThatAnEditEndedIsToldWhenItIsThereAgain(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.isWarnedOfTwoSigns()
		p.reports("report-02", time.Hour, red())
		p.saysOnly("warning.SD-11", p.live(26*time.Hour, time.Hour))
		p.reports("report-02", 27*time.Hour, pus())
		if told := p.toldOf(p.handOver()); len(told) != 0 {
			t.Errorf("an edit that is taken back tells %v again", told)
		}
		p.reports("report-02", 27*time.Hour, red())
		p.reports("report-03", 0, pus())
		if told := p.toldOf(p.handOver()); !slices.Equal(told, []string{"SD-01"}) {
			t.Errorf("told %v, want SD-01 of the new report", told)
		}
		if w := p.warnings()[0]; !slices.Equal(w.rules(), []string{"SD-11", "SD-01"}) {
			t.Errorf("it was told of %v", w.rules())
		}
	})
}

// An answer that is taken back brings the notifications back, with the words of what
// stands by then.
func TestANotificationThatComesBackSaysWhatStands(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.isWarnedOfTwoSigns()
		w, err := p.AcknowledgeWarning(t.Context(), p.caller(), p.warnings()[0].ID, ActionWillBook)
		p.check(err)
		p.reports("report-02", time.Hour, red())
		p.check(p.UnacknowledgeWarning(t.Context(), p.caller(), w.ID))
		p.saysOnly("warning.SD-11", p.live(26*time.Hour, time.Hour))
	})
}

// holds are the rules of a warning that hold, each with how long ago it became true.
func (w *Warning) holds(now time.Time) string {
	var all []string
	for _, f := range w.Fired {
		if !f.Gone {
			all = append(all, fmt.Sprint(f.Rule, " ", now.Sub(f.At.Time)))
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}
