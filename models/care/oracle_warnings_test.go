package care_test

import (
	"slices"
	"time"

	"aftercare/models/care"
)

// warningOfPage is doctor_soon and above, one per episode and tier.
type warningOfPage struct {
	episode string
	tier    care.Tier
	raised  time.Time
	fired   []string // each rule, when it first held, and whether by time alone
	state   care.WarningState
}

func (o *oracle) warnings() []warningOfPage {
	var all []warningOfPage
	for _, e := range o.episodes {
		higher := false
		for _, tier := range []care.Tier{care.Emergency, care.SameDay, care.DoctorSoon} {
			w := o.warningOf(e, tier)
			if len(w.fired) == 0 {
				continue
			}
			switch {
			case o.isResolved(e, tier):
				w.state = care.WarningResolved
			case higher:
				w.state = care.WarningSuperseded
			default:
				w.state = care.WarningActive
				higher = true
			}
			all = append(all, w)
		}
	}
	return all
}

func (o *oracle) warningOf(e *episodeOfPage, tier care.Tier) warningOfPage {
	w := warningOfPage{episode: e.first, tier: tier}
	known := map[string]bool{}
	for _, m := range e.moments {
		for _, id := range m.rules {
			if tierOfRule(id) == tier && !known[id] {
				if len(known) == 0 {
					w.raised = m.at
				}
				known[id] = true
				w.fired = append(w.fired, firedText(id, m.at, m.byTime))
			}
		}
	}
	return w
}

// isResolved: a T2 ends with its episode; a T3 or T4 by DQ-06.
func (o *oracle) isResolved(e *episodeOfPage, tier care.Tier) bool {
	if tier == care.DoctorSoon {
		return !e.closed.IsZero()
	}
	w := &standing{tier: tier, known: map[string]bool{}, resolved: true}
	for _, step := range o.stepsOf(e, tier) {
		step.do(w)
		if !w.resolved && w.acked && w.gone {
			w.resolve()
		}
	}
	return w.resolved
}

// standing is a T3 or T4 warning on its way through the history.
type standing struct {
	tier        care.Tier
	known       map[string]bool // rules that held
	resolved    bool
	acked       bool      // since its newest rule, or since it came back
	words       string    // the rule that speaks; with "?" where it is not sure (SD-14) or "if it is still there" (SD-15)
	fast, trend bool      // "spreads fast", or the trend, was a trigger
	first       time.Time // of the reports without a rule of the tier
	gone        bool      // two of them, 24 h apart
}

// step is something that happens to a warning.
type step struct {
	at    time.Time
	order int // among those of one moment
	do    func(w *standing)
}

func (o *oracle) stepsOf(e *episodeOfPage, tier care.Tier) []step {
	var steps []step
	for _, other := range o.episodes {
		for _, m := range other.moments {
			if slices.ContainsFunc(m.rules, func(id string) bool { return tierOfRule(id) == tier }) {
				steps = append(steps, step{m.at, 1, func(w *standing) { w.fire(m, o.answersOf(m.report), other == e) }})
			}
		}
	}
	for _, event := range o.events {
		order := 2 // beside the trigger, but not in the same report
		if event.report != "" {
			order = 0
		}
		if event.outcome != care.OutcomeBooked {
			steps = append(steps, step{event.at, order, (*standing).resolve})
		}
	}
	for _, a := range o.acks {
		own := a.Report == "" || slices.ContainsFunc(e.reports, func(i int) bool { return o.judged[i].ID == a.Report })
		if a.Tier == tier && own {
			steps = append(steps, step{a.At, 2, func(w *standing) { w.acked = true }})
		}
	}
	for _, j := range o.judged {
		if !slices.ContainsFunc(j.fired, func(id string) bool { return tierOfRule(id) == tier }) {
			steps = append(steps, step{j.At, 1, func(w *standing) { w.hear(j) }})
		}
	}
	slices.SortStableFunc(steps, func(a, b step) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.order - b.order
	})
	return steps
}

// resolve ends the warning, and what its triggers ask of the reports.
func (w *standing) resolve() { w.resolved, w.fast, w.trend = true, false, false }

// fire is a rule of the tier that holds. In another episode it only asks for two new
// reports.
func (w *standing) fire(m moment, a care.Answers, own bool) {
	w.first, w.gone = time.Time{}, false
	if own && w.resolved {
		w.resolved, w.acked = false, false
	}
	if own {
		w.speak(m, a)
	}
	lifted := w.tier == care.SameDay && hasAny(m.rules, "SD-15", "SD-17")
	w.trend = w.trend || lifted && a.Trend == "worse"
	w.fast = w.fast || w.tier == care.Emergency && a.SpreadingFast != nil && *a.SpreadingFast
}

// speak takes the words of the worst new rule, and graver ones for the same (RM-10);
// either asks for an acknowledgement again.
func (w *standing) speak(m moment, a care.Answers) {
	worst, news := "", ""
	for _, id := range m.rules {
		if tierOfRule(id) != w.tier {
			continue
		}
		words := id
		unsure := id == "SD-14" && !slices.ContainsFunc(a.Systemic, func(word string) bool { return word != "not_sure" })
		if unsure || id == "SD-15" && m.byTime {
			words += "?"
		}
		if worst == "" {
			worst = words
		}
		if !w.known[id] && news == "" {
			news = words
		}
		if w.known[id] = true; w.words == "SD-14?" && words == "SD-14" {
			news = words
		}
	}
	if news == "" && w.words == "SD-15?" && !m.byTime {
		news = worst
	}
	if news != "" {
		w.words, w.acked = news, false
	}
}

// hear is a report on which no rule of the tier holds. A calm one need not answer the
// trend: nothing is left that could get worse.
func (w *standing) hear(j judgement) {
	if !answersEverything(j.Answers) || w.fast && j.SpreadingFast == nil || w.trend && j.Trend == "" && !isCalm(j.Answers) {
		return
	}
	if w.first.IsZero() {
		w.first = j.At
	}
	w.gone = w.gone || j.At.Sub(w.first) >= 24*time.Hour
}

// answersEverything: all but the products, "spreads fast" and the trend.
func answersEverything(a care.Answers) bool {
	s := scales(a)
	return !slices.Contains(s[:], unknown) && a.Discharge != nil && a.Systemic != nil && a.Alarm != nil && a.Skin != nil &&
		a.Extent != "" && a.Odour != "" && a.Lumps != "" && a.TenderNodes != "" && a.Bleeding != "" && a.Feverish != ""
}
