package care

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// t0 is where the histories of tests begin.
var t0 = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func hour(h float64) time.Time { return t0.Add(time.Duration(h * float64(time.Hour))) }

// story builds a history that reads like a sentence.
type story struct {
	h History
	p Person
}

func (s *story) roll(at, mm float64, change ...func(*Session)) *story {
	x := Session{ID: fmt.Sprintf("session-%d", len(s.h.Sessions)), StartedAt: hour(at), EndedAt: hour(at), NeedleMM: mm}
	for _, c := range change {
		c(&x)
	}
	s.h.Sessions = append(s.h.Sessions, x)
	return s.asked()
}

func (s *story) tell(at float64, a Answers) *story {
	s.h.Reports = append(s.h.Reports, Report{ID: fmt.Sprintf("report-%d", len(s.h.Reports)), At: hour(at), Answers: a})
	return s.asked()
}

func (s *story) clinician(at float64, outcome string) *story {
	s.h.Clinician = append(s.h.Clinician, ClinicianEvent{At: hour(at), Outcome: outcome})
	return s
}

func (s *story) ack(at float64, t Tier, action string) *story {
	s.h.Acks = append(s.h.Acks, Ack{At: hour(at), Tier: t, Action: action})
	return s
}

func (s *story) risk(code string) *story {
	s.p.Risks = append(s.p.Risks, Risk{Code: code, SetOn: DateOf(t0)})
	return s.asked()
}

// asked says that the questions about health were answered (RS-14).
func (s *story) asked() *story {
	s.p.RisksReviewedAt = t0
	return s
}

func (s *story) at(h float64) Verdict { return Assess(s.h, s.p, hour(h)) }

// calmly is the one-tap check-in.
func calmly() Answers {
	return Answers{
		Erythema: new(0), Swelling: new(0), Warmth: new(0), Flaking: new(0), Pain: new(0), Itch: new(0), Burning: new(0),
		Extent: "rolled_area", Discharge: Set{}, Odour: "no", Lumps: "none", TenderNodes: "no", Bleeding: "none",
		Feverish: "no", Systemic: Set{}, Alarm: Set{}, Skin: Set{}, SpreadingFast: new(bool),
	}
}

// but is a calm report with changes.
func but(change func(a *Answers)) Answers {
	a := calmly()
	change(&a)
	return a
}

// TestExamples reads like section 11 of the knowledge base.
func TestExamples(t *testing.T) {
	erythema := func(v int) Answers { return but(func(a *Answers) { a.Erythema = new(v) }) }
	itch := func(v int) Answers { return but(func(a *Answers) { a.Itch = new(v) }) }
	ill := func(s *story) *story { return s.risk("diabetes") }
	for _, x := range []struct {
		no     int
		h      float64
		says   Answers
		atRisk bool
		tier   Tier
		rule   string
	}{
		{1, 6, but(func(a *Answers) { a.Erythema, a.Pain, a.Bleeding = new(2), new(3), "pinpoint" }), false, Expected, "EX-00"},
		{2, 60, but(func(a *Answers) { a.Erythema, a.Itch = new(1), new(3) }), false, Expected, "EX-00"},
		{3, 60, but(func(a *Answers) { a.Erythema, a.Warmth, a.Swelling, a.Pain = new(2), new(1), new(1), new(2) }), false, SameDay, "SD-08"},
		{5, 100, erythema(2), false, DoctorSoon, "DS-04"},
		{6, 168.0, itch(1), false, Expected, "EX-00"},
		{7, 168.1, itch(1), false, DoctorSoon, "DS-01"},
		{8, 73, erythema(1), true, DoctorSoon, "DS-02"},
		{8, 169, erythema(1), true, SameDay, "SD-15"},
		{9, 30, but(func(a *Answers) { a.Discharge = Set{"thick", "yellow_green"} }), false, SameDay, "SD-01"},
		{11, 30, but(func(a *Answers) { a.Erythema, a.TemperatureC = new(1), new(38.0) }), true, Emergency, "EM-08"},
		{24, 30, but(func(a *Answers) { a.Discharge = Set{"not_sure"} }), false, SameDay, "SD-01"},
	} {
		t.Run(fmt.Sprint(x.no), func(t *testing.T) {
			s := new(story).roll(0, 0.5).tell(x.h, x.says)
			if x.atRisk {
				ill(s)
			}
			got := s.at(x.h).Reports["report-0"]
			if got.Tier != x.tier || got.Rule != x.rule {
				t.Errorf("at %v h: %v %v of %v, want %v %v", x.h, got.Tier, got.Rule, got.Rules, x.tier, x.rule)
			}
			if x.no == 24 && !slices.Equal(got.AsksAgain, []string{"discharge"}) {
				t.Errorf("asks again %v, want the discharge", got.AsksAgain)
			}
		})
	}

	t.Run("14 silence until 169 h", func(t *testing.T) {
		s := new(story).roll(0, 0.5).tell(48, erythema(1))
		v := s.at(169)
		if len(v.Warnings) != 1 || v.Warnings[0].Tier != DoctorSoon || v.Warnings[0].Rule() != "DS-01" || !v.Warnings[0].Fired[0].ByTime {
			t.Errorf("warnings %+v, want DS-01 by time", v.Warnings)
		}
	})
	t.Run("15 rolled while it lasts", func(t *testing.T) {
		s := new(story).roll(0, 0.5).tell(48, erythema(1)).roll(120, 0.5).tell(170, erythema(1))
		v := s.at(170)
		if got := rulesOf(v.Sessions["session-1"].Advisories); !slices.Contains(got, "RS-01") || !slices.Contains(got, "RS-03") {
			t.Errorf("advice on the second session %v, want RS-01 and RS-03", got)
		}
		if got := v.Reports["report-1"]; got.Tier != DoctorSoon || got.Rule != "DS-01" {
			t.Errorf("%v %v, want DS-01 counted from the first session", got.Tier, got.Rules)
		}
	})
	t.Run("17 next roll after 6 d", func(t *testing.T) {
		v := new(story).roll(0, 0.5).roll(6*24, 0.5).at(6 * 24)
		if got := rulesOf(v.Sessions["session-1"].Advisories); !slices.Contains(got, "RS-01") {
			t.Errorf("advice %v, want RS-01", got)
		}
	})
	t.Run("19 rest over, last report itch 2", func(t *testing.T) {
		v := new(story).roll(0, 0.25).tell(72, itch(2)).at(4*24 + 1)
		if v.Rest.State != RestBlocked || v.Rest.Blocks[0].Rule != "RS-03" {
			t.Errorf("rest %+v, want blocked by RS-03", v.Rest)
		}
	})
	t.Run("20 length unknown", func(t *testing.T) {
		got := new(story).roll(0, 0).at(1).Sessions["session-0"]
		if got.Days != 28 || got.Rule != "NL-10" || !got.Until.Equal(hour(28*24)) || got.HoldMM != 1.5 {
			t.Errorf("%+v, want 28 d by NL-10", got)
		}
	})
}

func rulesOf(advisories []Advisory) []string {
	var ids []string
	for _, a := range advisories {
		ids = append(ids, a.Rule)
	}
	return ids
}
