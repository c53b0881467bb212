package care

import (
	"cmp"
	"slices"
	"time"
)

// Reasons for holding a step, in addition to the rules AC-00, RS-03 to RS-07
// and PG-05.
const (
	HeldByDailyCap  = "daily_cap"
	HeldByNotifyOff = "notify_off"
)

// items returns the steps of the cycle at now. Planning again gives each step
// the same identity (Kind, Anchor, Slot), whatever the zone and quiet hours.
// Expired steps are kept for some months so that a timeline is complete; steps
// of an earlier cycle are dropped.
func (pl *planner) items() []Item {
	checkIns := pl.checkIns()
	items := pl.aftercare(checkIns)
	for _, c := range checkIns {
		items = append(items, c.Item)
	}
	items = append(items, pl.askLess()...)
	items = append(items, pl.rechecks()...)
	items = append(items, pl.restOver()...)
	items = append(items, pl.rollerSteps()...)
	items = append(items, pl.progress()...)
	items = append(items, pl.shedding()...)
	items = append(items, pl.riskReview()...)
	items = unique(items)
	for i := range items {
		if items[i].HeldBy == "" && !pl.p.wants(items[i].Kind) {
			items[i].HeldBy = HeldByNotifyOff
		}
	}
	pl.capDays(items)
	slices.SortFunc(items, byDue)
	return items
}

// PlanKeys returns the text keys of all steps.
func PlanKeys() []string {
	keys := []string{
		"check_in", "check_in.left", "check_in.again", "check_in.missing", "check_in.fewer", "recheck",
		"rest_over", "rest_over.long", "rest_over.check_in_first",
		"roller_care.disinfect", "roller_care.replace", "roller_care.discard", "roller_care.shared", "roller_care.quarantined",
		"progress.photo", "progress.review", "progress.outcome", "progress.shedding", "risk_review", "risk_review.first", "risk_review.device", holdKey,
	}
	for _, s := range aftercareSteps {
		keys = append(keys, s.Key)
	}
	return keys
}

// unique keeps the first of several steps with the same identity: a history may
// hold two rows with one ID.
func unique(items []Item) []Item {
	kept := items[:0]
	known := func(it *Item) bool {
		for i := range kept {
			if o := &kept[i]; o.Slot == it.Slot && o.Kind == it.Kind && o.Anchor == it.Anchor {
				return true
			}
		}
		return false
	}
	for i := range items {
		if !known(&items[i]) {
			kept = append(kept, items[i])
		}
	}
	return kept
}

func byDue(a, b Item) int {
	return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Anchor, b.Anchor), cmp.Compare(a.Slot, b.Slot))
}

// wants reports whether the person wants a kind pushed. A request to measure
// again counts as a check-in; the review of the risk questions cannot be
// switched off.
func (p Person) wants(k Kind) bool {
	switch k {
	case KindCheckIn, KindRecheck:
		return p.Notify.CheckIn
	case KindAftercare:
		return p.Notify.Aftercare
	case KindRestOver:
		return p.Notify.RestOver
	case KindRollerCare:
		return p.Notify.RollerCare
	case KindProgress:
		return p.Notify.Progress
	default:
		return true
	}
}

// planner holds the input of all kinds of steps: the rows up to now.
type planner struct {
	v          *Verdict
	p          Person
	h          History
	now        time.Time
	loc        *time.Location
	sessions   []*Session  // oldest first
	reports    []*Report   // oldest first
	statements []statement // oldest first
	calm       []bool      // by report
	session    *Session    // the session of the cycle; nil: none yet
	next       time.Time   // the first moment at which time alone changes the plan; zero: never
}

// newPlanner returns the planner for a verdict, with the rows that were judged.
func newPlanner(v *Verdict, h History, p Person, now time.Time, judged *rows) *planner {
	pl := &planner{v: v, p: p, h: h, now: now, loc: p.location(), sessions: judged.sessions, reports: judged.reports}
	if n := len(pl.sessions); n > 0 {
		pl.session = pl.sessions[n-1]
	}
	pl.readStatements()
	return pl
}

// changesAt records a moment at which time alone changes the plan.
func (pl *planner) changesAt(t time.Time) {
	if t.After(pl.now) {
		pl.next = earlier(pl.next, t)
	}
}

// forgotten reports whether t is so long past that its steps are no longer
// planned.
func (pl *planner) forgotten(t time.Time) bool {
	pl.changesAt(t.Add(forgetAfter))
	return !pl.now.Before(t.Add(forgetAfter))
}

// hour returns t, or the end of the quiet hours that contain it.
func (pl *planner) hour(t time.Time) time.Time {
	if !pl.p.QuietHours.Contains(t, pl.loc) {
		return t
	}
	return pl.spread(t)
}

// reminder returns the first reminder time at or after t that is outside quiet
// hours.
func (pl *planner) reminder(t time.Time) time.Time {
	return pl.spread(NextAt(t, pl.p.ReminderTime, pl.loc))
}

// onDate returns the reminder time on a date, or on the next one if the zone
// skips it. It is not the first reminder time after the start of the date:
// where clocks go forward at midnight, that may belong to the day before.
func (pl *planner) onDate(d Date) time.Time {
	for !d.existsIn(pl.loc) {
		d = d.AddDays(1)
	}
	return pl.spread(At(d, pl.p.ReminderTime, pl.loc))
}

// spread adds the person's jitter to times that many people share, such as
// 09:00 or the end of the night; it never moves a time into quiet hours or to
// another date.
func (pl *planner) spread(at time.Time) time.Time {
	at = pl.p.QuietHours.Defer(at, pl.loc)
	spread := at.Add(pl.p.Spread.Truncate(time.Second))
	if pl.p.QuietHours.Contains(spread, pl.loc) || pl.date(spread) != pl.date(at) {
		return at
	}
	return spread
}

func (pl *planner) date(t time.Time) Date { return DateOf(t.In(pl.loc)) }

// cycle returns the ID of the session whose cycle contains t, or "" (DQ-04).
func (pl *planner) cycle(t time.Time) string {
	for _, s := range slices.Backward(pl.sessions) {
		if !s.Time().After(t) {
			if t.Sub(s.Time()) > lateWindow {
				return ""
			}
			return s.ID
		}
	}
	return ""
}

// needle returns the longest needle of the sessions merged with s (DQ-10).
func (pl *planner) needle(s *Session) float64 { return pl.v.Sessions[s.ID].HoldMM }
