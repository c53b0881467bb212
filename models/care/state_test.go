package care

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func rules(v Verdict, report string) []string { return v.Reports[report].Rules }

// gravest is the highest tier warned of and the rule that raised it.
func gravest(v Verdict) (Tier, string) {
	tier, rule := Expected, "EX-00"
	for _, w := range v.Warnings {
		if w.Tier > tier {
			tier, rule = w.Tier, w.Rule()
		}
	}
	return tier, rule
}

func wantRule(t *testing.T, v Verdict, report, rule string, want bool) {
	t.Helper()
	if got := rules(v, report); slices.Contains(got, rule) != want {
		t.Errorf("%s: %s is %v, want %v; fired %v", report, rule, !want, want, got)
	}
}

func TestEarlyRulesCountFromTheNewestSession(t *testing.T) {
	// Redness of a fresh session is no redness of day 5.
	s := new(story).roll(0, 0.5).tell(60, all(erythema(1))).roll(100, 0.5).tell(105, all(erythema(2), pain(4)))
	v := s.at(105)
	wantRule(t, v, "report-1", "DS-04", false)
	wantRule(t, v, "report-1", "SD-07", false)
	if got := v.Episodes[0]; got.AnchorSession != "session-0" || !got.AnchorAt.Equal(hour(0)) || got.FirstReport != "report-0" {
		t.Errorf("anchored %+v, want the first session", got)
	}
}

func TestRollingOnAWarnedScalpResetsNothing(t *testing.T) {
	// The last report before the session was a T2: ages go on, lows stay.
	s := new(story).roll(0, 0.5).tell(90, all(erythema(1))).tell(96, all(erythema(2))).roll(100, 0.5)
	s.tell(101, all(erythema(3), pain(7), nodes("yes"), trend("worse"))).tell(130, all(erythema(2)))
	s.tell(131, calmly()).tell(132, all(erythema(2), pain(6)))
	v := s.at(140)
	for _, rule := range []string{"DS-04", "SD-06", "SD-07", "SD-11"} {
		wantRule(t, v, "report-2", rule, true)
	}
	wantRule(t, v, "report-3", "DS-04", true)
	wantRule(t, v, "report-5", "DS-04", false) // a calm report came between
	wantRule(t, v, "report-5", "SD-06", false)

	// DS-03 and SD-08 on their own: no rise, the trend alone, the signs alone.
	s = new(story).roll(0, 0.5).tell(96, all(erythema(2))).roll(100, 0.5).tell(101, all(erythema(2), trend("worse"))).
		tell(102, all(erythema(2), warmth(1), swelling(1)))
	wantRule(t, s.at(102), "report-1", "DS-03", true)
	wantRule(t, s.at(102), "report-2", "SD-08", true)

	// A T1 before the session: everything starts anew.
	s = new(story).roll(0, 0.5).tell(60, all(erythema(2))).roll(100, 0.5).tell(101, all(erythema(3), pain(7)))
	for _, rule := range []string{"DS-04", "SD-06", "SD-07"} {
		wantRule(t, s.at(101), "report-1", rule, false)
	}
}

func TestASilentWarningBeforeTheSessionCountsAsWell(t *testing.T) {
	s := new(story).roll(0, 0.5).tell(100, all(erythema(1))).roll(170, 0.5).tell(171, all(erythema(2)))
	wantRule(t, s.at(171), "report-1", "DS-04", true)
	s = new(story).roll(0, 0.5).tell(100, all(erythema(1))).roll(168, 0.5).tell(169, all(erythema(2)))
	wantRule(t, s.at(169), "report-1", "DS-04", false)
}

func TestAPartialReportNeitherOpensNorClosesNorHides(t *testing.T) {
	partial := Answers{Itch: new(0)}
	if v := new(story).roll(0, 0.5).tell(50, partial).at(51); len(v.Episodes) != 0 {
		t.Errorf("a partial report opens %+v", v.Episodes)
	}
	v := new(story).roll(0, 0.5).tell(100, all(erythema(1))).tell(120, partial).at(169)
	if len(v.Warnings) != 1 || v.Warnings[0].Rule() != "DS-01" || !v.Warnings[0].Fired[0].At.Equal(hour(168).Add(tick)) {
		t.Errorf("after a partial report the silence says %+v", v.Warnings)
	}
	if tier, rule := gravest(v); tier != DoctorSoon || rule != "DS-01" || v.Warnings[0].Title != "warning.DS-01.a" {
		t.Errorf("in silence %+v", v.Warnings)
	}
	if got := v.Episodes[0]; got.Tier != DoctorSoon || got.PeakTier != DoctorSoon || !slices.Equal(got.Reports, []string{"report-0", "report-1"}) || !got.LastReportAt.Equal(hour(120)) {
		t.Errorf("episode %+v", got)
	}
	// Everything said to be 0, but for old marks: DS-01 has nothing left to say.
	v = new(story).roll(0, 0.5).tell(100, all(erythema(1))).tell(120, all(skin("lasting_marks"))).at(169)
	if len(v.Warnings) != 0 || v.Episodes[0].State != EpisodeOpen {
		t.Errorf("nothing but marks is left: %+v, %+v", v.Warnings, v.Episodes)
	}
}

func TestSilenceSpeaksAtItsMoments(t *testing.T) {
	s := new(story).risk("diabetes").roll(0, 0.5).tell(48, all(erythema(1)))
	for _, c := range []struct {
		h    float64
		tier Tier
		rule string
		next time.Time
	}{
		{49, Expected, "EX-00", hour(96)},
		{96 - ms, Expected, "EX-00", hour(96)},
		{96, DoctorSoon, "DS-02", hour(168).Add(tick)},
		{168 + ms, DoctorSoon, "DS-02", hour(204)},
		{204 - ms, DoctorSoon, "DS-02", hour(204)},
		{204, SameDay, "SD-15", hour(240).Add(tick)},
		{240 + ms, SameDay, "SD-15", hour(14 * 24)},
	} {
		v := s.at(c.h)
		if tier, rule := gravest(v); tier != c.tier || rule != c.rule {
			t.Errorf("at %v h: %v by %s, want %v by %s", c.h, tier, rule, c.tier, c.rule)
		}
		if c.h < 240 && !v.Next.Equal(c.next) {
			t.Errorf("at %v h: next %v, want %v", c.h, v.Next, c.next)
		}
	}
	exact := Assess(s.h, s.p, hour(96))
	if _, rule := gravest(exact); rule != "DS-02" || len(exact.Warnings) != 1 {
		t.Errorf("at its very moment: %+v", exact.Warnings)
	}
	v := s.at(300)
	want := map[Tier][]Fired{
		DoctorSoon: {{Rule: "DS-02", At: hour(96), ByTime: true}, {Rule: "DS-01", At: hour(168).Add(tick), ByTime: true}, {Rule: "DS-10", At: hour(240).Add(tick), ByTime: true}},
		SameDay:    {{Rule: "SD-15", At: hour(204), ByTime: true}},
	}
	for _, w := range v.Warnings {
		if !slices.Equal(w.Fired, want[w.Tier]) || !slices.Equal(w.Reports, []string{"report-0"}) {
			t.Errorf("%v: %+v", w.Tier, w)
		}
	}
	if len(v.Warnings) != 2 || v.Warnings[0].State != WarningSuperseded || v.Warnings[1].State != WarningActive {
		t.Errorf("warnings %+v", v.Warnings)
	}
	// Mild rest is not raised for people at risk.
	v = new(story).risk("diabetes").roll(0, 0.5).tell(48, all(itch(3))).at(300)
	if tier, rule := gravest(v); tier != DoctorSoon || rule != "DS-01" {
		t.Errorf("mild rest: %+v", v.Warnings)
	}
	// DS-10 waits for 72 h after the onset.
	v = new(story).roll(0, 0.5).tell(200, all(itch(1))).at(271)
	if len(v.Warnings[0].Fired) != 1 || !v.Next.Equal(hour(272)) {
		t.Errorf("before 72 h of it: %+v, next %v", v.Warnings[0].Fired, v.Next)
	}
	if got := s.at(300).Warnings[0].Title; got != "warning.DS-10" {
		t.Errorf("title %s, want that of the newest rule", got)
	}
}

func TestAReportAtTheVeryMomentSpeaksForItself(t *testing.T) {
	s := new(story).roll(0, 0.5).tell(100, all(erythema(1))).tell(0, all(itch(1)))
	s.h.Reports[1].At = hour(168).Add(tick)
	w := warned(t, s.at(170), DoctorSoon)
	if want := []Fired{{Rule: "DS-01", At: hour(168).Add(tick)}}; !slices.Equal(w.Fired, want) || !slices.Equal(w.Reports, []string{"report-1"}) {
		t.Errorf("%+v", w)
	}
}

func TestNoSessionWithinSixtyDaysAllowsNoHealing(t *testing.T) {
	v := new(story).tell(0, all(erythema(2))).at(0)
	for _, rule := range []string{"DS-04", "WT-01"} {
		wantRule(t, v, "report-0", rule, true)
	}
	wantRule(t, v, "report-0", "DS-01", false)
	if got := v.Reports["report-0"]; got.HoursSince != -1 || v.Episodes[0].AnchorSession != "" || !v.Episodes[0].AnchorAt.Equal(hour(0)) {
		t.Errorf("%+v, %+v", got, v.Episodes[0])
	}
	// DS-01 counts from the onset.
	v = new(story).tell(0, all(erythema(1))).at(169)
	if _, rule := gravest(v); rule != "DS-01" {
		t.Errorf("a week later %+v", v.Warnings)
	}
	within := new(story).roll(0, 0.5).tell(60*24, all(itch(1))).at(60 * 24)
	if got := within.Reports["report-0"]; got.HoursSince != 60*24 || within.Episodes[0].AnchorSession != "session-0" {
		t.Errorf("60 d: %+v", got)
	}
	beyond := new(story).roll(0, 0.5).tell(60*24+ms, all(itch(1))).at(61 * 24)
	if got := beyond.Reports["report-0"]; got.HoursSince != -1 || beyond.Episodes[0].AnchorSession != "" {
		t.Errorf("more than 60 d: %+v", got)
	}
	// Lows reach back 60 d.
	v = new(story).tell(0, all(swelling(0), itch(1))).tell(60*24, all(swelling(2))).at(60 * 24)
	wantRule(t, v, "report-1", "SD-07", true)
	v = new(story).tell(0, all(swelling(0), itch(1))).tell(60*24+ms, all(swelling(2))).at(60*24 + 1)
	wantRule(t, v, "report-1", "SD-07", false)
}

func TestWordingsOfDS01(t *testing.T) {
	before := func(s *Session) { s.Baseline = Baseline{Itch: new(2), Flaking: new(1)} }
	for _, c := range []struct {
		title string
		s     *story
	}{
		{"warning.DS-01.a", new(story).roll(0, 0.5).tell(100, all(erythema(1))).tell(170, all(erythema(1), itch(1)))},
		{"warning.DS-01.a", new(story).roll(0, 0.5).tell(100, all(itch(1))).tell(170, all(lumps("firm_bumps")))},
		{"warning.DS-01.b", new(story).roll(0, 0.5).tell(100, all(itch(1))).tell(170, all(itch(1), flaking(1), burning(1)))},
		{"warning.DS-01.baseline", new(story).roll(0, 0.5, before).tell(100, all(itch(1))).tell(170, all(itch(2), flaking(1)))},
		{"warning.DS-01.b", new(story).roll(0, 0.5, before).tell(100, all(itch(1))).tell(170, all(itch(3)))},
		{"warning.DS-01.b", new(story).roll(0, 0.5, before).tell(100, all(itch(1))).tell(170, all(itch(1), flaking(2)))},
		{"warning.DS-01.b", new(story).roll(0, 0.5, before).tell(100, all(itch(1))).tell(170, all(itch(1), burning(1)))},
		{"warning.DS-01.c", new(story).roll(0, 0.5).tell(100, calmly()).tell(170, all(itch(1)))},
		{"warning.DS-01.b", new(story).roll(0, 0.5).tell(100, calmly()).tell(168, all(itch(1))).tell(170, all(itch(1)))},
		{"warning.DS-01.b", new(story).roll(0, 0.5).tell(170, all(itch(1)))},
		{"warning.DS-01.c", new(story).roll(0, 0.5).tell(100, calmly()).tell(170, all(itch(1))).tell(180, all(itch(1)))},
	} {
		id := c.s.h.Reports[len(c.s.h.Reports)-1].ID
		if got := c.s.at(200).Reports[id]; got.Rule != "DS-01" || got.Title != c.title {
			t.Errorf("%s by %s, want %s", got.Title, got.Rule, c.title)
		}
	}
}

func TestAClinicianStopsTheEscalation(t *testing.T) {
	told := func(s *story) *story { return s.roll(0, 0.5).tell(100, all(erythema(2))) }
	again := all(erythema(2))
	for _, c := range []struct {
		name string
		s    *story
		want bool
	}{
		{"nobody", told(new(story)).tell(172, again), true},
		{"seen", told(new(story)).clinician(101, OutcomeSeen).tell(172, again), false},
		{"seen before it", told(new(story)).clinician(99, OutcomeSeen).tell(172, again), true},
		{"seen at once", told(new(story)).clinician(100, OutcomeSeen).tell(172, again), false},
		{"cleared", told(new(story)).clinician(101, OutcomeCleared).tell(172, again), false},
		{"booked", told(new(story)).clinician(110, OutcomeBooked).tell(182-ms, again), false},
		{"booked 72 h ago", told(new(story)).clinician(110, OutcomeBooked).tell(182, again), true},
		{"booked before it", told(new(story)).clinician(99.9, OutcomeBooked).tell(171.8, again).tell(172, again), true},
		{"seen, by the report", told(new(story)).tell(172, all(erythema(2), func(a *Answers) { a.SeenByClinician = true })), false},
		{"acknowledged as seen", told(new(story)).ack(101, DoctorSoon, "seen").tell(172, again), false},
		{"acknowledged as booked", told(new(story)).ack(110, DoctorSoon, "booked").tell(172, again), false},
		{"will book", told(new(story)).ack(110, DoctorSoon, "will_book").tell(172, again), true},
	} {
		id := c.s.h.Reports[len(c.s.h.Reports)-1].ID
		if got := rules(c.s.at(200), id); slices.Contains(got, "SD-17") != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	// The rule must be the one that held: another one starts its own 72 h.
	s := new(story).roll(0, 0.5).tell(100, all(itch(7))).tell(172, all(lumps("few_pimples")))
	wantRule(t, s.at(172), "report-1", "SD-17", false)
	// What silence raised counts from its moment.
	s = new(story).roll(0, 0.5).tell(100, all(erythema(1))).tell(240+ms, all(erythema(1)))
	wantRule(t, s.at(241), "report-1", "SD-17", true)
	s = new(story).roll(0, 0.5).tell(100, all(erythema(1))).tell(240, all(erythema(1)))
	wantRule(t, s.at(240), "report-1", "SD-17", false)
}

func TestAskAgainNamesWhatWasNotSure(t *testing.T) {
	a := all(discharge("not_sure"), odour("not_sure"), nodes("not_sure"), feverish("not_sure"), systemic("not_sure"), alarm("not_sure"))
	got := new(story).roll(0, 0.5).tell(1, a).at(1).Reports["report-0"].AsksAgain
	want := []string{"discharge", "odour", "tender_nodes", "feverish", "systemic", "alarm"}
	if !slices.Equal(got, want) {
		t.Errorf("asks again %v, want %v", got, want)
	}
	if got := new(story).roll(0, 0.5).tell(1, calmly()).at(1).Reports["report-0"].AsksAgain; got != nil {
		t.Errorf("a sure report asks again %v", got)
	}
	answers := reflect.TypeFor[Answers]()
	for i := range answers.NumField() {
		field := answers.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if unsure := strings.HasSuffix(field.Tag.Get("enum"), "not_sure"); unsure != slices.Contains(want, name) {
			t.Errorf("%s may be answered with not sure: %v", name, unsure)
		}
	}
}
