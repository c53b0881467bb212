package care

import (
	"testing"
	"time"
)

// A step rides in a check-in that is due within the three hours after it.
func TestAStepRidesWithinThreeHoursOfACheckIn(t *testing.T) {
	p := planPerson(t)
	p.QuietHours, p.Risks = Hours{}, []Risk{{Code: "kidney_disease"}} // at risk: a check-in at 60 h
	for due, rides := range map[time.Duration]string{
		57*time.Hour - time.Minute: "", 57 * time.Hour: "60h", 60 * time.Hour: "60h",
	} {
		// AC-06: the 72 h of 0.5 mm end within the cycle of the newer session.
		h := History{Sessions: []Session{rolled(t, "s0", 0.5, due-72*time.Hour), rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r0", time.Hour, nil)}}
		it := step(t, planOf(h, p, planStart(t).Add(2*time.Hour)), KindAftercare, "AC-06")
		if !it.Due.Equal(planStart(t).Add(due)) || it.RidesWith != rides || it.HeldBy != "" {
			t.Errorf("due after %v: %+v, want to ride with %q", due, it, rides)
		}
	}
}

// What sends no push of its own, or is held, rides in none.
func TestOnlyAPushRidesInAnother(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}}
	for _, reports := range [][]Report{nil, {told(t, "r1", 12*time.Hour, nil)}} {
		h.Reports = reports
		rides := 0
		for _, it := range of(planOf(h, planPerson(t), planStart(t).Add(13*time.Hour)), KindAftercare) {
			if it.RidesWith != "" {
				rides++
			}
			if it.RidesWith != "" && (it.Silent || it.HeldBy != "") {
				t.Errorf("rides: %+v", it)
			}
		}
		if calm := reports != nil; calm != (rides > 0) {
			t.Errorf("calm is %v, %d steps ride", calm, rides)
		}
	}
}

// AC-00: a step that waits for a calm scalp waits as long as its session counts
// (DQ-04), and no longer.
func TestAHeldStepWaitsForSixtyDays(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", 20*time.Hour, red)}}
	it := step(t, planOf(h, planPerson(t), planStart(t).Add(30*time.Hour)), KindAftercare, "AC-04")
	if it.HeldBy != "AC-00" || !it.Expires.Equal(planStart(t).Add(60*day)) {
		t.Errorf("%+v", it)
	}
}

// What was told in time stays told when a danger comes later.
func TestALaterWarningTakesBackNoStep(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Reports: []Report{told(t, "r1", 12*time.Hour, nil), told(t, "r2", 100*time.Hour, pus)}}
	items := planOf(h, planPerson(t), planStart(t).Add(101*time.Hour))
	if it := step(t, items, KindAftercare, "AC-04"); it.HeldBy != "" || local(t, it.Due) != "05-06 12:00" {
		t.Errorf("due before it: %+v", it)
	}
	if it := step(t, items, KindAftercare, "AC-07"); it.HeldBy != "AC-00" {
		t.Errorf("due after it: %+v", it)
	}
}

// Calm is what was told since the session, its very moment included, and nothing
// of today's concern since.
func TestWhatCountsAsCalmForAStep(t *testing.T) {
	scar := func(a *Answers) { a.Skin = Set{"raised_scar"} } // a watch, yet no symptom
	for _, c := range []struct {
		name    string
		reports []Report
		held    string
	}{
		{"before the session", []Report{told(t, "r1", -time.Millisecond, nil)}, "AC-00"},
		{"at its moment", []Report{told(t, "r1", 0, nil)}, ""},
		{"a watch after it", []Report{told(t, "r1", 12*time.Hour, nil), told(t, "r2", 30*time.Hour, scar)}, "AC-00"},
	} {
		h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Reports: c.reports}
		if it := step(t, planOf(h, planPerson(t), planStart(t).Add(31*time.Hour)), KindAftercare, "AC-04"); it.HeldBy != c.held {
			t.Errorf("%s: held by %q, want %q", c.name, it.HeldBy, c.held)
		}
	}
}

// AC-01 is for those who use minoxidil now: by what they set, or told of this
// session and since it.
func TestWhoIsRemindedOfMinoxidil(t *testing.T) {
	uses := []Product{{Kind: "oil"}, {Kind: "minoxidil"}}
	using := func(a *Answers) { a.Products = uses }
	before, with, without := rolled(t, "s0", 0.25, -10*day), rolled(t, "s1", 0.25, 0), rolled(t, "s1", 0.25, 0)
	before.Products, with.Products = uses, uses
	for name, c := range map[string]struct {
		h    History
		want bool
	}{
		"on this session":     {History{Sessions: []Session{with}}, true},
		"on an earlier one":   {History{Sessions: []Session{before, without}}, false},
		"told before it":      {History{Sessions: []Session{without}, Reports: []Report{told(t, "r1", -time.Millisecond, using)}}, false},
		"told at its moment":  {History{Sessions: []Session{without}, Reports: []Report{told(t, "r1", 0, using)}}, true},
		"never spoken of it":  {History{Sessions: []Session{without}}, false},
		"another thing alone": {History{Sessions: []Session{without}, Reports: []Report{told(t, "r1", 0, func(a *Answers) { a.Products = uses[:1] })}}, false},
	} {
		if got := has(planOf(c.h, planPerson(t), planStart(t).Add(time.Hour)), KindAftercare, minoxidilStep); got != c.want {
			t.Errorf("%s: reminded is %v", name, got)
		}
	}
}

// A flag with an end counts until its day has passed everywhere on earth.
func TestDarkerSkinDelaysMinoxidilUntilTheFlagEnds(t *testing.T) {
	p := planPerson(t)
	p.UsesMinoxidil, p.Risks = true, []Risk{{Code: "darker_skin_tone", Until: DateOf(planStart(t))}}
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", time.Hour, nil)}}
	ends := planStart(t).Add(26 * time.Hour) // 05-05 12:00 UTC
	for now, want := range map[time.Time]string{ends.Add(-time.Millisecond): "05-06 12:00", ends: "05-05 12:00"} {
		if it := step(t, planOf(h, p, now), KindAftercare, minoxidilStep); local(t, it.Due) != want {
			t.Errorf("at %s: %s, want %s", local(t, now), local(t, it.Due), want)
		}
	}
}
