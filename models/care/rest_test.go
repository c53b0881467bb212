package care

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestRestTable(t *testing.T) {
	for _, c := range []struct {
		mm          float64
		rule        string
		rest, floor int
	}{
		{0.2, "NL-01", 4, 3}, {0.25, "NL-01", 4, 3},
		{0.26, "NL-02", 7, 4}, {0.3, "NL-02", 7, 4},
		{0.31, "NL-03", 14, 7}, {0.5, "NL-03", 14, 7},
		{0.51, "NL-04", 14, 10}, {0.75, "NL-04", 14, 10},
		{0.76, "NL-05", 21, 14}, {1.0, "NL-05", 21, 14},
		{1.01, "NL-06", 28, 21}, {1.25, "NL-06", 28, 21},
		{1.26, "NL-07", 28, 28}, {1.5, "NL-07", 28, 28},
		{1.51, "NL-08", 42, 42}, {2.0, "NL-08", 42, 42},
		{2.01, "NL-09", 56, 42}, {3, "NL-09", 56, 42},
		{0, "NL-10", 28, 28}, {-1, "NL-10", 28, 28},
	} {
		got := new(story).roll(0, c.mm).at(1).Sessions["session-0"]
		if got.Rule != c.rule || got.Days != c.rest || !got.Until.Equal(hour(float64(24*c.rest))) || !got.FloorUntil.Equal(hour(float64(24*c.floor))) {
			t.Errorf("%v mm: %+v", c.mm, got)
		}
		atRisk := new(story).risk("diabetes").roll(0, c.mm).at(1).Sessions["session-0"]
		rest, floor := (c.rest*3+1)/2, (c.floor*3+1)/2
		if atRisk.Days != rest || !atRisk.FloorUntil.Equal(hour(float64(24*floor))) {
			t.Errorf("%v mm at risk: %+v, want %d and %d d", c.mm, atRisk, rest, floor)
		}
	}
}

func clinic(days int) func(*Session) {
	return func(s *Session) { s.Professional, s.ClinicIntervalDays = true, days }
}

func TestAClinicsIntervalNeverGoesBelowTheFloor(t *testing.T) {
	for _, c := range []struct {
		days, want int
		rule       string
	}{{1, 28, "RS-10"}, {10, 28, "RS-10"}, {28, 28, "RS-10"}, {30, 30, "RS-10"}, {180, 180, "RS-10"}, {181, 28, "NL-07"}, {0, 28, "NL-07"}, {-1, 28, "NL-07"}} {
		got := new(story).roll(0, 1.5, clinic(c.days)).at(1).Sessions["session-0"]
		if got.Days != c.want || got.Rule != c.rule {
			t.Errorf("%d d: %+v, want %d", c.days, got, c.want)
		}
	}
	if got := new(story).roll(0, 0.5, clinic(7)).at(1).Sessions["session-0"]; got.Days != 7 {
		t.Errorf("a clinic's 7 d at 0.5 mm: %+v", got)
	}
	byOneself := new(story).roll(0, 0.5, func(s *Session) { s.ClinicIntervalDays = 90 }).at(1).Sessions["session-0"]
	if byOneself.Days != 14 || byOneself.Rule != "NL-03" {
		t.Errorf("by oneself: %+v", byOneself)
	}
}

func advice(v Verdict, session int) []string {
	return rulesOf(v.Sessions[fmt.Sprintf("session-%d", session)].Advisories)
}

func TestAdviceOnASession(t *testing.T) {
	confirmed := func(s *Session) { s.RollerDisinfected = new(true) }
	for _, c := range []struct {
		name string
		s    *story
		want []string
	}{
		{"nothing", new(story).roll(0, 0.5, confirmed), nil},
		{"disinfection not said", new(story).roll(0, 0.5), []string{"DV-08"}},
		{"not disinfected", new(story).roll(0, 0.5, func(s *Session) { s.RollerDisinfected = new(false) }), []string{"DV-08"}},
		{"a professional's", new(story).roll(0, 1.5, clinic(0)), nil},
		{"0.5 mm and more", new(story).roll(0, 0.51, confirmed), []string{"RS-13"}},
		{"unknown length", new(story).roll(0, 0, confirmed), []string{"RS-13", "NL-10"}},
		{"unknown length, professional", new(story).roll(0, 0, confirmed, func(s *Session) { s.Professional = true }), []string{"NL-10"}},
		{"baseline of itch", new(story).roll(0, 0.5, confirmed, func(s *Session) { s.Baseline.Itch = new(1) }), []string{"DQ-11"}},
		{"baseline of flaking", new(story).roll(0, 0.5, confirmed, func(s *Session) { s.Baseline.Flaking = new(1) }), []string{"DQ-11"}},
		{"baseline of nothing", new(story).roll(0, 0.5, confirmed, func(s *Session) { s.Baseline = Baseline{new(0), new(0)} }), nil},
		{"too soon", new(story).roll(0, 0.5).roll(7*24-ms, 0.5, confirmed), []string{"RS-01"}},
		{"at the floor", new(story).roll(0, 0.5).roll(7*24, 0.5, confirmed), []string{"RS-02"}},
		{"at the end of the rest", new(story).roll(0, 0.5).roll(14*24, 0.5, confirmed), nil},
		{"just before it", new(story).roll(0, 0.5).roll(14*24-ms, 0.5, confirmed), []string{"RS-02"}},
		{"after a longer needle before", new(story).roll(0, 1.5).roll(24, 0.25).roll(27*24, 0.25, confirmed), []string{"RS-01", "RS-08", "RK-26"}},
		{"begun too soon, ended after", new(story).roll(0, 0.5).roll(7*24+0.1, 0.5, confirmed, func(s *Session) { s.StartedAt = hour(7*24 - 0.1) }), []string{"RS-01"}},
		{"only its end said", new(story).roll(0, 0.5).roll(15*24, 0.5, confirmed, func(s *Session) { s.StartedAt = time.Time{} }), nil},
		{"ended before it began", new(story).roll(0, 0.5).roll(7*24-1, 0.5, confirmed, func(s *Session) { s.StartedAt = hour(8 * 24) }), []string{"RS-01"}},
		{"counted as one", new(story).roll(0, 0.5).roll(12-ms, 0.5, confirmed), nil},
		{"12 h later", new(story).roll(0, 0.5).roll(12, 0.5, confirmed), []string{"RS-01"}},
		{"symptomatic", new(story).roll(0, 0.25).tell(50, all(itch(1))).roll(100, 0.25, confirmed), []string{"RS-03"}},
		{"calm for less than 48 h", new(story).roll(0, 0.25).tell(50, all(itch(1))).tell(60, calmly()).roll(108-ms, 0.25, confirmed), []string{"RS-03"}},
		{"calm for 48 h", new(story).roll(0, 0.25).tell(40, all(itch(1))).tell(48, calmly()).roll(96, 0.25, confirmed), nil},
		{"after a T2", new(story).roll(0, 0.25).tell(96, all(erythema(2))).tell(100, calmly()).roll(100+7*24-ms, 0.25, confirmed), []string{"RS-06"}},
		{"7 d after a T2", new(story).roll(0, 0.25).tell(96, all(erythema(2))).tell(100, calmly()).roll(100+7*24, 0.25, confirmed), nil},
		{"after a T3", new(story).roll(0, 0.25).tell(30, all(discharge("thick"))).tell(40, calmly()).roll(4000, 0.25, confirmed), []string{"RS-05"}},
		{"a flag", new(story).risk("keloid").roll(0, 0.25, confirmed), []string{"RS-07"}},
		{"two in a row below the floor", new(story).roll(0, 0.5).roll(24, 0.5).roll(48, 0.5, confirmed), []string{"RS-01", "RS-08", "RK-26"}},
		{"one below the floor", new(story).roll(0, 0.5).roll(15*24, 0.5).roll(16*24, 0.5, confirmed), []string{"RS-01"}},
		{"three within one rest", new(story).roll(0, 0.5).roll(7*24, 0.5).roll(14*24, 0.5, confirmed), []string{"RS-08", "RS-02", "RK-26"}},
		{"three within more", new(story).roll(0, 0.5).roll(7*24, 0.5).roll(14*24+ms, 0.5, confirmed), []string{"RS-02"}},
		{"three, two of them one", new(story).roll(0, 0.5).roll(1, 0.5).roll(8*24, 0.5, confirmed), []string{"RS-02"}},
	} {
		got := advice(c.s.at(5000), len(c.s.h.Sessions)-1)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestOveruseLengthensTheRest(t *testing.T) {
	over := new(story).roll(0, 0.5).roll(24, 0.5).roll(48, 0.5).at(49).Sessions["session-2"]
	if over.Days != 21 || !over.FloorUntil.Equal(hour(48+7*24)) {
		t.Errorf("%+v, want 14 d × 1.5", over)
	}
	// Multiplied first, rounded up once: 7 × 9/4 = 15.75.
	both := new(story).risk("diabetes").roll(0, 0.3).roll(24, 0.3).roll(48, 0.3).at(49).Sessions["session-2"]
	if both.Days != 16 {
		t.Errorf("%+v, want 16 d", both)
	}
}

func TestTheLongestNeedleOfSessionsThatCountOnceHolds(t *testing.T) {
	v := new(story).roll(0, 0.25).roll(5, 1.0).roll(11.9, 0.5).roll(12, 0.5).at(13)
	for id, want := range map[string]float64{"session-0": 1.0, "session-1": 1.0, "session-2": 1.0, "session-3": 0.5} {
		if got := v.Sessions[id]; got.HoldMM != want {
			t.Errorf("%s: %+v, want %v", id, got, want)
		}
	}
	if got := new(story).roll(0, 0.25).roll(5, 0).at(6).Sessions["session-0"].HoldMM; got != 1.5 {
		t.Errorf("with an unknown one: %v", got)
	}
}

func TestMayIRoll(t *testing.T) {
	calm := func(s *story) *story { return s.tell(24, calmly()) }
	for _, c := range []struct {
		name   string
		s      *story
		h      float64
		state  RestState
		blocks []string
		next   float64
	}{
		{"never rolled", new(story).asked(), 0, RestReady, nil, 0},
		{"never rolled, a flag", new(story).risk("keloid"), 0, RestBlocked, []string{"RS-07"}, 0},
		{"never rolled, irritated", new(story).tell(0, all(itch(1))), 1, RestBlocked, []string{"RS-03"}, 168 + ms},
		{"resting", calm(new(story).roll(0, 0.5)), 25, RestResting, nil, 7 * 24},
		{"the last of it", calm(new(story).roll(0, 0.5)), 7*24 - ms, RestResting, nil, 7 * 24},
		{"early", calm(new(story).roll(0, 0.5)), 7 * 24, RestEarly, nil, 14 * 24},
		{"ready", calm(new(story).roll(0, 0.5)), 14 * 24, RestReady, nil, 0},
		{"no report", new(story).roll(0, 0.5), 14 * 24, RestBlocked, []string{"RS-04"}, 0},
		{"no report yet", new(story).roll(0, 0.5), 14*24 - ms, RestEarly, nil, 14 * 24},
		{"a report of an earlier cycle", calm(new(story).roll(0, 0.25)).roll(100, 0.25), 300, RestBlocked, []string{"RS-04"}, 0},
		{"a report that says nothing", new(story).roll(0, 0.5).tell(24, Answers{Itch: new(0)}), 14 * 24, RestBlocked, []string{"RS-03", "RS-04"}, 0},
		{"irritated while resting", new(story).roll(0, 0.5).tell(24, all(itch(1))), 25, RestResting, []string{"RS-03"}, 168},
		{"irritated once rested", new(story).roll(0, 0.25).tell(24, all(itch(1))), 97, RestBlocked, []string{"RS-03"}, 168 + ms},
		{"irritated and not told since the session", new(story).roll(0, 0.25).tell(24, all(itch(1))).roll(30, 0.25), 127, RestBlocked, []string{"RS-03", "RS-04"}, 168 + ms},
		{"calm for less than 48 h", new(story).roll(0, 0.25).tell(24, all(itch(1))).tell(60, calmly()), 108 - ms, RestBlocked, []string{"RS-03"}, 108},
		{"calm for 48 h", new(story).roll(0, 0.25).tell(24, all(itch(1))).tell(60, calmly()), 108, RestReady, nil, 0},
		{"calm twice", new(story).roll(0, 0.25).tell(24, all(itch(1))).tell(60, calmly()).tell(100, calmly()), 108, RestReady, nil, 0},
		{"a T2 while resting", new(story).roll(0, 0.5).tell(24, all(itch(7))), 25, RestBlocked, []string{"RS-06", "RS-03"}, 168},
		{"7 d after a T2", new(story).roll(0, 0.25).tell(24, all(itch(7))).tell(60, calmly()), 60 + 168, RestReady, nil, 0},
		{"less than that", new(story).roll(0, 0.25).tell(24, all(itch(7))).tell(60, calmly()), 60 + 168 - ms, RestBlocked, []string{"RS-06"}, 60 + 168},
		{"irritated again meanwhile", new(story).roll(0, 0.25).tell(24, all(itch(7))).tell(60, calmly()).tell(100, all(itch(1))).tell(110, calmly()), 110 + 168 - ms, RestBlocked, []string{"RS-06"}, 110 + 168},
		{"marks of old", new(story).roll(0, 0.25).tell(24, calmly()).tell(400, all(skin("lasting_marks"))).tell(401, calmly()), 450, RestReady, nil, 0},
		{"marks", new(story).roll(0, 0.25).tell(24, calmly()).tell(400, all(skin("lasting_marks"))), 450, RestBlocked, []string{"RS-03"}, 0},
		{"a T3", new(story).roll(0, 0.25).tell(24, all(discharge("thick"))).tell(60, calmly()), 5000, RestBlocked, []string{"RS-05"}, 0},
		{"a T3, seen", new(story).roll(0, 0.25).tell(24, all(discharge("thick"))).tell(60, calmly()).clinician(70, OutcomeSeen), 5000, RestBlocked, []string{"RS-05"}, 0},
		{"a T3, acknowledged as cleared", new(story).roll(0, 0.25).tell(24, all(discharge("thick"))).tell(60, calmly()).ack(70, SameDay, OutcomeCleared), 5000, RestBlocked, []string{"RS-05"}, 0},
		{"a T3, cleared before it", new(story).roll(0, 0.25).clinician(23, OutcomeCleared).tell(24, all(discharge("thick"))).tell(60, calmly()), 5000, RestBlocked, []string{"RS-05"}, 0},
		{"a T3, cleared, 14 d calm", new(story).roll(0, 0.25).tell(24, all(discharge("thick"))).tell(60, calmly()).clinician(70, OutcomeCleared), 60 + 336, RestReady, nil, 0},
		{"less than 14 d", new(story).roll(0, 0.25).tell(24, all(discharge("thick"))).tell(60, calmly()).clinician(70, OutcomeCleared), 60 + 336 - ms, RestBlocked, []string{"RS-05"}, 60 + 336},
		{"cleared before it was calm", new(story).roll(0, 0.25).tell(24, all(discharge("thick"))).clinician(50, OutcomeCleared).tell(60, calmly()), 60 + 336, RestReady, nil, 0},
		{"cleared late", new(story).roll(0, 0.25).tell(24, all(discharge("thick"))).tell(60, calmly()).clinician(1000, OutcomeCleared), 1000, RestReady, nil, 0},
		{"cleared, and again a T3", new(story).roll(0, 0.25).tell(24, all(discharge("thick"))).clinician(50, OutcomeCleared).tell(55, all(discharge("thick"))).tell(60, calmly()), 5000, RestBlocked, []string{"RS-05"}, 0},
		{"cleared, but irritated", new(story).roll(0, 0.25).tell(24, all(discharge("thick"))).tell(60, calmly()).clinician(70, OutcomeCleared).tell(300, all(itch(1))).tell(310, calmly()), 310 + 336 - ms, RestBlocked, []string{"RS-05"}, 310 + 336},
		{"a session does not lift it", new(story).roll(0, 0.25).tell(24, all(discharge("thick"))).tell(60, calmly()).roll(500, 0.25).tell(510, calmly()), 5000, RestBlocked, []string{"RS-05"}, 0},
		{"a longer needle before", new(story).roll(0, 0.5).roll(24, 0.25).tell(30, calmly()), 24 * 10, RestEarly, nil, 14 * 24},
	} {
		v := c.s.at(c.h)
		var blocks []string
		for _, b := range v.Rest.Blocks {
			blocks = append(blocks, b.Rule)
		}
		if v.Rest.State != c.state || !slices.Equal(blocks, c.blocks) {
			t.Errorf("%s: %s by %v, want %s by %v", c.name, v.Rest.State, blocks, c.state, c.blocks)
		}
		if c.next != 0 && !v.Next.Equal(hour(c.next).Truncate(tick)) {
			t.Errorf("%s: next %v, want %v", c.name, v.Next, hour(c.next))
		}
	}
}

func TestWhatWasThereBeforeLeavesAShorterHold(t *testing.T) {
	before := func(s *Session) { s.Baseline = Baseline{Itch: new(3), Flaking: new(1)} }
	for _, c := range []struct {
		last Answers
		hold float64
	}{
		{all(itch(3), flaking(1)), 48},
		{all(itch(4)), 168},
		{all(flaking(2)), 168},
		{all(itch(1), erythema(1)), 168},
		{all(itch(1), burning(1)), 168},
		{all(itch(1), untold()), 168},
	} {
		s := new(story).roll(0, 0.25, before).tell(100, all(itch(8))).tell(150, c.last).tell(160, calmly())
		got := s.at(161).Rest.Blocks
		if !slices.ContainsFunc(got, func(b Block) bool { return b.Rule == "RS-06" && b.Until.Equal(hour(160+c.hold)) }) {
			t.Errorf("%+v: %+v, want %v h", c.last, got, c.hold)
		}
	}
}

func TestABlockSaysItsEnd(t *testing.T) {
	s := new(story).roll(0, 0.25).tell(24, all(discharge("thick"), itch(7))).tell(60, calmly()).clinician(70, OutcomeCleared)
	s.p.Risks = []Risk{{Code: "isotretinoin", Until: Date{2026, 12, 31}}}
	v := s.at(71)
	want := []Block{
		{"RS-05", "rest.RS-05", hour(60 + 336)},
		{"RS-06", "rest.RS-06", hour(60 + 168)},
		{"RS-07", "rest.RS-07.RK-07", time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)},
		{"RS-03", "rest.RS-03", hour(60 + 48)},
	}
	if !slices.Equal(v.Rest.Blocks, want) {
		t.Errorf("%+v, want %+v", v.Rest.Blocks, want)
	}
	if v.Rest.SessionID != "session-0" || !v.Rest.LastSession.Equal(hour(0)) {
		t.Errorf("last session %+v", v.Rest)
	}
}

// TestSettled is what WindowOf stands on.
func TestSettled(t *testing.T) {
	for _, c := range []struct {
		name string
		s    *story
		want float64 // 0: unknown
	}{
		{"open", new(story).roll(0, 0.25).tell(24, all(itch(1))), 0},
		{"closed", new(story).roll(0, 0.25).tell(24, all(itch(1))).tell(30, calmly()), 30 + 48},
		{"a T2", new(story).roll(0, 0.25).tell(24, all(itch(7))).tell(30, calmly()), 30 + 168},
		{"a T2, released", new(story).roll(0, 0.25).tell(24, all(itch(7))).tell(30, calmly()).tell(900, calmly()), 30 + 168},
		{"a T2, then irritated", new(story).roll(0, 0.25).tell(24, all(itch(7))).tell(30, calmly()).tell(100, all(itch(1))), 0},
		{"a T3", new(story).roll(0, 0.25).tell(24, all(odour("yes"))).tell(30, calmly()), 0},
		{"a T3, seen", new(story).roll(0, 0.25).tell(24, all(odour("yes"))).tell(30, calmly()).clinician(40, OutcomeSeen), 0},
		{"a T3, cleared", new(story).roll(0, 0.25).tell(24, all(odour("yes"))).tell(30, calmly()).clinician(40, OutcomeCleared), 30 + 336},
		{"a T3, cleared late", new(story).roll(0, 0.25).tell(24, all(odour("yes"))).tell(30, calmly()).clinician(900, OutcomeCleared), 900},
		{"a T3, cleared late, long ago", new(story).roll(0, 0.25).tell(24, all(odour("yes"))).tell(30, calmly()).clinician(900, OutcomeCleared).tell(950, calmly()), 900},
	} {
		got := c.s.at(1000).Episodes[0].SettledAt
		if c.want == 0 && !got.IsZero() || c.want != 0 && !got.Equal(hour(c.want)) {
			t.Errorf("%s: %v, want %v h", c.name, got, c.want)
		}
	}
}

func TestFutureRowsWaitForTheirTime(t *testing.T) {
	s := new(story).roll(10, 0.5).tell(20, all(discharge("thick"))).clinician(30, OutcomeSeen).ack(40, SameDay, "watching")
	for h, next := range map[float64]float64{0: 10, 10: 20, 20: 30, 30: 40} {
		if v := s.at(h); !v.Next.Equal(hour(next)) {
			t.Errorf("at %v h next is %v, want %v h", h, v.Next, next)
		}
	}
	if v := s.at(9); len(v.Sessions) != 0 || v.Rest.State != RestReady || len(v.Reports) != 0 || len(v.Warnings) != 0 {
		t.Errorf("before it all: %+v", v)
	}
}

func TestRowsAreCompleteAndStable(t *testing.T) {
	want := map[string]int{"NL": 11, "RS": 14, "SX": 1, "HL": 6, "AC": 20, "DV": 8, "EM": 9, "SD": 18, "DS": 14, "WT": 12, "EX": 1, "DQ": 12, "RM": 13, "RK": 26, "PG": 10}
	got, seen := map[string]int{}, map[string]bool{}
	for _, r := range Rules() {
		if seen[r.ID] || r.Summary == "" {
			t.Errorf("row %+v twice or empty", r)
		}
		seen[r.ID] = true
		got[r.ID[:2]]++
		if triaged := slices.Contains([]string{"EM", "SD", "DS", "WT", "EX"}, r.ID[:2]) && r.ID != "WT-08"; triaged != (r.Tier != "") {
			t.Errorf("tier %q of %s", r.Tier, r.ID)
		}
	}
	for prefix, n := range want {
		if got[prefix] != n {
			t.Errorf("%s: %d rows, want %d", prefix, got[prefix], n)
		}
	}
	if !slices.EqualFunc(Rules(), Rules(), func(a, b Row) bool { return a.ID == b.ID }) {
		t.Error("the order changes")
	}
	keys := Keys()
	slices.Sort(keys)
	if len(slices.Compact(keys)) != len(Keys()) {
		t.Error("a key stands twice")
	}
}

func TestKeysNameEveryTextThatCanBeGiven(t *testing.T) {
	keys := Keys()
	for _, r := range riskCodes {
		p := Person{Risks: []Risk{{Code: r.code}}}
		for _, b := range Assess(History{}, p, t0).Rest.Blocks {
			if !slices.Contains(keys, b.Code) {
				t.Errorf("%s is not among the keys", b.Code)
			}
		}
	}
	for _, key := range []string{"rest.RS-07.RK-20", "rest.RS-07.RK-22", "warning.DS-01"} {
		if slices.Contains(keys, key) {
			t.Errorf("%s is never given", key)
		}
	}
	if len(keys) != 123 {
		t.Errorf("%d keys", len(keys))
	}
}

func TestTierNames(t *testing.T) {
	for tier, name := range map[Tier]string{Expected: "expected", Watch: "watch", DoctorSoon: "doctor_soon", SameDay: "same_day", Emergency: "emergency"} {
		text, err := tier.MarshalText()
		if err != nil || string(text) != name || tier.String() != name {
			t.Errorf("%v is written as %q, %v: want %s", tier, text, err, name)
		}
		got := Tier(-1)
		if err := got.UnmarshalText(text); err != nil || got != tier {
			t.Errorf("%s is read as %v, %v", name, got, err)
		}
	}
	if err := new(Tier).UnmarshalText([]byte("fine")); err == nil {
		t.Error("a tier of no name is read")
	}
	if got := Tier(-1).String() + Tier(5).String(); got != "tier(-1)tier(5)" {
		t.Errorf("odd tiers are %s", got)
	}
}
