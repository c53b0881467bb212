package models

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"aftercare/models/care"
	"aftercare/models/db"
	"aftercare/models/storetest"
)

// tapOf is one tap of the app and how the app takes it back; nil where the person
// has nothing to tap on.
type tapOf struct {
	name string
	do   func(p *person) (undo func() error)
}

// drawTap draws a tap. Both twins may be asked: it names no id of the server.
func drawTap(t *rapid.T) tapOf {
	nth := rapid.IntRange(0, 5).Draw(t, "nth")
	a := drawTold(t)
	action := rapid.SampledFrom(Actions()).Draw(t, "action")
	all := []tapOf{
		{"acknowledge a reminder", func(p *person) func() error {
			return p.onReminder(nth, func(r Reminder) bool { return r.may(tapAcknowledge) }, func(id string) func() error {
				_, err := p.AcknowledgeReminder(context.Background(), p.caller(), id, Time{})
				p.check(err)
				return func() error { return p.UnacknowledgeReminder(context.Background(), p.caller(), id) }
			})
		}},
		{"snooze a reminder", func(p *person) func() error {
			can := func(r Reminder) bool {
				return r.may(tapSnooze) && len(r.Snoozes) < snoozes && r.State != StateSnoozed
			}
			return p.onReminder(nth, can, func(id string) func() error {
				_, err := p.SnoozeReminder(context.Background(), p.caller(), id, T(p.now().Add(6*time.Hour)))
				p.check(err)
				return func() error { return p.UnsnoozeReminder(context.Background(), p.caller(), id) }
			})
		}},
		{"nothing left", func(p *person) func() error {
			return p.onReminder(nth, func(r Reminder) bool { return r.OneTap }, func(id string) func() error {
				_, err := p.CalmReminder(context.Background(), p.caller(), id, Time{})
				p.check(err)
				return func() error { return p.UnacknowledgeReminder(context.Background(), p.caller(), id) }
			})
		}},
		{"answer a warning " + string(action), func(p *person) func() error {
			open := slices.DeleteFunc(p.warnings(), func(w Warning) bool { return w.State != WarningActive })
			if len(open) == 0 {
				return nil
			}
			id := open[nth%len(open)].ID
			_, err := p.AcknowledgeWarning(context.Background(), p.caller(), id, action)
			p.check(err)
			return func() error { return p.UnacknowledgeWarning(context.Background(), p.caller(), id) }
		}},
		{"clinician event " + a.outcome, func(p *person) func() error {
			e := ClinicianEvent{At: T(p.now().Add(-a.ago / 8)), Outcome: a.outcome, NoInfection: nth == 0}
			return edits(p, fmt.Sprintf("visit-%03d", nth), &e)
		}},
		{"report", func(p *person) func() error {
			return edits(p, a.id, &Report{ObservedAt: T(p.now().Add(-a.ago)), Answers: a.answers})
		}},
		{"session", func(p *person) func() error {
			if p.tookNeedle(a.id) {
				return nil
			}
			return edits(p, a.id, &Session{StartedAt: T(p.now().Add(-a.ago)), NeedleMM: &a.needle, RollerID: "roller-01"})
		}},
		{"roller", func(p *person) func() error {
			id := fmt.Sprintf("roller-%02d", nth)
			if count(p, "SELECT COUNT(*) FROM sessions WHERE account_id = $1 AND roller_id = $2 AND needle_mm_used IS NULL", p.account, id) > 0 {
				return nil // NL-10: a session that waited for its roller keeps the needle that it is given
			}
			return edits(p, id, &Roller{NeedleMM: &a.needle, Shared: nth == 1})
		}},
		{"delete a clinician event", func(p *person) func() error { return edits[ClinicianEvent](p, fmt.Sprintf("visit-%03d", nth), nil) }},
		{"delete a report", func(p *person) func() error { return edits[Report](p, a.id, nil) }},
		{"delete a session", func(p *person) func() error {
			if p.tookNeedle(a.id) {
				return nil
			}
			return edits[Session](p, a.id, nil)
		}},
		{"delete a roller", func(p *person) func() error { return edits[Roller](p, fmt.Sprintf("roller-%02d", nth), nil) }},
	}
	return all[rapid.IntRange(0, len(all)-1).Draw(t, "tap")]
}

// tookNeedle reports whether a session has the needle of its roller (NL-10). With
// another needle, or deleted, it has that no more, and takes the one that the roller
// has when it is corrected back.
func (p *person) tookNeedle(session string) bool {
	p.Helper()
	return count(p, "SELECT COUNT(*) FROM sessions WHERE account_id = $1 AND id = $2 AND needle_mm IS NULL AND needle_mm_used IS NOT NULL", p.account, session) > 0
}

func (p *person) onReminder(nth int, can func(Reminder) bool, tap func(id string) func() error) func() error {
	p.Helper()
	open := slices.DeleteFunc(p.open(), func(r Reminder) bool { return !can(r) })
	slices.SortStableFunc(open, func(a, b Reminder) int {
		return strings.Compare(string(a.Kind)+a.Slot, string(b.Kind)+b.Slot)
	})
	if len(open) == 0 {
		return nil
	}
	return tap(open[nth%len(open)].ID)
}

// edits puts or, without a row, deletes, and undoes that: what was there is put
// back as a phone would do it, with what a GET had answered; what is new is
// deleted. A row that refers to nothing is not put.
func edits[R any, P writable[R]](p *person, id string, row *R) func() error {
	p.Helper()
	ctx := context.Background()
	before, err := find[R, P](p.read(ctx), p.account, id)
	p.check(err)
	known := before != nil && !P(before).base().deleted()
	switch {
	case row != nil:
		_, _, err := Put[R, P](ctx, p.Store, p.account, id, *row, Write{})
		if IsCode(err, CodeInvalid) {
			return nil
		}
		p.check(err)
	case !known:
		return nil
	default:
		p.check(Delete[R, P](ctx, p.Store, p.account, id, Write{}))
	}
	return func() error {
		if !known {
			return Delete[R, P](ctx, p.Store, p.account, id, Write{})
		}
		*P(before).base() = Base{}
		_, _, err := Put[R, P](ctx, p.Store, p.account, id, *before, Write{})
		return err
	}
}

// toldBefore stands for a reminder that a tap may have moved before it was undone.
const toldBefore = "told, or not, as the tap had it"

// dropToldBefore deletes from what both see what one of them was told before.
func dropToldBefore(a, b map[string]string) {
	for _, seen := range []map[string]string{a, b} {
		for key, value := range maps.Clone(seen) {
			if value == toldBefore {
				delete(a, key)
				delete(b, key)
			}
		}
	}
}

// seen is what a person sees of an account, by what the app calls it:
//
//   - every verdict on a report, session and roller, and the rest. Since when a
//     warning stands is on record: it may have been raised anew
//   - episodes that hold reports. One that an act had made and its undoing left
//     without reports is void, and stays on record
//   - warnings that hold, with the person's answer. One that an act had raised stays
//     on record as superseded by history_changed, and of one that it had joined the
//     rules stay that were told of (DQ-03): of these are compared those that hold
//   - open reminders with their times and states, those that have expired or were
//     due before a moment excepted, and summaries of what was missed: between a tap and its
//     undoing they were told, or not, as the tap had it. Of a warning it is compared
//     whether it is still being told: one that an act withdrew, or added a rule to,
//     is told anew, with other times than without the act, also where an
//     appointment had stopped it
//
// What was told stays told, and each edit has its version; neither is compared.
// What was due before that moment is toldBefore.
func (p *person) seen(since time.Time) map[string]string {
	p.Helper()
	q, out := p.read(context.Background()), map[string]string{}
	episodes, err := db.Rows[Episode](q, "SELECT * FROM episodes WHERE account_id = $1 AND state <> $2", p.account, EpisodeVoid)
	p.check(err)
	var pairs []string
	first := map[string]string{}
	for _, e := range episodes {
		first[e.ID] = "episode of " + e.ReportIDs[0]
		pairs = append(pairs, e.ID, first[e.ID])
		slices.Sort(e.ReportIDs)
		out[first[e.ID]] = fmt.Sprintln(e.State, e.AnchorSessionID, e.OnsetAt, e.LastReportAt, e.ClosedAt, e.Tier, e.PeakTier, e.ReportIDs, e.InfectedAt, e.InfectionLiftedAt)
	}
	warnings := p.warnings()
	for _, w := range warnings {
		name := fmt.Sprint("warning ", w.Tier, " ", first[w.EpisodeID])
		pairs = append(pairs, w.ID, name)
		if w.Reason != ReasonHistoryChanged {
			out[name] = fmt.Sprintln(w.State, w.Reason, w.Action, !w.AcknowledgedAt.IsZero(), w.ResolvedAt, w.Code, w.ReportIDs, w.holds(p.now()))
		}
	}
	names := strings.NewReplacer(pairs...)
	for _, r := range p.open() {
		if r.Kind != KindWarning && r.over(p.now()) || r.Kind == KindSummary && !since.IsZero() {
			continue
		}
		if r.State == StateDue || r.State == StateScheduled && r.Round > 0 && !r.DueAt.After(p.now()) {
			r.State = StateSent // shown: quiet hours hold what an act had cleared, until it is told again
		}
		if r.HeldBy == care.HeldByNotifyOff && !r.DueAt.After(p.now()) {
			r.State, r.HeldBy = StateSent, "" // shown before the kind was switched off, and not again once an act has cleared it
		}
		if r.State == StateSent {
			r.ExpiresAt = Time{} // as it was shown, or as the plan has it since an edit that had moved it was taken back
		}
		key := names.Replace(fmt.Sprintf("reminder %s %s %s", r.Kind, r.Anchor, r.Slot))
		out[key] = fmt.Sprintln(r.State, r.HeldBy, r.DueAt, r.ExpiresAt, r.SnoozedUntil, r.TextKey)
		switch {
		case r.Kind != KindWarning && r.DueAt.Before(since):
			out[key] = toldBefore
		case r.Kind == KindWarning:
			delete(out, key)
			out["told of "+names.Replace(r.Anchor)] = "yes"
		}
	}
	for k, v := range p.stored() {
		if kind, _, _ := strings.Cut(k, " "); kind == "report" || kind == "session" || kind == "roller" {
			out[k] = v
		}
	}
	reports, err := db.Rows[Report](q, "SELECT * FROM reports WHERE account_id = $1 AND deleted_at IS NULL", p.account)
	p.check(err)
	for _, r := range reports {
		if r.Assessment != nil {
			r.Assessment.StandingSince = Time{}
		}
		text, err := json.Marshal(r.ReportVerdict)
		p.check(err)
		out["report "+r.ID] = names.Replace(string(text))
	}
	rest, _, err := p.Rest(context.Background(), p.account)
	p.check(err)
	out["rest"] = fmt.Sprintf("%+v", rest)
	return out
}

// judgeAll judges everything with today's health conditions. What was judged before
// they changed keeps its verdict until it is judged again, as by a tap.
func (p *person) judgeAll() {
	p.Helper()
	p.check(p.write(context.Background(), p.account, func(tx *Tx) error {
		account, err := tx.account()
		if err != nil {
			return err
		}
		account.readTables()
		return tx.judgeAgain(tx.Now.AddDate(-5, 0, 0))
	}))
}

// whileAway lets both lives go on alike.
func (p *person) whileAway(d time.Duration) {
	p.Helper()
	p.live(d, max(d/4, time.Hour))
}

// After any tap of the app and its undoing, at once or hours later, a person sees
// what one sees who has never tapped. Each run draws other lives; -rapid.seed repeats
// one that a failure names.
func TestATapTakenBackHasNeverBeen(t *testing.T) {
	tried := map[string]int{}
	holds := func(t *testing.T, database string) {
		tapped, never := newPerson(t, database), newPerson(t, storetest.SQLite(t))
		rapid.Check(t, func(rt *rapid.T) {
			tapped.at = evening
			tapped.account, tapped.device, tapped.secrets = tapped.join("Europe/Berlin")
			never.twin(tapped)
			defer func() {
				tapped.check(tapped.erase(context.Background(), tapped.account))
				never.check(never.erase(context.Background(), never.account))
			}()
			answers := rapid.SampledFrom([]care.Answers{pus(), red(), {Lumps: "few_pimples"}}).Draw(rt, "first answers")
			for _, p := range []*person{tapped, never} {
				p.rolls("row-00003", 30*time.Hour)
				p.pass(time.Second)
				p.reports("row-00004", 20*time.Hour, answers)
				p.visits("visit-002", 10*time.Hour, care.OutcomeBooked)
				p.pass(time.Second)
			}
			conditions := false
			for _, a := range rapid.SliceOfN(rapid.Custom(drawAct), 0, 12).Draw(rt, "acts") {
				if a.also == 8 {
					continue // the consent is no tap that is taken back
				}
				if a.also == 10 || a.kind == 6 {
					continue // a visit to come may come between a tap and its undoing, and ends what was snoozed
				}
				conditions = conditions || a.also == 4
				for _, p := range []*person{tapped, never} {
					p.suffers(a)
					p.pass(time.Second)
				}
			}
			for _, p := range []*person{tapped, never} {
				if conditions {
					p.judgeAll()
				}
				p.whileAway(2 * time.Hour)
			}
			if diff := cmp.Diff(never.seen(time.Time{}), tapped.seen(time.Time{})); diff != "" {
				rt.Fatalf("the twins differ before the tap:\n%s", diff)
			}
			tap := drawTap(rt)
			undo := tap.do(tapped)
			if undo == nil {
				return
			}
			tried[tap.name]++
			between := time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 30}).Draw(rt, "hours between")) * time.Hour
			tapped.whileAway(between)
			never.whileAway(between)
			err := undo()
			if IsCode(err, CodeInvalid) {
				return // the reminder has expired
			}
			tapped.check(err)
			since := time.Time{}
			if between > 0 {
				since = tapped.now()
			}
			tapped.whileAway(time.Hour)
			never.whileAway(time.Hour)
			want, got := never.seen(since), tapped.seen(since)
			maps.DeleteFunc(got, func(key, _ string) bool { return strings.HasPrefix(key, "told of ") && want[key] == "" })
			dropToldBefore(want, got)
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatalf("%s, taken back after %s: without the tap (-) and with it taken back (+) differ:\n%s", tap.name, between, diff)
			}
		})
	}
	storetest.Each(t, holds)
	t.Logf("taken back: %v", tried)
}
