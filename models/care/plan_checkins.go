package care

import (
	"slices"
	"strconv"
	"time"
)

// checkIn is a check-in during planning.
type checkIn struct {
	Item
	from  time.Time // a report from this time on answers it
	rank  int       // of two close together the lower rank is kept, of equals the later one
	early time.Time // when it was answered before it was due, so that no push is sent; zero: it was not
}

// checkIns returns the check-ins of the cycle, those of older sessions whose
// episode is open, and the extra ones that a report called for.
func (pl *planner) checkIns() []checkIn {
	var all []checkIn
	open := pl.openAnchors()
	for i, s := range slices.Backward(pl.sessions) {
		newest := i == len(pl.sessions)-1
		if !newest && !slices.Contains(open, s.ID) {
			continue
		}
		all = append(all, pl.ladder(s, newest)...)
	}
	all = append(all, pl.askedAgain()...)
	slices.SortStableFunc(all, func(a, b checkIn) int { return byDue(a.Item, b.Item) })
	all = apart(all)
	pl.setEnds(all)
	return all
}

// openAnchors returns the sessions that open episodes count from.
func (pl *planner) openAnchors() (ids []string) {
	for i := range pl.v.Episodes {
		if e := &pl.v.Episodes[i]; e.State == EpisodeOpen {
			ids = append(ids, e.AnchorSession)
		}
	}
	return ids
}

// ladder returns the check-ins at fixed ages of a session (RM-04).
func (pl *planner) ladder(s *Session, newest bool) []checkIn {
	if pl.forgotten(s.Time()) {
		return nil
	}
	rank := 1
	if newest {
		rank = 0
	}
	var all []checkIn
	for _, age := range pl.ages(s, newest) {
		at := s.Time().Add(age)
		key := "check_in"
		if age >= checkinsDeep[len(checkinsDeep)-2] {
			key = "check_in.left"
		}
		all = append(all, checkIn{Item{Kind: KindCheckIn, Anchor: s.ID, Slot: strconv.Itoa(int(age.Hours())) + "h",
			SessionID: s.ID, Rule: "RM-04", Key: key, Due: pl.hour(at), OneTap: age >= oneTapFromH}, at.Add(-ridesWithin), rank, time.Time{}})
	}
	return all
}

// ages returns the hours of a ladder: those for the needle, one more if an
// episode is open, fewer after calm reports or if nobody answers (RM-04, RM-12,
// RM-13).
func (pl *planner) ages(s *Session, newest bool) []time.Duration {
	ages := checkIns(pl.needle(s), pl.v.AtRisk)
	if newest && pl.asksLess(s) {
		ages = checkinsFewer
	}
	if s.hurt() {
		ages = slices.Concat([]time.Duration{hurtCheckInH}, ages)
	}
	ages = slices.DeleteFunc(slices.Clone(ages), func(age time.Duration) bool {
		return slices.Contains(checkinsSpared, age) && pl.calmFor(s.Time(), s.Time().Add(age-ridesWithin))
	})
	if at := s.Time().Add(leftOpenH); pl.openAt(at) {
		ages = append(ages, leftOpenH)
	}
	return ages
}

// askedAgain returns the extra check-ins of the last two reports; those of
// earlier reports have been answered, replaced or missed by then.
func (pl *planner) askedAgain() []checkIn {
	var all []checkIn
	for i := max(0, len(pl.reports)-2); i < len(pl.reports); i++ {
		r := pl.reports[i]
		rule, after, ok := asksAgain(pl.v.Report(r.ID))
		if !ok || !pl.inCycle(r) || pl.forgotten(r.At) {
			continue
		}
		key := "check_in.again"
		if rule == "WT-11" {
			key = "check_in.missing"
		}
		at := r.At.Add(after)
		from := at.Add(-ridesWithin)
		if i+1 < len(pl.reports) && pl.reports[i+1].At.Before(from) {
			continue // the next report says more, and asks again if needed
		}
		all = append(all, checkIn{Item{Kind: KindCheckIn, Anchor: r.ID, Slot: "again", SessionID: pl.cycle(r.At),
			Rule: rule, Key: key, Due: pl.hour(at), OneTap: pl.oneTap(at)}, from, 2, time.Time{}})
	}
	return all
}

// oneTap reports whether a question at at offers "nothing left" (RM-04). Without
// a session within 60 d every "h ≥ x" holds (DQ-04).
func (pl *planner) oneTap(at time.Time) bool {
	return pl.session == nil || age(at, pl.session.Time()) >= oneTapFromH
}

func asksAgain(a Assessment) (rule string, after time.Duration, ok bool) {
	for _, ask := range askAgainAfter {
		if slices.Contains(a.Rules, ask.rule) {
			return ask.rule, ask.after, true
		}
	}
	return "", 0, false
}

// inCycle reports whether a report belongs to the cycle or to an open episode.
func (pl *planner) inCycle(r *Report) bool {
	if pl.session == nil || !r.At.Before(pl.session.Time()) {
		return true
	}
	return slices.ContainsFunc(pl.v.Episodes, func(e Episode) bool {
		return e.State == EpisodeOpen && slices.Contains(e.Reports, r.ID)
	})
}

// apart keeps one of several check-ins within three hours, so that nobody is
// asked twice in a morning. Of equal rank the later one is kept: at risk, the
// check-in at 60 h, moved to the end of the night, must not replace the one at
// 72 h.
func apart(sorted []checkIn) []checkIn {
	kept := sorted[:0]
	for _, c := range sorted {
		last := len(kept) - 1
		switch {
		case last < 0 || c.Due.Sub(kept[last].Due) >= ridesWithin:
			kept = append(kept, c)
		case c.rank <= kept[last].rank:
			kept[last] = c
		}
	}
	return kept
}

// setEnds sets the end of each check-in, which is when the next one is due, and
// marks the answered ones.
func (pl *planner) setEnds(sorted []checkIn) {
	for i := range sorted {
		c := &sorted[i]
		c.Expires = c.Due.Add(lastCheckInH)
		if i+1 < len(sorted) {
			c.Expires = sorted[i+1].Due
		}
		at, done := pl.answered(c.from, c.Expires)
		c.Done = done
		if done && at.Before(c.Due) {
			c.early = at
		}
	}
}

// answered returns the first report in [from, to).
func (pl *planner) answered(from, to time.Time) (time.Time, bool) {
	for _, r := range pl.reports {
		if !r.At.Before(from) && r.At.Before(to) {
			return r.At, true
		}
	}
	return time.Time{}, false
}

// rechecks returns the requests to measure the temperature again (WT-03). Only a
// reading answers one: later reports without it leave it unknown (DQ-05), so that
// one stays while it lasts, whatever came after. Those of the last two reports stay at
// any age: one whose time passed while nothing was judged ends as missed, not as
// planned no more.
func (pl *planner) rechecks() []Item {
	var items []Item
	first := max(0, len(pl.reports)-2)
	for first > 0 && age(pl.now, pl.reports[first-1].At) < recheckAfterH+day+recheckH {
		first--
	}
	evening := Date{} // the evening whose one push in quiet hours is taken
	for i, r := range pl.reports[first:] {
		if !slices.Contains(pl.v.Report(r.ID).Rules, "WT-03") || !pl.inCycle(r) || pl.forgotten(r.At) {
			continue
		}
		if first+i < len(pl.reports)-2 {
			pl.changesAt(r.At.Add(recheckAfterH + day + recheckH))
		}
		due, late := pl.remeasure(r.At.Add(recheckAfterH), evening)
		if late {
			evening = pl.date(due)
		}
		it := Item{InQuiet: late,
			Kind: KindRecheck, Anchor: r.ID, Slot: "temperature", SessionID: pl.cycle(r.At),
			Rule: "WT-03", Key: "recheck", Due: due, Expires: due.Add(recheckH)}
		for _, later := range pl.reports {
			if later.At.After(r.At) && later.At.Before(it.Expires) && later.TemperatureC != nil {
				it.Done = true
			}
		}
		items = append(items, it)
	}
	return items
}

// remeasure returns when to measure the temperature again: at its hour, during
// the quiet hours of an evening once and until 23:00 at the latest, else at
// their end (RM-11).
func (pl *planner) remeasure(at time.Time, used Date) (due time.Time, inQuiet bool) {
	if !pl.p.QuietHours.Contains(at, pl.loc) {
		return at, false
	}
	last := At(pl.date(at.Add(-recheckSooner)), recheckUntil, pl.loc)
	due = earlier(at, last)
	if at.Sub(due) > recheckSooner || pl.date(due) == used || !pl.p.QuietHours.Contains(due, pl.loc) || pl.p.QuietHours.Contains(due.Add(-recheckEvening-tick), pl.loc) {
		return pl.hour(at), false
	}
	return due, true
}
