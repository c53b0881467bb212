package care

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// said are the rules that an answer names: reports, advice, sessions, rollers,
// blocks and steps.
func said(v Verdict, items []Item, saw func(rule string)) {
	for _, a := range v.Reports {
		for _, rule := range a.Rules {
			saw(rule)
		}
		for _, line := range a.Advice {
			saw(line.Rule)
		}
		if len(a.Standing) > 0 {
			saw("RM-09")
		}
	}
	for _, s := range v.Sessions {
		saw(s.Rule)
		for _, a := range s.Advisories {
			saw(a.Rule)
		}
	}
	for _, r := range v.Rollers {
		for _, a := range r.Advisories {
			saw(a.Rule)
		}
	}
	for _, b := range v.Rest.Blocks {
		saw(b.Rule)
		saw(strings.TrimPrefix(b.Code, "rest.RS-07."))
	}
	for _, it := range items {
		saw(it.Rule)
		saw(it.HeldBy)
	}
}

// inTexts are the rules that only texts carry, by the key that says them.
var inTexts = map[string]string{
	"AC-17": "aftercare.AC-00", "AC-18": "rest_over", "AC-19": "rest_over", "DV-02": "rest_over", "DV-03": "roller_care.disinfect",
	"PG-01": "progress.review", "PG-02": "progress.photo", "PG-03": "progress.photo", "RM-05": "warning.EX-00", "RM-10": "warning.SD-15.silent",
	"RM-03": "check_in", "RM-06": "warning.EM-01", "PG-12": "warning.DS-11",
}

// elsewhere are the rules that the store, the phone's clock or a function of its
// own carry out, with the test that holds them.
var elsewhere = map[string]string{
	"DQ-03": "TestStoredVerdictsAreThoseOfTheWholeHistory", "DQ-08": "TestClientTime", "RM-01": "TestWarningsAreRepeated", "RM-02": "TestQuietHours",
	"PG-14": "TestSection145Expectations", "RM-14": "TestSection144Silence", "RM-11": "TestSection142Remeasuring",
}

// differs says that two lives are answered differently. Rules that no answer
// names are shown by a pair of lives that only they tell apart.
func differs(a, b *story, h float64) bool {
	v, items := Judge(a.h, a.p, hour(h))
	w, others := Judge(b.h, b.p, hour(h))
	return !reflect.DeepEqual(v, w) || !reflect.DeepEqual(items, others)
}

func pairs() map[string]bool {
	calm := func() *story { return new(story).roll(0, 0.25).tell(24, calmly()) }
	flagged := func(code string, at float64, tells Answers) bool {
		return differs(calm().tell(at, tells), calm().risk(code).tell(at, tells), at+1)
	}
	shows := map[string]bool{}
	for _, c := range riskCodes {
		shows[c.rule] = shows[c.rule] || flagged(c.code, 30, all(erythema(3)))
	}
	later := func(s *story, change func(r *Report)) *story {
		change(&s.h.Reports[len(s.h.Reports)-1])
		return s
	}
	shows["DQ-01"] = differs(calm().tell(100, all(erythema(1))).roll(120, 0.25).tell(170, all(erythema(1))), calm().tell(100, calmly()).roll(120, 0.25).tell(170, all(erythema(1))), 171)
	shows["DQ-02"] = differs(calm().tell(100, all(itch(1))), calm().tell(100, calmly()), 169)
	shows["DQ-04"] = differs(new(story).tell(0, all(erythema(2))), new(story).roll(-1, 0.5).tell(0, all(erythema(2))), 1)
	shows["DQ-05"] = differs(calm().tell(30, all(odour("not_sure"))), calm().tell(30, all(odour("no"))), 31)
	shows["DQ-06"] = differs(calm().tell(30, all(odour("yes"))).tell(40, calmly()).tell(70, calmly()).ack(71, SameDay, "watching"), calm().tell(30, all(odour("yes"))).tell(40, calmly()).tell(70, calmly()), 72)
	shows["DQ-07"] = !slices.Contains(calm().tell(30, all(celsius(43.1))).at(30).Reports["report-1"].Rules, "SD-05")
	shows["DQ-09"] = len(advice(new(story).roll(0, 0.5).roll(11, 0.5).at(12), 1)) < len(advice(new(story).roll(0, 0.5).roll(12, 0.5).at(12), 1))
	shows["DQ-10"] = new(story).roll(0, 1.5).roll(3, 0.25).at(4).Sessions["session-1"].HoldMM == 1.5
	shows["DQ-12"] = warnedTitle(new(story).roll(0, 0.25).tell(169, all(itch(1)))) != warnedTitle(new(story).roll(0, 0.25).tell(169, all(pain(1))))
	shows["RM-08"] = len(calm().tell(30, all(odour("yes"), lumps("grouped_blisters"))).at(30).Reports["report-1"].Advice) > 0
	twice := func(gap float64) *story { return new(story).roll(0, 0.25).tell(20, calmly()).tell(20+gap, calmly()) }
	shows["RM-12"] = differs(twice(24), twice(23), 50)
	shows["RM-13"] = differs(new(story).roll(0, 0.25).roll(100, 0.25).roll(200, 0.25), new(story).roll(0, 0.25).tell(50, calmly()).roll(100, 0.25).roll(200, 0.25), 201)
	shows["RS-09"] = new(story).roll(0, 1.5).roll(1, 0.25).at(2).Rest.Until.Equal(hour(28 * 24))
	shows["RS-11"] = shows["RS-09"] // no rule reads the area: one scalp, one window
	shows["RS-12"] = new(story).risk("diabetes").roll(0, 0.5).at(1).Sessions["session-0"].Days == 21
	shows["NL-11"] = new(story).roll(0, 0.26).at(1).Sessions["session-0"].Rule == "NL-02"
	shows["WT-08"] = slices.Contains(advice(calm().tell(30, all(itch(1))).roll(40, 0.25).at(41), 1), "RS-03")
	shows["PG-10"] = true
	better := later(calm(), func(*Report) {})
	better.h.Progress = []Progress{{At: hour(270 * 24), Change: new(1)}}
	shows["PG-15"] = differs(better, calm(), 271*24)
	return shows
}

func warnedTitle(s *story) string {
	v := s.at(170)
	return v.Warnings[len(v.Warnings)-1].Title
}

// Every rule that is published changes some answer: an answer names it and is
// another one without it, or a pair of lives shows it, or a text carries it.
func TestEveryPublishedRuleChangesSomeAnswer(t *testing.T) {
	seen := map[string]bool{}
	see := func(rule string) { seen[rule] = true }
	for seed := range examples {
		gen := rapid.Custom(func(r *rapid.T) *life {
			h, p, now := genLife(r)
			if seed%2 == 1 {
				h, p, now = drawPlanned(t, r)
			}
			return &life{h: h, p: p, now: now}
		})
		l := gen.Example(seed)
		v, items := Judge(l.h, l.p, l.now)
		said(v, items, see)
	}
	shows, keys := pairs(), append(Keys(), PlanKeys()...)
	for _, r := range Rules() {
		key, text := inTexts[r.ID]
		switch {
		case seen[r.ID] || shows[r.ID] || elsewhere[r.ID] != "":
		case text && slices.Contains(keys, key):
		default:
			t.Errorf("%s is published and changes no answer: %s", r.ID, r.Summary)
		}
	}
}

// Without a row of triage, of the session rules or of the roller rules some life
// is answered differently.
func TestWithoutAnyRowSomeAnswerChanges(t *testing.T) {
	lives := make([]*life, examples)
	gen := rapid.Custom(func(r *rapid.T) *life {
		h, p, now := genLife(r)
		return &life{h: h, p: p, now: now}
	})
	before := make([][2]any, examples)
	judged := func(l *life) [2]any {
		v, items := Judge(l.h, l.p, l.now)
		return [2]any{v, items}
	}
	fired := map[string][]int{} // lives that a rule shows in
	for i := range lives {
		lives[i] = gen.Example(i)
		before[i] = judged(lives[i])
		said(before[i][0].(Verdict), nil, func(rule string) { fired[rule] = append(fired[rule], i) })
	}
	changes := func(rule string) bool {
		return slices.ContainsFunc(fired[rule], func(i int) bool { return !reflect.DeepEqual(before[i], judged(lives[i])) })
	}
	for i := range triage {
		was := triage[i].When
		triage[i].When = func(*facts) bool { return false }
		if triage[i].ID != "EX-00" && !changes(triage[i].ID) {
			t.Errorf("without %s nothing changes", triage[i].ID)
		}
		triage[i].When = was
	}
	for _, of := range [][]sessionRule{sessionRules[:], sessionInfos[:]} {
		for i := range of {
			was := of[i].When
			of[i].When = func(*sessionFacts) bool { return false }
			if !changes(of[i].ID) {
				t.Errorf("without %s nothing changes", of[i].Code)
			}
			of[i].When = was
		}
	}
	for i := range rollerRules {
		was := rollerRules[i].When
		rollerRules[i].When = func(*rollerFacts) bool { return false }
		if !changes(rollerRules[i].ID) {
			t.Errorf("without %s nothing changes", rollerRules[i].Code)
		}
		rollerRules[i].When = was
	}
}

// helpLines are the lines of get_help_if as predicates: what they ask to be told
// at once. RM-07: none of them holds on the facts of an answer that carries them,
// which are those below same_day.
var helpLines = map[string]func(f *facts) bool{
	"help_if.emergency": func(f *facts) bool {
		return f.said.Alarm.any("breathing_difficulty", "chest_pain", "face_or_tongue_swelling", "widespread_hives", "skin_black_or_numb") ||
			f.said.Systemic.any("fast_breathing", "confusion", "faintness", "cold_clammy_skin")
	},
	"help_if.fever": func(f *facts) bool {
		feverish := f.temp >= cSameDay && !f.feverNotSure
		return f.temp >= cEmergency || feverish && (f.local || f.atRisk || f.h <= 7*24*time.Hour) || f.said.Systemic.any("very_unwell", "chills")
	},
	"help_if.spreading": func(f *facts) bool {
		return f.fast || f.said.Extent == "spreading" || f.said.Extent == "streaks" || f.said.Extent == "beyond" && f.h >= 24*time.Hour
	},
	"help_if.discharge": func(f *facts) bool {
		return f.pus || f.odour || f.said.Lumps == "painful_lump" || f.said.Lumps == "many_pustules" || f.said.Lumps == "grouped_blisters"
	},
	"help_if.pain": func(f *facts) bool {
		return f.said.Alarm.Has("pain_beyond_look") || f.pain >= painSevere && f.h >= 24*time.Hour
	},
	"help_if.eyes":     func(f *facts) bool { return f.said.Alarm.any("eyelid_swelling", "eye_pain_or_vision") },
	"help_if.bleeding": func(f *facts) bool { return f.said.Bleeding == "not_stopping" },
}

func TestHelpIsNeverSternerThanTheTier(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		h, p, now := genLife(r)
		v := Assess(h, p, now)
		for i := range h.Reports {
			a := v.Reports[h.Reports[i].ID]
			if a == nil || a.Tier >= SameDay {
				continue
			}
			f := facts{h: never, atRisk: a.AtRisk}
			if a.HoursSince >= 0 {
				f.h = time.Duration(a.HoursSince * float64(time.Hour))
			}
			f.answer(&h.Reports[i].Answers)
			for line, holds := range helpLines {
				if holds(&f) {
					r.Fatalf("%s: %v by %v, and %s asks for more", h.Reports[i].ID, a.Tier, a.Rules, line)
				}
			}
		}
	})
}
