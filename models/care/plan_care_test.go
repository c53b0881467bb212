package care

import (
	"testing"
	"time"
)

func TestTheRollerIsCleanedAfterASession(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}}
	for after, silent := range map[time.Duration]bool{0: false, 2 * time.Hour: false, 2*time.Hour + 1: true, 50 * time.Hour: true} {
		h.Sessions[0].LoggedAt = planStart(t).Add(after)
		it := step(t, planOf(h, planPerson(t), planStart(t).Add(after)), KindRollerCare, "disinfect")
		if it.Silent != silent || it.Rule != "DV-01" || !it.Due.Equal(planStart(t)) {
			t.Errorf("logged after %v: %+v", after, it)
		}
	}
	// DV-01: in quiet hours the card comes at once, its push waits for their end.
	h.Sessions[0] = rolled(t, "s1", 0.5, 10*time.Hour) // 22:00
	for after, want := range map[time.Duration]string{10 * time.Hour: "05-04 22:00 silent", 20*time.Hour - 1: "05-04 22:00 silent", 20 * time.Hour: "05-05 08:00", 40 * time.Hour: "05-05 08:00"} {
		it := step(t, planOf(h, planPerson(t), planStart(t).Add(after)), KindRollerCare, "disinfect")
		got := local(t, it.Due)
		if it.Silent {
			got += " silent"
		}
		if got != want || !it.Expires.Equal(it.Due.Add(24*time.Hour)) {
			t.Errorf("after %v: %+v, want %s", after, it, want)
		}
	}
}

func TestARollerIsReplacedInTime(t *testing.T) {
	s := rolled(t, "s1", 1.5, 0)
	s.RollerID = "r1"
	used := func(r Roller) History { return History{Sessions: []Session{s}, Rollers: []Roller{r}} }
	now := planStart(t).Add(time.Hour)
	for _, c := range []struct {
		name, slot, due string
		silent          bool
		roller          Roller
	}{
		{"by age", "replace", "08-02 09:00", false, Roller{ID: "r1", NeedleMM: 0.5}},
		{"by age, date told", "replace", "06-30 09:00", false, Roller{ID: "r1", NeedleMM: 0.5, FirstUsedOn: Date{2026, 4, 1}}},
		{"by uses", "replace", "05-05 09:00", false, Roller{ID: "r1", NeedleMM: 1.5}},
		{"by uses before", "replace", "05-05 09:00", false, Roller{ID: "r1", NeedleMM: 0.5, UsesBefore: 9, LastUseBefore: planStart(t).Add(-24 * time.Hour), FirstUsedOn: Date{2026, 5, 1}}},
		{"bent", "discard", "05-04 12:00", true, Roller{ID: "r1", NeedleMM: 0.5, Problems: Set{"bent"}}},
		{"shared", "shared", "05-04 12:00", true, Roller{ID: "r1", NeedleMM: 0.5, Shared: true, Problems: Set{"bent"}}},
	} {
		it := step(t, planOf(used(c.roller), planPerson(t), now), KindRollerCare, c.slot)
		if local(t, it.Due) != c.due || it.Silent != c.silent || it.Anchor != "r1" || it.HeldBy != "" {
			t.Errorf("%s: %s %+v", c.name, local(t, it.Due), it)
		}
	}
	older := History{Rollers: []Roller{{ID: "r1", NeedleMM: 0.5, UsesBefore: 10, LastUseBefore: planStart(t).Add(-20 * 24 * time.Hour)}}}
	if it := step(t, planOf(older, planPerson(t), now), KindRollerCare, "replace"); local(t, it.Due) != "04-15 09:00" {
		t.Errorf("last used before the window: %s", local(t, it.Due))
	}
	for _, it := range planOf(used(Roller{ID: "r1", NeedleMM: 1.5, Discarded: true}), planPerson(t), now) {
		if it.Anchor == "r1" {
			t.Errorf("a discarded roller is cared for: %+v", it)
		}
	}
}

func TestARollerUsedBeforeAWarningIsThrownAway(t *testing.T) {
	s := rolled(t, "s1", 0.5, 0)
	s.RollerID = "r1"
	h := History{Sessions: []Session{s}, Rollers: []Roller{{ID: "r1", NeedleMM: 0.5}},
		Reports: []Report{told(t, "x1", 30*time.Hour, func(a *Answers) { a.Discharge = Set{"thick"} })}}
	it := step(t, planOf(h, planPerson(t), planStart(t).Add(31*time.Hour)), KindRollerCare, "quarantined")
	if it.Rule != "DV-07" || local(t, it.Due) != "05-06 09:00" || it.Silent {
		t.Errorf("%+v", it)
	}
	bled := told(t, "x0", 26*time.Hour, func(a *Answers) { a.Bleeding = "returned" })
	h.Reports = []Report{bled, told(t, "x1", 50*time.Hour, func(a *Answers) { a.Discharge = Set{"thick"} })}
	if it := step(t, planOf(h, planPerson(t), planStart(t).Add(51*time.Hour)), KindRollerCare, "quarantined"); local(t, it.Due) != "05-06 09:00" || !it.Expires.Equal(it.Due.Add(lateWindow)) {
		t.Errorf("not due since the onset, however late the rule: %+v", it)
	}
}

func TestPhotosAndReviews(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", 24*time.Hour, nil)}}
	p := planPerson(t)
	p.RisksReviewedAt = planStart(t).Add(5 * 24 * time.Hour)
	for _, c := range []struct {
		day       int
		slot, key string
		rule, due string
	}{
		{1, "30", "progress.photo", "PG-04", "06-03 09:00"},
		{30, "30", "progress.photo", "PG-04", "06-03 09:00"},
		{61, "90", "progress.review", "PG-04", "08-02 09:00"},
		{151, "180", "progress.review", "PG-04", "10-31 09:00"},
		{265, "270", "progress.outcome", "PG-11", "01-29 09:00"},
		{355, "360", "progress.photo", "PG-04", "04-29 09:00"},
	} {
		it := step(t, planOf(h, p, planStart(t).Add(time.Duration(c.day)*24*time.Hour)), KindProgress, c.slot)
		if it.Key != c.key || it.Rule != c.rule || local(t, it.Due) != c.due || it.HeldBy != "" {
			t.Errorf("day %d: %s %+v", c.day, local(t, it.Due), it)
		}
	}
	if items := of(planOf(h, p, planStart(t).AddDate(0, 0, 61)), KindProgress); len(items) != 2 || items[0].Slot != "60" || items[1].Slot != "90" {
		t.Errorf("not the last that has come and the next: %s", slots(t, items))
	}
	windowed := History{Sessions: []Session{rolled(t, "s9", 0.25, 300*24*time.Hour)}, FirstSessionAt: planStart(t)}
	if it := step(t, planOf(windowed, p, planStart(t).Add(320*24*time.Hour)), KindProgress, "330"); local(t, it.Due) != "03-30 09:00" {
		t.Errorf("counted from the first session of the window: %+v", it)
	}
}

func TestNoPhotoOfAScalpThatIsNotItself(t *testing.T) {
	p := planPerson(t)
	var h History
	for mm, due := range map[float64]string{0.3: "06-09 09:00", 0.25: "06-05 09:00"} { // rests of 7 and of 4 days
		h = History{Sessions: []Session{rolled(t, "s1", mm, 0), rolled(t, "s2", mm, 28*24*time.Hour)}, Reports: []Report{told(t, "r1", 29*24*time.Hour, nil)}}
		if it := step(t, planOf(h, p, planStart(t).Add(29*24*time.Hour)), KindProgress, "30"); local(t, it.Due) != due {
			t.Errorf("after rolling %v mm: %s, want %s", mm, local(t, it.Due), due)
		}
	}
	h = History{Sessions: h.Sessions[:1], Reports: []Report{told(t, "r1", 29*24*time.Hour, red)}}
	if it := step(t, planOf(h, p, planStart(t).Add(31*24*time.Hour)), KindProgress, "30"); it.HeldBy != "PG-05" {
		t.Errorf("with open symptoms: %+v", it)
	}
	h.Reports = append(h.Reports, told(t, "r2", 33*24*time.Hour, nil))
	if it := step(t, planOf(h, p, planStart(t).Add(34*24*time.Hour)), KindProgress, "30"); it.HeldBy != "" || local(t, it.Due) != "06-07 09:00" {
		t.Errorf("after the calm report: %s %+v", local(t, it.Due), it)
	}
}

func TestRiskQuestionsComeAgainEvery90Days(t *testing.T) {
	p := planPerson(t)
	p.RisksReviewedAt = planStart(t)
	it := step(t, planOf(History{}, p, planStart(t).Add(time.Hour)), KindRiskReview, "90")
	if local(t, it.Due) != "08-02 09:00" {
		t.Errorf("%+v", it)
	}
	next := step(t, planOf(History{}, p, planStart(t).AddDate(0, 0, 95)), KindRiskReview, "180")
	if local(t, next.Due) != "10-31 09:00" || next.Anchor != it.Anchor {
		t.Errorf("%+v", next)
	}
	q := p
	q.RisksReviewedAt = planStart(t).AddDate(0, 0, 95)
	if again := step(t, planOf(History{}, q, planStart(t).AddDate(0, 0, 96)), KindRiskReview, "90"); again.Anchor == it.Anchor {
		t.Errorf("a new review must not answer to the old identity: %+v", again)
	}
	q.RisksReviewedAt = time.Time{}
	if first := step(t, planOf(History{}, q, planStart(t).Add(time.Hour)), KindRiskReview, "90"); local(t, first.Due) != "08-02 09:00" {
		t.Errorf("never asked, counted from the account: %+v", first)
	}
}

func TestWhatIsLongPastIsForgotten(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", 24*time.Hour, func(a *Answers) { a.Erythema = grade(3) })}}
	for _, it := range planOf(h, planPerson(t), planStart(t).Add(forgetAfter)) {
		if it.SessionID == "s1" && it.Kind != KindRestOver && it.Slot != "again" {
			t.Errorf("planned after 120 days: %+v", it)
		}
	}
	if !has(planOf(h, planPerson(t), planStart(t).Add(120*24*time.Hour-1)), KindCheckIn, "24h") {
		t.Error("forgotten too soon")
	}
	for _, it := range planOf(h, planPerson(t), planStart(t).AddDate(3, 0, 0)) {
		if it.Kind != KindProgress && it.Kind != KindRiskReview {
			t.Errorf("planned after three years: %+v", it)
		}
	}
}

// BenchmarkPlan is the plan of a person with 3 years of sessions and 2,000
// reports, beside the Assess that goes before it.
func BenchmarkPlan(b *testing.B) {
	var h History
	for i := range 150 {
		h.Sessions = append(h.Sessions, rolled(b, "session"+string(rune('0'+i)), 0.25, time.Duration(i)*7*24*time.Hour))
	}
	for i := range 2000 {
		h.Reports = append(h.Reports, told(b, "report"+string(rune('0'+i)), time.Duration(i)*12*time.Hour, nil))
	}
	p, now := planPerson(b), planStart(b).Add(150*7*24*time.Hour)
	j := newJudging(h, &p, now)
	v := j.all()
	b.Run("Assess", func(b *testing.B) {
		for b.Loop() {
			Assess(h, p, now)
		}
	})
	b.Run("Plan", func(b *testing.B) {
		for b.Loop() {
			newPlanner(&v, h, p, now, &j.rows).items()
		}
	})
}

// Never asked is not "no risk": the questions come with the first reminder time.
func TestRiskQuestionsNeverAnsweredAreAskedAtOnce(t *testing.T) {
	p := planPerson(t)
	p.CreatedAt, p.RisksReviewedAt = planStart(t), time.Time{}
	for _, after := range []time.Duration{0, 1, 20, 21, 500} {
		it := step(t, planOf(History{}, p, planStart(t).Add(after*time.Hour)), KindRiskReview, "0")
		if local(t, it.Due) != "05-05 09:00" || it.Key != "risk_review.first" || it.HeldBy != "" || !it.Expires.After(it.Due.Add(80*day)) {
			t.Errorf("after %d h: %+v", after, it)
		}
	}
	p.RisksReviewedAt = planStart(t).Add(time.Hour)
	items := of(planOf(History{}, p, planStart(t).Add(2*time.Hour)), KindRiskReview)
	if len(items) != 1 || items[0].Slot != "90" || items[0].Key != "risk_review" {
		t.Errorf("answered: %+v", items)
	}
}

// P5: in Nuuk the clocks skip the last hour of 27 March 2027, so half past
// eleven comes as that day ends; the next date keeps its own.
func TestADateKeepsItsReminderWhereMidnightIsSkipped(t *testing.T) {
	p := planPerson(t)
	p.Zone, p.QuietHours, p.ReminderTime = zone(t, "America/Nuuk"), Hours{}, 23*60+30
	first := At(Date{2027, time.February, 25}, 12*60, p.Zone)
	p.CreatedAt = first.AddDate(0, 0, -59)
	p.RisksReviewedAt = p.CreatedAt
	// One a day: each is planned without the other.
	photos := planOf(History{FirstSessionAt: first}, p, first.Add(time.Hour))
	if photo := step(t, photos, KindProgress, "30").Due; !photo.Equal(At(Date{2027, time.March, 28}, 0, p.Zone)) {
		t.Errorf("the photo of the 27th comes at %v", photo.In(p.Zone))
	}
	reviews := planOf(History{}, p, first.Add(time.Hour))
	if review := step(t, reviews, KindRiskReview, "90").Due; !review.Equal(At(Date{2027, time.March, 28}, 23*60+30, p.Zone)) {
		t.Errorf("the review of the 28th comes at %v", review.In(p.Zone))
	}
}

// Section 6: the risk questions are asked again at a new device, and then every
// 90 days from there, until they are answered.
func TestANewDeviceAsksTheRiskQuestionsAgain(t *testing.T) {
	p := planPerson(t)
	p.CreatedAt = planStart(t)
	p.RisksReviewedAt = p.CreatedAt.Add(time.Hour)
	p.NewDeviceAt = p.CreatedAt.Add(30 * day)
	items := of(planOf(History{}, p, p.NewDeviceAt), KindRiskReview)
	if len(items) != 2 || items[0].Slot != "0" || items[0].Key != "risk_review.device" || items[0].Due.Sub(p.NewDeviceAt) > day || items[1].Slot != "90" {
		t.Errorf("at the new device: %+v", items)
	}
	p.RisksReviewedAt = p.NewDeviceAt.Add(time.Hour)
	if items = of(planOf(History{}, p, p.NewDeviceAt.Add(2*time.Hour)), KindRiskReview); len(items) != 1 || items[0].Slot != "90" {
		t.Errorf("answered there: %+v", items)
	}
	p.RisksReviewedAt = time.Time{}
	if items = of(planOf(History{}, p, p.NewDeviceAt), KindRiskReview); items[0].Key != "risk_review.first" {
		t.Errorf("never answered: %+v", items)
	}
}

// A store gives entries of one time in any order.
func TestOfTwoEntriesOfOneTimeTheWorseCounts(t *testing.T) {
	now := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	up, down := Progress{At: now.Add(-time.Hour), Change: new(1)}, Progress{At: now.Add(-time.Hour), Change: new(-1)}
	if better([]Progress{up, down}, now) || better([]Progress{down, up}, now) || !better([]Progress{up}, now) {
		t.Error("an improvement counts although the same time has a change for the worse")
	}
}
