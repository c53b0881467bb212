package care

import (
	"slices"
	"time"
)

// span is a stretch of time; a zero end is still open.
type span struct{ from, to time.Time }

func (s span) holds(t time.Time) bool {
	return !t.Before(s.from) && (s.to.IsZero() || t.Before(s.to))
}

// aftercare are the steps of the timeline of section 3 for the session of the
// cycle.
func (pl *planner) aftercare(checkIns []checkIn) []Item {
	if pl.session == nil || pl.forgotten(pl.session.Time()) {
		return nil
	}
	calm, _ := pl.calmSpans(pl.session.Time())
	ill := pl.warnedSpans()
	mm := pl.needle(pl.session)
	var items []Item
	for _, step := range aftercareSteps {
		after := step.after(mm)
		if step.ID == "AC-01" {
			var wanted bool
			if after, wanted = pl.minoxidil(after); !wanted {
				continue
			}
		}
		it := Item{Kind: KindAftercare, Anchor: pl.session.ID, Slot: step.ID, SessionID: pl.session.ID,
			Rule: step.ID, Key: step.Key, Due: pl.hour(pl.session.Time().Add(after)), Silent: !step.push}
		it.Expires = it.Due.Add(tipH)
		if step.needsCalm {
			pl.whenCalm(&it, calm, ill)
		}
		if it.HeldBy == "" && !it.Silent {
			it.RidesWith = pl.ride(it, checkIns)
		}
		items = append(items, it)
	}
	return items
}

// whenCalm holds a step until the scalp is told to be calm and no warning of
// today's urgency stands (AC-00). The report that releases it gives it a new
// due time; until then it waits as long as the session counts.
func (pl *planner) whenCalm(it *Item, calm, ill []span) {
	due := it.Due
	for {
		at, ok := release(due, calm, ill)
		if !ok {
			it.HeldBy = "AC-00"
			it.Expires = pl.session.Time().Add(lateWindow)
			return
		}
		if at.Equal(due) {
			break
		}
		due = pl.hour(at)
	}
	it.Due, it.Expires = due, due.Add(tipH)
}

// release is the first moment at or after t that a good span holds and no bad
// one; ok is false when none is known yet.
func release(t time.Time, good, bad []span) (time.Time, bool) {
	for {
		i := slices.IndexFunc(good, func(s span) bool { return s.to.IsZero() || t.Before(s.to) })
		if i < 0 {
			return t, false
		}
		if t.Before(good[i].from) {
			t = good[i].from
		}
		j := slices.IndexFunc(bad, func(s span) bool { return s.holds(t) })
		if j < 0 {
			return t, true
		}
		if bad[j].to.IsZero() {
			return t, false
		}
		t = bad[j].to
	}
}

// calmSpans are the stretches since the session in which the last word on the
// scalp was that it is calm, and those in which it was that it is not. Silence
// is neither, and a partial report changes nothing.
func (pl *planner) calmSpans(from time.Time) (calm, symptoms []span) {
	var last *span
	end := func(t time.Time) {
		if last != nil {
			last.to = t
		}
	}
	for _, r := range pl.reports {
		if r.At.Before(from) {
			continue
		}
		var f facts
		f.answer(&r.Answers)
		switch {
		case f.calm:
			end(r.At)
			calm = append(calm, span{from: r.At})
			last = &calm[len(calm)-1]
		case f.symptomatic || pl.v.Reports[r.ID].Tier >= Watch:
			end(r.At)
			symptoms = append(symptoms, span{from: r.At})
			last = &symptoms[len(symptoms)-1]
		}
	}
	return calm, symptoms
}

// warnedSpans are the stretches in which a same_day or emergency warning
// stands: a calm report alone does not end it (DQ-06), and with EM-06 and SD-18
// minoxidil itself is the danger.
func (pl *planner) warnedSpans() []span {
	var spans []span
	for _, w := range pl.v.Warnings {
		if w.Tier >= SameDay {
			spans = append(spans, span{w.Fired[0].At, w.ResolvedAt})
		}
	}
	return spans
}

// minoxidil is the age at which it may start again (AC-01), and whether the
// step is for this person at all: never in pregnancy (RK-11), with a heart or
// blood pressure at risk only once a clinician agreed, and then late (RK-14).
func (pl *planner) minoxidil(after time.Duration) (time.Duration, bool) {
	risks := readRisks(&pl.p)
	for _, s := range risks.at(pl.now) {
		if s.rule == "RK-11" || s.rule == "RK-14" {
			return 0, false
		}
	}
	if pl.flagged("RK-14") {
		after = max(after, minoxidilHeartH)
	}
	if pl.flagged("RK-20") {
		after += minoxidilDarkerH
	}
	return after, pl.usesMinoxidil()
}

// flagged says that the person set a flag of the row and its time is not over.
func (pl *planner) flagged(rule string) bool {
	for _, r := range pl.p.Risks {
		until := dayPassed(r.Until)
		for _, c := range riskCodes {
			if c.code == r.Code && c.rule == rule && (until.IsZero() || pl.now.Before(until)) {
				return true
			}
		}
	}
	return false
}

func (pl *planner) usesMinoxidil() bool {
	uses := func(p Product) bool { return p.Kind == "minoxidil" }
	return pl.p.UsesMinoxidil || slices.ContainsFunc(pl.session.Products, uses) ||
		slices.ContainsFunc(pl.reports, func(r *Report) bool {
			return !r.At.Before(pl.session.Time()) && slices.ContainsFunc(r.Products, uses)
		})
}

// ride is the slot of the check-in in whose push a step is told, if there is one.
func (pl *planner) ride(it Item, checkIns []checkIn) string {
	for _, c := range checkIns {
		if c.Anchor == it.Anchor && it.Due.Sub(c.Due).Abs() <= ridesWithin && !c.early && pl.p.Notify.CheckIn {
			return c.Slot
		}
	}
	return ""
}
