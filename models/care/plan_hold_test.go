package care

import (
	"testing"
	"time"
)

func TestAftercareWaitsForACalmScalp(t *testing.T) {
	p := planPerson(t)
	p.UsesMinoxidil = true
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}}
	if it := step(t, planOf(h, p, planStart(t).Add(time.Hour)), KindAftercare, "AC-01"); it.HeldBy != "AC-00" {
		t.Errorf("silence is not calm: %+v", it)
	}
	h.Reports = []Report{told(t, "r1", 24*time.Hour, red)}
	if it := step(t, planOf(h, p, planStart(t).Add(50*time.Hour)), KindAftercare, "AC-01"); it.HeldBy != "AC-00" || it.Expires.Before(planStart(t).Add(59*24*time.Hour)) {
		t.Errorf("held and kept while there are symptoms: %+v", it)
	}
	h.Reports = append(h.Reports, told(t, "r2", 105*time.Hour, nil))
	items := planOf(h, p, planStart(t).Add(106*time.Hour))
	it := step(t, items, KindAftercare, "AC-01")
	if it.HeldBy != "" || !it.Due.Equal(planStart(t).Add(117*time.Hour-13*time.Hour).Add(time.Hour)) && local(t, it.Due) != "05-09 08:00" {
		t.Errorf("released by the calm report at 21:00: %+v", it)
	}
	if !it.Expires.Equal(it.Due.Add(24 * time.Hour)) {
		t.Errorf("a tip lasts a day: %+v", it)
	}
	if it := step(t, items, KindAftercare, "AC-11"); it.HeldBy != "" || local(t, it.Due) != "05-11 12:00" {
		t.Errorf("a later step on a calm scalp: %+v", it)
	}
}

func TestACalmScalpDoesNotStayCalmForEver(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Reports: []Report{
		told(t, "r1", 12*time.Hour, nil), told(t, "r2", 30*time.Hour, red), // of the expected tier, and yet not calm
	}}
	if it := step(t, planOf(h, planPerson(t), planStart(t).Add(50*time.Hour)), KindAftercare, "AC-04"); it.HeldBy != "AC-00" {
		t.Errorf("red again: %+v", it)
	}
	h.Reports = append(h.Reports, told(t, "r3", 52*time.Hour, nil))
	if it := step(t, planOf(h, planPerson(t), planStart(t).Add(53*time.Hour)), KindAftercare, "AC-04"); it.HeldBy != "" || local(t, it.Due) != "05-06 16:00" {
		t.Errorf("released by the second calm report: %+v", it)
	}
}

func TestAftercareWaitsForWhatACalmReportDoesNotEnd(t *testing.T) {
	p := planPerson(t)
	p.UsesMinoxidil = true
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Reports: []Report{
		told(t, "r1", 24*time.Hour, func(a *Answers) { a.Alarm = Set{"swollen_hands_or_feet"} }),
		told(t, "r2", 49*time.Hour, nil),
	}}
	if it := step(t, planOf(h, p, planStart(t).Add(50*time.Hour)), KindAftercare, "AC-01"); it.HeldBy != "AC-00" {
		t.Errorf("minoxidil goes on under an open warning: %+v", it)
	}
	h.Clinician = []ClinicianEvent{{At: planStart(t).Add(52 * time.Hour), Outcome: OutcomeSeen}}
	if it := step(t, planOf(h, p, planStart(t).Add(53*time.Hour)), KindAftercare, "AC-01"); it.HeldBy != "" || local(t, it.Due) != "05-06 16:00" {
		t.Errorf("after a clinician: %+v", it)
	}
}

func TestMinoxidilIsForThoseWhoUseIt(t *testing.T) {
	calm := []Report{told(t, "r1", 12*time.Hour, nil)}
	due := func(mm float64, uses bool, risks ...Risk) string {
		p := planPerson(t)
		p.UsesMinoxidil, p.Risks = uses, risks
		for _, it := range planOf(History{Sessions: []Session{rolled(t, "s1", mm, 0)}, Reports: calm}, p, planStart(t).Add(13*time.Hour)) {
			if it.Slot == "AC-01" {
				return local(t, it.Due)
			}
		}
		return "none"
	}
	for _, c := range []struct{ name, got, want string }{
		{"short needle", due(0.3, true), "05-05 12:00"},
		{"0.5 mm", due(0.5, true), "05-06 12:00"},
		{"longer", due(0.75, true), "05-07 12:00"},
		{"unknown length", due(0, true), "05-07 12:00"},
		{"not used", due(0.3, false), "none"},
		{"pregnancy", due(0.3, true, Risk{Code: "pregnancy_or_breastfeeding"}), "none"},
		{"heart disease", due(0.3, true, Risk{Code: "heart_disease"}), "none"},
		{"a flag whose time is over", due(0.3, true, Risk{Code: "darker_skin_tone", Until: Date{2026, 5, 1}}), "05-05 12:00"},
		{"darker skin", due(0.3, true, Risk{Code: "darker_skin_tone"}), "05-06 12:00"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
	p := planPerson(t)
	p.UsesMinoxidil, p.ClinicianClearedOn = true, Date{2026, 5, 2}
	p.Risks = []Risk{{Code: "heart_disease", SetOn: Date{2026, 5, 1}}}
	h := History{Sessions: []Session{rolled(t, "s1", 0.3, 0)}, Reports: calm}
	if it := step(t, planOf(h, p, planStart(t).Add(13*time.Hour)), KindAftercare, "AC-01"); local(t, it.Due) != "05-07 12:00" {
		t.Errorf("with a heart disease that a clinician cleared: %s", local(t, it.Due))
	}
	h.Reports[0].Products = []Product{{Kind: "minoxidil"}}
	if !has(planOf(h, planPerson(t), planStart(t).Add(13*time.Hour)), KindAftercare, "AC-01") {
		t.Error("the products of a report say so")
	}
}

func TestAftercareRidesWithACheckIn(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Reports: []Report{told(t, "r1", 12*time.Hour, nil)}}
	it := step(t, planOf(h, planPerson(t), planStart(t).Add(13*time.Hour)), KindAftercare, "AC-04")
	if it.RidesWith != "48h" || it.HeldBy != "" {
		t.Errorf("%+v", it)
	}
	h.Reports[0].At = planStart(t).Add(46 * time.Hour)
	if it := step(t, planOf(h, planPerson(t), planStart(t).Add(47*time.Hour)), KindAftercare, "AC-04"); it.RidesWith != "" {
		t.Errorf("the check-in was answered before, so no push carries it: %+v", it)
	}
	// Released by the calm report that answers the check-in: its push has gone out.
	for after, want := range map[time.Duration]string{48 * time.Hour: "48h", 48*time.Hour + time.Minute: "", 51 * time.Hour: ""} {
		h.Reports[0].At = planStart(t).Add(after)
		if it := step(t, planOf(h, planPerson(t), planStart(t).Add(after)), KindAftercare, "AC-04"); it.RidesWith != want || it.HeldBy != "" {
			t.Errorf("after %v: %+v", after, it)
		}
	}
	h.Reports[0].At = planStart(t).Add(12 * time.Hour)
	p := planPerson(t)
	p.Notify.CheckIn = false
	if it := step(t, planOf(h, p, planStart(t).Add(13*time.Hour)), KindAftercare, "AC-04"); it.RidesWith != "" {
		t.Errorf("rides in a push that is switched off: %+v", it)
	}
}

func TestOptOutsArePlannedAndHeld(t *testing.T) {
	p := planPerson(t)
	p.Notify = Notify{}
	for _, it := range planOf(History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}}, p, planStart(t).Add(time.Hour)) {
		if it.HeldBy == "" && it.Kind != KindRiskReview {
			t.Errorf("pushed although switched off: %+v", it)
		}
	}
}

func TestOnePushADay(t *testing.T) {
	p := planPerson(t)
	p.Notify.CheckIn = false // nothing rides
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", 12*time.Hour, nil)}}
	days := map[Date]int{}
	capped := 0
	for _, it := range planOf(h, p, planStart(t).Add(13*time.Hour)) {
		switch {
		case it.Kind == KindCheckIn || it.Kind == KindRestOver || it.Silent:
		case it.HeldBy == HeldByDailyCap:
			capped++
		case it.HeldBy == "":
			days[DateOf(it.Due.In(p.Zone))]++
		}
	}
	for d, n := range days {
		if n > 1 {
			t.Errorf("%d pushes on %v", n, d)
		}
	}
	if capped == 0 {
		t.Error("swimming, sauna and serums are due at one hour, yet none is held")
	}
}

func TestWhatComesOnceInMonthsMovesToAFreeDay(t *testing.T) {
	p := planPerson(t)
	p.RisksReviewedAt = planStart(t)
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, FirstSessionAt: planStart(t)}
	now := planStart(t).Add(80 * 24 * time.Hour)
	items := planOf(h, p, now)
	review, photo := step(t, items, KindRiskReview, "90"), step(t, items, KindProgress, "90")
	if local(t, review.Due) != "08-02 09:00" || local(t, photo.Due) != "08-03 09:00" || photo.HeldBy != "" {
		t.Errorf("both fall on one day: %v %v", local(t, review.Due), local(t, photo.Due))
	}
}
