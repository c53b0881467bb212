package care

import (
	"reflect"
	"testing"
	"time"
)

func TestARollerOfLongAgoIsForgotten(t *testing.T) {
	p := planPerson(t)
	p.CreatedAt, p.RisksReviewedAt = planStart(t).Add(-time.Hour), planStart(t)
	for _, r := range []Roller{
		{ID: "r1", NeedleMM: 0.5, Problems: Set{"bent"}, LastUseBefore: planStart(t)},
		{ID: "r1", NeedleMM: 0.5, Shared: true, LastUseBefore: planStart(t)},
	} {
		for after, planned := range map[time.Duration]bool{forgetAfter - time.Millisecond: true, forgetAfter: false} {
			v, all := Judge(History{Rollers: []Roller{r}}, p, planStart(t).Add(after))
			items := of(all, KindRollerCare)
			if got := len(items) > 0; got != planned {
				t.Errorf("after %v: %+v", after, items)
			}
			if planned && v.Next.After(planStart(t).Add(forgetAfter)) {
				t.Errorf("forgotten without a moment of its own: next is %v", v.Next)
			}
		}
	}
}

func TestARollerIsReplacedOnItsDateAlsoAtMidnight(t *testing.T) {
	p := planPerson(t)
	p.QuietHours, p.ReminderTime = Hours{}, 0
	h := History{Rollers: []Roller{{ID: "r1", NeedleMM: 0.5, FirstUsedOn: Date{2026, 5, 1}}}}
	if it := step(t, planOf(h, p, planStart(t)), KindRollerCare, "replace"); local(t, it.Due) != "07-30 00:00" {
		t.Errorf("due %s", local(t, it.Due))
	}
}

func TestOfAgeAndUsesTheEarlierReplacesARoller(t *testing.T) {
	s := rolled(t, "s1", 1.5, 0)
	s.RollerID = "r1"
	h := History{Sessions: []Session{s}, Rollers: []Roller{{ID: "r1", NeedleMM: 1.5, FirstUsedOn: Date{2026, 1, 1}}}}
	if it := step(t, planOf(h, planPerson(t), planStart(t).Add(time.Hour)), KindRollerCare, "replace"); local(t, it.Due) != "04-01 09:00" {
		t.Errorf("due %s", local(t, it.Due))
	}
}

// A quarantined roller that is used all the same is spoken of after that use, not
// at the time of the first warning.
func TestAQuarantinedRollerUsedAgainIsSpokenOfAnew(t *testing.T) {
	first, again := rolled(t, "s1", 0.25, 0), rolled(t, "s2", 0.25, 400*time.Hour)
	first.RollerID, again.RollerID = "r1", "r1"
	h := History{Sessions: []Session{first, again}, Rollers: []Roller{{ID: "r1", NeedleMM: 0.25}}, Reports: []Report{
		told(t, "x1", 30*time.Hour, pus), told(t, "x2", 40*time.Hour, nil), told(t, "x3", 430*time.Hour, pus),
	}}
	if it := step(t, planOf(h, planPerson(t), planStart(t).Add(431*time.Hour)), KindRollerCare, "quarantined"); local(t, it.Due) != "05-22 09:00" {
		t.Errorf("due %s", local(t, it.Due))
	}
}

func TestProgressCountsFromAFirstSession(t *testing.T) {
	p, now := planPerson(t), planStart(t)
	if items := of(planOf(History{}, p, now), KindProgress); len(items) != 0 {
		t.Errorf("nobody rolled yet: %+v", items)
	}
	ahead := History{FirstSessionAt: now.Add(10 * time.Hour)}
	v, all := Judge(ahead, p, now)
	if items := of(all, KindProgress); len(items) != 0 || !v.Next.Equal(now.Add(10*time.Hour)) {
		t.Errorf("a first session ahead: %+v, next %v", items, v.Next)
	}
}

func TestThePhotosPlannedAreTheLastThatCameAndTheNext(t *testing.T) {
	p := planPerson(t)
	p.RisksReviewedAt = planStart(t).Add(5 * day)
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", time.Hour, nil)}}
	due := At(date(t, "2026-06-03"), clock(t, "09:00"), p.Zone)
	for now, want := range map[time.Time]string{
		planStart(t).Add(day):      "30 06-03 09:00",
		due.Add(-time.Millisecond): "30 06-03 09:00",
		due:                        "30 06-03 09:00, 60 07-03 09:00",
	} {
		items := of(planOf(h, p, now), KindProgress)
		if got := slots(t, items); got != want {
			t.Errorf("at %s: %s, want %s", local(t, now), got, want)
		}
		if it := items[0]; !it.Expires.Equal(it.Due.Add(reminderH)) {
			t.Errorf("at %s: until %s", local(t, now), local(t, it.Expires))
		}
	}
}

// PG-05 moves a photo day by day; at the date of the next one it gives way.
func TestAPhotoPutOffGivesWayToTheNext(t *testing.T) {
	p := planPerson(t)
	p.Notify.Aftercare, p.RisksReviewedAt = false, planStart(t).Add(5*day) // the days are free
	for last, want := range map[time.Duration]string{
		50 * day:              "30 07-01 09:00, 60 07-03 09:00",
		52*day + 12*time.Hour: "60 07-03 09:00", // a week later it is 07-03 00:00
	} {
		var h History
		for i, at := range []time.Duration{0, 28 * day, 34 * day, 40 * day, 46 * day, last} {
			h.Sessions = append(h.Sessions, rolled(t, "s"+string(rune('0'+i)), 0.3, at))
		}
		h.Reports = []Report{told(t, "r1", last+time.Hour, nil)}
		items := of(planOf(h, p, planStart(t).Add(last+2*time.Hour)), KindProgress)
		if got := slots(t, items); got != want {
			t.Errorf("last rolled after %v: %s, want %s", last, got, want)
		}
		if next := At(date(t, "2026-07-03"), clock(t, "09:00"), p.Zone); items[0].Slot == "30" && !items[0].Expires.Equal(next) {
			t.Errorf("until %s, want the date of the next", local(t, items[0].Expires))
		}
	}
}

func TestTheRiskQuestionsPlannedAreTheLastThatCameAndTheNext(t *testing.T) {
	p := planPerson(t)
	p.RisksReviewedAt = planStart(t)
	for days, want := range map[int]string{10: "90 08-02 09:00", 95: "90 08-02 09:00, 180 10-31 09:00", 200: "180 10-31 09:00, 270 01-29 09:00"} {
		if got := slots(t, of(planOf(History{}, p, planStart(t).Add(time.Duration(days)*day)), KindRiskReview)); got != want {
			t.Errorf("after %d days: %s, want %s", days, got, want)
		}
	}
	p.RisksReviewedAt = planStart(t).Add(time.Hour)
	v, all := Judge(History{}, p, planStart(t))
	if items := of(all, KindRiskReview); len(items) != 0 || !v.Next.Equal(p.RisksReviewedAt) {
		t.Errorf("answered an hour from now: %+v, next %v", items, v.Next)
	}
	p.CreatedAt, p.RisksReviewedAt = time.Time{}, time.Time{}
	if items := of(planOf(History{}, p, planStart(t)), KindRiskReview); len(items) != 0 {
		t.Errorf("an account of no date: %+v", items)
	}
}

// P5: Apia had no 30 December 2011; what is due on it comes on the 31st.
func TestADateThatAZoneSkipsIsTheNextOne(t *testing.T) {
	p := planPerson(t)
	p.Zone, p.QuietHours = zone(t, "Pacific/Apia"), Hours{}
	first := At(Date{2011, time.November, 30}, 12*60, p.Zone)
	p.CreatedAt, p.RisksReviewedAt = first, first
	it := step(t, planOf(History{FirstSessionAt: first}, p, first.Add(time.Hour)), KindProgress, "30")
	if want := At(Date{2011, time.December, 31}, p.ReminderTime, p.Zone); !it.Due.Equal(want) {
		t.Errorf("due %v, want %v", it.Due.In(p.Zone), want)
	}
}

// A report that is yet to come says nothing of the scalp.
func TestAReportToComeReleasesNothing(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Reports: []Report{told(t, "r1", 20*time.Hour, red)}}
	now := planStart(t).Add(50 * time.Hour)
	want := planOf(h, planPerson(t), now)
	h.Reports = append(h.Reports, told(t, "r2", 60*time.Hour, nil))
	if got := planOf(h, planPerson(t), now); !reflect.DeepEqual(got, want) {
		t.Errorf("a report of tomorrow changes the plan:\n%s", differ(want, got))
	}
}
