package care

import (
	"slices"
	"testing"
	"time"
)

func slotsOf(items []Item, kind Kind) []string {
	var out []string
	for _, it := range of(items, kind) {
		out = append(out, it.Slot)
	}
	return out
}

func TestSection144CheckIns(t *testing.T) {
	one := func(reports ...Report) History {
		return History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: reports}
	}
	at := func(h History, p Person, after time.Duration) []string {
		return slotsOf(planOf(h, p, planStart(t).Add(after)), KindCheckIn)
	}
	p := planPerson(t)
	for _, c := range []struct {
		row  string
		h    History
		want []string
	}{
		{"RM-04: nothing told", one(), []string{"24h", "72h", "120h", "156h", "240h"}},
		{"RM-04: something open at the last report", one(told(t, "r1", 24*time.Hour, red)), []string{"24h", "72h", "120h", "156h", "180h", "240h"}},
		{"RM-04: calm since", one(told(t, "r1", 24*time.Hour, red), told(t, "r2", 150*time.Hour, nil)), []string{"24h", "72h", "120h", "156h", "240h"}},
		{"RM-12: two calm reports 24 h apart", one(told(t, "r1", 20*time.Hour, nil), told(t, "r2", 44*time.Hour, nil)), []string{"24h", "156h", "240h"}},
		{"RM-12: less than 24 h", one(told(t, "r1", 20*time.Hour, nil), told(t, "r2", 44*time.Hour-1, nil)), []string{"24h", "72h", "120h", "156h", "240h"}},
		{"RM-12: only what comes after them", one(told(t, "r1", 72*time.Hour, nil), told(t, "r2", 100*time.Hour, nil)), []string{"24h", "72h", "156h", "240h"}},
		{"RM-12: a symptom since", one(told(t, "r1", 10*time.Hour, nil), told(t, "r2", 34*time.Hour, nil), told(t, "r3", 40*time.Hour, red)), []string{"24h", "72h", "120h", "156h", "180h", "240h"}},
	} {
		if got := at(c.h, p, 160*time.Hour); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.row, got, c.want)
		}
	}
	for _, it := range of(planOf(one(), p, planStart(t)), KindCheckIn) {
		if want := it.Slot != "24h"; it.OneTap != want {
			t.Errorf("RM-04: nothing left is one tap from 72 h on: %+v", it)
		}
	}

	three := History{Sessions: []Session{rolled(t, "s1", 0.25, -10*day), rolled(t, "s2", 0.25, -5*day), rolled(t, "s3", 0.25, 0)}}
	if got := at(three, p, 0); !slices.Equal(got, []string{"fewer", "24h", "72h", "156h"}) {
		t.Errorf("RM-13: two cycles without an answer: %v", got)
	}
	answered := three
	answered.Reports = []Report{told(t, "r1", -9*day, nil)}
	if got := at(answered, p, 0); slices.Contains(got, "fewer") || !slices.Contains(got, "120h") {
		t.Errorf("RM-13: an answer in the first of them: %v", got)
	}
	p.FewerQuestions = new(true)
	if got := at(three, p, 0); !slices.Equal(got, []string{"24h", "72h", "156h"}) {
		t.Errorf("RM-13: yes, and no second question: %v", got)
	}
	p.FewerQuestions = new(false)
	if got := at(three, p, 0); slices.Contains(got, "fewer") || !slices.Contains(got, "240h") {
		t.Errorf("RM-13: no: %v", got)
	}
}

func TestSection144Silence(t *testing.T) {
	s := new(story).risk("diabetes").roll(0, 0.5).tell(60, all(erythema(1)))
	for _, c := range []struct {
		row  string
		h    float64
		rule string
	}{
		{"DS-02 in silence not before 96 h", 96 - ms, "EX-00"},
		{"DS-02 in silence from 96 h", 96, "DS-02"},
		{"SD-15 in silence not before 204 h", 204 - ms, "DS-02"},
		{"SD-15 in silence from 204 h", 204, "SD-15"},
	} {
		if _, rule := gravest(s.at(c.h)); rule != c.rule {
			t.Errorf("%s: %s", c.row, rule)
		}
	}
	if v := new(story).roll(0, 0.5).tell(60, all(itch(1))).at(168 + ms); len(v.Warnings) != 1 || v.Warnings[0].Rule() != "DS-01" {
		t.Errorf("DS-01 in silence stays at 168 h: %+v", v.Warnings)
	}

	late := func(received ...float64) Fired {
		s := new(story).roll(0, 0.5)
		for i, at := range received {
			s.tell(24+float64(i), all(erythema(1)))
			s.h.Reports[i].ReceivedAt = hour(at)
		}
		return warned(t, s.at(500), DoctorSoon).Fired[0]
	}
	if got := late(400, 401); !got.PushNotBefore.Equal(hour(401).Add(time.Minute)) || !got.At.Equal(hour(168).Add(tick)) {
		t.Errorf("RM-14: recorded at once, pushed a minute after the last of them: %+v", got)
	}
	if got := late(30, 31+ms); got.PushNotBefore.IsZero() {
		t.Errorf("RM-14: received more than 6 h after: %+v", got)
	}
	if got := late(30, 31); !got.PushNotBefore.IsZero() {
		t.Errorf("RM-14: received within 6 h: %+v", got)
	}
	if got := warned(t, new(story).roll(0, 0.5).tell(200, all(erythema(1))).at(200), DoctorSoon).Fired[0]; !got.PushNotBefore.IsZero() {
		t.Errorf("RM-14: told in a report: %+v", got)
	}
}

// RM-11: the default quiet hours begin at 21:00.
func TestSection142Remeasuring(t *testing.T) {
	warm := func(a *Answers) { c := 37.6; a.TemperatureC, a.Erythema, a.Feverish = &c, grade(1), "" }
	for after, want := range map[time.Duration]string{
		28 * time.Hour:                "05-05 20:00",          // told at 16:00
		31*time.Hour + 10*time.Minute: "05-05 23:00 in quiet", // at 19:10: four hours would be 23:10
		30 * time.Hour:                "05-05 22:00 in quiet",
		33 * time.Hour:                "05-06 08:00", // at 21:00: four hours are past 23:00
	} {
		h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Reports: []Report{told(t, "r1", after, warm)}}
		it := step(t, planOf(h, planPerson(t), planStart(t).Add(after)), KindRecheck, "temperature")
		got := local(t, it.Due)
		if it.InQuiet {
			got += " in quiet"
		}
		if got != want {
			t.Errorf("told after %v: %s, want %s", after, got, want)
		}
	}
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Reports: []Report{told(t, "r1", 29*time.Hour, warm), told(t, "r2", 30*time.Hour, warm)}}
	items := of(planOf(h, planPerson(t), planStart(t).Add(31*time.Hour)), KindRecheck)
	if len(items) != 2 || !items[0].InQuiet || items[1].InQuiet {
		t.Errorf("once an evening: %+v", items)
	}
}

func TestSection145HairLoss(t *testing.T) {
	set := DateOf(t0)
	for _, c := range []struct {
		row    string
		loss   HairLoss
		rule   string // that blocks
		lifted bool   // by a clinician
	}{
		{"HL-01: sudden", HairLoss{Type: "unknown", SetOn: set, Sudden: true}, "HL-01", true},
		{"HL-01: patchy", HairLoss{Type: "unknown", SetOn: set, Patchy: true}, "HL-01", true},
		{"HL-01: painful or scaly", HairLoss{Type: "unknown", SetOn: set, PainfulOrScaly: true}, "HL-01", true},
		{"HL-02: areata", HairLoss{Type: "alopecia_areata", SetOn: set}, "HL-02", true},
		{"HL-02: scarring", HairLoss{Type: "scarring", SetOn: set}, "HL-02", true},
		{"HL-03: traction with tight styles", HairLoss{Type: "traction", SetOn: set, TightStyles: true}, "HL-03", false},
		{"HL-03: loosened", HairLoss{Type: "traction", SetOn: set}, "", true},
		{"HL-04: shorter than 6 months", HairLoss{Type: "telogen_effluvium", SetOn: set, OnsetOn: set}, "", true},
		{"HL-04: longer", HairLoss{Type: "telogen_effluvium", SetOn: set, OnsetOn: set.AddDays(-170)}, "HL-04", true},
		{"HL-05", HairLoss{Type: "androgenetic", SetOn: set}, "", true},
	} {
		p := Person{RisksReviewedAt: t0, HairLoss: &c.loss}
		got := Assess(History{}, p, hour(24*20)).Rest
		blocked := ""
		if got.State == RestBlocked {
			blocked = got.Blocks[0].Code
		}
		if want := "rest.RS-07." + c.rule; c.rule != "" && blocked != want || c.rule == "" && blocked != "" {
			t.Errorf("%s: blocked by %q", c.row, blocked)
		}
		p.ClinicianClearedOn = set.AddDays(1)
		if ready := Assess(History{}, p, hour(24*20)).Rest.State == RestReady; ready != c.lifted {
			t.Errorf("%s: after a clinician agreed ready is %v", c.row, ready)
		}
	}
	for kind, rule := range map[string]string{"telogen_effluvium": "HL-04", "androgenetic": "HL-05", "unknown": "HL-06"} {
		for days, want := range map[float64]bool{89: kind != "unknown", 91: true} {
			s := new(story).roll(days*24, 0.25)
			s.p.HairLoss = &HairLoss{Type: kind, SetOn: set}
			if got := slices.Contains(advice(s.at(days*24), 0), rule); got != want {
				t.Errorf("%s informs after %v d: %v", rule, days, got)
			}
		}
	}
}

func TestSection145Expectations(t *testing.T) {
	for mm, want := range map[float64][2]int{0.25: {68, 7}, 0.5: {19, 2}, 1.0: {13, 3}, 1.5: {10, 10}} {
		if e := Expect(mm, false); e.Sessions != want[0] || e.Rollers != want[1] {
			t.Errorf("PG-14: %v mm: %+v, want %v", mm, e, want)
		}
	}
	if e := Expect(0.25, true); e.RestDays != 6 || e.Sessions != 45 {
		t.Errorf("PG-14: the rest in force: %+v", e)
	}
	for p, want := range map[Progress]bool{
		{Scale: "norwood", Value: 7}: true, {Scale: "norwood", Value: 8}: false, {Scale: "norwood", Value: 0}: false, {Scale: "norwood", Value: 3.5}: false,
		{Scale: "ludwig", Value: 3}: true, {Scale: "ludwig", Value: 4}: false, {Scale: "sinclair", Value: 5}: true, {Scale: "sinclair", Value: 6}: false,
		{Scale: "salt", Value: 0}: true, {Scale: "salt", Value: 99.5}: true, {Scale: "salt", Value: 101}: false, {Scale: "savin", Value: 1}: false,
	} {
		if p.OnScale() != want {
			t.Errorf("PG-15: %s %v on its scale: %v", p.Scale, p.Value, !want)
		}
	}
	outcome := func(change *int, ago time.Duration) string {
		now := planStart(t).Add(271 * day)
		h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Progress: []Progress{{At: now.Add(-ago), Change: change}}}
		it := step(t, planOf(h, planPerson(t), now), KindProgress, "270")
		if better := it.Rule == "PG-15"; better != (it.Key == "progress.review") {
			t.Errorf("PG-15: %s has the words of %s", it.Rule, it.Key)
		}
		return it.Rule
	}
	if outcome(nil, day) != "PG-11" || outcome(new(0), day) != "PG-11" || outcome(new(-1), day) != "PG-11" || outcome(new(1), day) != "PG-15" || outcome(new(1), 91*day) != "PG-11" {
		t.Error("PG-11: at 270 d with no change or worse, or none told lately")
	}

	p := planPerson(t)
	p.UsesMinoxidil, p.MinoxidilSince = true, planStart(t)
	for days, want := range map[int]bool{0: true, 55: true, 57: false} {
		items := planOf(History{}, p, planStart(t).Add(time.Duration(days)*day))
		if got := has(items, KindProgress, "shedding"); got != want {
			t.Errorf("PG-13: planned after %d d: %v", days, got)
		}
	}
	if it := step(t, planOf(History{}, p, planStart(t)), KindProgress, "shedding"); local(t, it.Due) != "05-18 09:00" || local(t, it.Expires) != "06-29 09:00" || !it.Silent {
		t.Errorf("PG-13: weeks 2 to 8: %+v", it)
	}
}

// RM-04 and DQ-04: without a session within 60 days "from 72 h on" holds, so
// that a session that is deleted, or lies long ago, changes no question.
func TestAQuestionWithoutASessionOffersNothingLeft(t *testing.T) {
	for name, sessions := range map[string][]float64{"never rolled": nil, "rolled long ago": {-700 * 24}} {
		t.Run(name, func(t *testing.T) {
			var s story
			for _, at := range sessions {
				s.roll(at, 0.5)
			}
			s.tell(0, Answers{Itch: new(2), Flaking: new(1)}) // asked again by WT-11
			_, items := Judge(s.h, Person{}, hour(1))
			i := slices.IndexFunc(items, func(it Item) bool { return it.Slot == "again" })
			if i < 0 || !items[i].OneTap {
				t.Fatalf("the question offers no tap: %+v", items)
			}
		})
	}
}
