package care

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A property says nothing of what is never drawn. These tests count what the
// generators reach, in draws that are the same in every run.
const examples = 2000

// life is one draw.
type life struct {
	h   History
	p   Person
	now time.Time
	v   Verdict
}

// reached is in how many of the draws each name came up.
func reached(draw func(r *rapid.T) (History, Person, time.Time), names func(l *life, saw func(name string))) map[string]int {
	gen := rapid.Custom(func(r *rapid.T) *life {
		h, p, now := draw(r)
		return &life{h: h, p: p, now: now}
	})
	n := map[string]int{}
	for seed := range examples {
		l := gen.Example(seed)
		l.v = Assess(l.h, l.p, l.now)
		seen := map[string]bool{}
		names(l, func(name string) { seen[name] = true })
		for name := range seen {
			n[name]++
		}
	}
	return n
}

// wantReached asks that each name came up in so many per mille of the draws.
func wantReached(t *testing.T, got map[string]int, perMille int, names ...string) {
	t.Helper()
	for _, name := range names {
		if n := got[name]; n*1000 < perMille*examples {
			t.Errorf("%s is reached in %d of %d draws, want %d per mille", name, n, examples, perMille)
		}
	}
}

func TestGeneratorsReachEveryRule(t *testing.T) {
	t.Parallel()
	got := reached(genLife, sawRules)
	for i := range triage {
		wantReached(t, got, 5, triage[i].ID)
	}
	for _, r := range slices.Concat(sessionRules[:], sessionInfos[:]) {
		wantReached(t, got, 5, "advice "+r.ID)
	}
	for i := range rollerRules {
		wantReached(t, got, 5, "advice "+rollerRules[i].Code)
	}
	wantReached(t, got, 5, "RS-10", "NL-01", "NL-03", "NL-05", "NL-07", "NL-09", "NL-10")
	wantReached(t, got, 5, "DS-01 in silence", "DS-02 in silence", "DS-10 in silence", "SD-15 in silence")
	wantReached(t, got, 5, "block RS-03", "block RS-04", "block RS-05", "block RS-06", "block RS-07")
	wantReached(t, got, 5, "rest ready", "rest early", "rest resting", "rest blocked")
	wantReached(t, got, 10, "at risk by a flag of the past")
	wantReached(t, got, 30, "a danger that settles", "a danger gone by two reports and an acknowledgement")
}

func TestGeneratorsDrawEveryWord(t *testing.T) {
	t.Parallel()
	got := reached(genLife, func(l *life, saw func(string)) {
		for _, r := range l.h.Reports {
			for field, set := range map[string]Set{"Discharge": r.Discharge, "Systemic": r.Systemic, "Alarm": r.Alarm, "Skin": r.Skin} {
				for _, word := range set {
					saw(field + " " + word)
				}
			}
			for field, word := range map[string]string{"Extent": r.Extent, "Odour": r.Odour, "Lumps": r.Lumps, "TenderNodes": r.TenderNodes,
				"Bleeding": r.Bleeding, "Feverish": r.Feverish, "Trend": r.Trend} {
				saw(field + " " + word)
			}
		}
	})
	for _, field := range []string{"Discharge", "Systemic", "Alarm", "Skin", "Extent", "Odour", "Lumps", "TenderNodes", "Bleeding", "Feverish", "Trend"} {
		for _, word := range words[field] {
			wantReached(t, got, 20, field+" "+word)
		}
	}
}

func TestPlannedHistoriesReachEveryStep(t *testing.T) {
	t.Parallel()
	got := reached(func(r *rapid.T) (History, Person, time.Time) { return drawPlanned(t, r) }, func(l *life, saw func(string)) {
		sawEnds(l, saw)
		for _, it := range planOf(l.h, l.p, l.now) {
			sawStep(it, l.now, saw)
		}
	})
	// With fewer the properties of the plan hold of next to nothing.
	wantReached(t, got, 30, "a go-ahead that is due", "a second go-ahead", "a danger that settles", "a danger gone by two reports and an acknowledgement")
	for _, block := range []string{"RS-03", "RS-05", "RS-06", "RS-07"} {
		wantReached(t, got, 10, "rest_over held by "+block)
	}
	wantReached(t, got, 10, "check_in", "check_in again", "aftercare", "rest_over check_in_first", "roller_care disinfect", "roller_care quarantined",
		"roller_care replace", "roller_care discard", "progress", "recheck", "risk_review", "a step that rides",
		"aftercare held by AC-00", "aftercare held by daily_cap", "progress held by PG-05")
}

// sawRules names the rules of a verdict, whatever they speak of.
func sawRules(l *life, saw func(string)) {
	for _, a := range l.v.Reports {
		for _, rule := range a.Rules {
			saw(rule)
		}
		if a.AtRisk && !l.v.AtRisk {
			saw("at risk by a flag of the past")
		}
	}
	for _, s := range l.v.Sessions {
		saw(s.Rule)
		for _, a := range s.Advisories {
			saw("advice " + a.Rule)
		}
	}
	for _, r := range l.v.Rollers {
		for _, a := range r.Advisories {
			saw("advice " + a.Code)
		}
	}
	for _, w := range l.v.Warnings {
		for _, f := range w.Fired {
			if f.ByTime {
				saw(f.Rule + " in silence")
			}
		}
	}
	saw("rest " + string(l.v.Rest.State))
	for _, b := range l.v.Rest.Blocks {
		saw("block " + b.Rule)
	}
	sawEnds(l, saw)
}

// sawEnds names the ends of warnings of today's urgency.
func sawEnds(l *life, saw func(string)) {
	for _, e := range l.v.Episodes {
		if e.PeakTier >= SameDay && !e.SettledAt.IsZero() {
			saw("a danger that settles")
		}
	}
	for _, w := range l.v.Warnings {
		if w.Tier >= SameDay && w.State == WarningResolved && !seenAtEnd(&l.h, w) {
			saw("a danger gone by two reports and an acknowledgement")
		}
	}
}

// seenAtEnd says that a clinician's word may have ended a warning.
func seenAtEnd(h *History, w Warning) bool {
	for _, c := range h.Clinician {
		if c.At.Equal(w.ResolvedAt) {
			return true
		}
	}
	for _, r := range h.Reports {
		if r.SeenByClinician && r.At.Equal(w.ResolvedAt) {
			return true
		}
	}
	for _, a := range h.Acks {
		if a.Action == "seen" && a.At.Equal(w.ResolvedAt) {
			return true
		}
	}
	return false
}

// sawStep names a step of a plan by its kind, its slot and what holds it.
func sawStep(it Item, now time.Time, saw func(string)) {
	saw(string(it.Kind))
	saw(string(it.Kind) + " " + it.Slot)
	if it.HeldBy != "" {
		saw(string(it.Kind) + " held by " + it.HeldBy)
		return
	}
	if it.RidesWith != "" {
		saw("a step that rides")
	}
	if it.Kind != KindRestOver || it.Slot == "check_in_first" {
		return
	}
	if !it.Due.After(now) {
		saw("a go-ahead that is due")
	}
	if strings.HasPrefix(it.Slot, "roll.") {
		saw("a second go-ahead")
	}
}
