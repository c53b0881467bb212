package care

import (
	"testing"
	"time"
)

// warm asks to measure again four hours later (WT-03).
func warm(a *Answers) { a.TemperatureC, a.Erythema, a.Feverish = new(37.6), grade(1), "" }

func TestTheDailyCapNeverPutsOffARecheck(t *testing.T) {
	// The cleaning has taken the day of the session.
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, -4*time.Hour)}, Reports: []Report{
		told(t, "r1", -3*time.Hour, warm), told(t, "r2", 0, warm),
	}}
	items := of(planOf(h, planPerson(t), planStart(t).Add(time.Minute)), KindRecheck)
	if len(items) != 2 || local(t, items[0].Due) != "05-04 13:00" || local(t, items[1].Due) != "05-04 16:00" {
		t.Fatalf("%+v", items)
	}
	for _, it := range items {
		if it.HeldBy != "" || !it.Expires.Equal(it.Due.Add(recheckH)) {
			t.Errorf("%+v", it)
		}
	}
}

// WT-03: measure again in 4 to 6 h. Reports that do not name a temperature leave it
// unknown (DQ-05), however many they are.
func TestOnlyAReadingAnswersARecheck(t *testing.T) {
	again := func(change func(*Answers)) Item {
		reports := []Report{told(t, "r1", 26*time.Hour, warm)}
		for i, id := range []string{"r2", "r3", "r4"} {
			reports = append(reports, told(t, id, 27*time.Hour+time.Duration(i)*10*time.Minute, nil))
		}
		reports = append(reports, told(t, "r5", 28*time.Hour, change))
		h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: reports}
		return step(t, planOf(h, planPerson(t), planStart(t).Add(28*time.Hour+time.Minute)), KindRecheck, "temperature")
	}
	if it := again(nil); it.Anchor != "r1" || it.Done || it.HeldBy != "" {
		t.Errorf("after four reports without a temperature: %+v", it)
	}
	if it := again(func(a *Answers) { a.TemperatureC = new(36.6) }); !it.Done {
		t.Errorf("measured: %+v", it)
	}
}

func TestARecheckTakesThePlaceOfTheDay(t *testing.T) {
	// Washing is possible again at 20:00, and no check-in carries it: that of 24 h
	// was answered early.
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 8*time.Hour)}, Reports: []Report{
		told(t, "r1", 26*time.Hour, warm), told(t, "r2", 30*time.Hour, nil),
	}}
	items := planOf(h, planPerson(t), planStart(t).Add(30*time.Hour+time.Minute))
	if it := step(t, items, KindRecheck, "temperature"); it.HeldBy != "" || local(t, it.Due) != "05-05 18:00" {
		t.Errorf("%+v", it)
	}
	if it := step(t, items, KindAftercare, "AC-04"); it.HeldBy != HeldByDailyCap || local(t, it.Due) != "05-05 20:00" {
		t.Errorf("a second push on the day: %+v", it)
	}
}

// DV-01 belongs to the hour after rolling: on a day that is taken it stays a
// card in the app and does not come a day late.
func TestCleaningIsHeldByTheDailyCapAndNotMoved(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s0", 0.25, -25*time.Hour), rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r0", -4*time.Hour, warm)}}
	it := step(t, planOf(h, planPerson(t), planStart(t).Add(time.Minute)), KindRollerCare, "disinfect")
	if it.HeldBy != HeldByDailyCap || !it.Due.Equal(planStart(t)) || it.Silent {
		t.Errorf("%s %+v", local(t, it.Due), it)
	}
}

// Only what is pushed on its own takes the place of a day, and only that is
// held or moved. The risk questions come again on the day given.
func TestWhatIsNoPushOfItsOwnLeavesTheDayFree(t *testing.T) {
	reviewOn := func(day string) Person {
		p := planPerson(t)
		p.RisksReviewedAt = At(date(t, day).AddDays(-riskReviewDays), clock(t, "12:00"), p.Zone)
		return p
	}
	calm := []Report{told(t, "r1", 12*time.Hour, nil)}
	deep, short := []Session{rolled(t, "s1", 0.5, 0)}, []Session{rolled(t, "s1", 0.25, 0)}
	now := planStart(t).Add(13 * time.Hour)

	items := planOf(History{Sessions: deep, Reports: calm}, reviewOn("2026-05-06"), now)
	if it := step(t, items, KindAftercare, "AC-04"); it.RidesWith != "48h" || it.HeldBy != "" {
		t.Errorf("rides on the day of the questions: %+v", it)
	}
	late := reviewOn("2026-05-06")
	late.ReminderTime = clock(t, "18:00")
	items = planOf(History{Sessions: deep}, late, now)
	if it := step(t, items, KindRiskReview, "90"); local(t, it.Due) != "05-06 18:00" {
		t.Errorf("moved by what is held for a calm scalp: %s", local(t, it.Due))
	}
	items = planOf(History{Sessions: short, Reports: calm}, reviewOn("2026-05-09"), now)
	review, roll := step(t, items, KindRiskReview, "90"), step(t, items, KindRestOver, "roll")
	if local(t, review.Due) != "05-09 09:00" || local(t, roll.Due) != "05-09 09:00" || roll.HeldBy != "" {
		t.Errorf("the go-ahead at %s, the questions at %s", local(t, roll.Due), local(t, review.Due))
	}
}

// What moves to a free day keeps its whole time, and comes at the first
// reminder time of that day, be it midnight.
func TestWhatMovesToAFreeDayKeepsItsTime(t *testing.T) {
	for _, at := range []string{"09:00", "00:00"} {
		p := planPerson(t)
		p.QuietHours, p.ReminderTime, p.RisksReviewedAt = Hours{}, clock(t, at), planStart(t)
		items := planOf(History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}}, p, planStart(t).Add(80*day))
		photo := step(t, items, KindProgress, "90")
		if local(t, photo.Due) != "08-03 "+at || !photo.Expires.Equal(photo.Due.Add(reminderH)) {
			t.Errorf("reminded at %s: %s until %s", at, local(t, photo.Due), local(t, photo.Expires))
		}
	}
}
