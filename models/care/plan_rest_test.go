package care

import (
	"testing"
	"time"
)

// 0.25 mm: rest of 4 days, until Friday 2026-05-08 12:00 in Berlin.
func TestRestOverComesAtTheReminderTimeAfterTheRest(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", 24*time.Hour, nil)}}
	for _, after := range []time.Duration{25, 95, 96, 97, 200} {
		it := step(t, planOf(h, planPerson(t), planStart(t).Add(after*time.Hour)), KindRestOver, "roll")
		if local(t, it.Due) != "05-09 09:00" || it.Key != "rest_over" || it.HeldBy != "" || !it.Expires.Equal(it.Due.Add(7*24*time.Hour)) {
			t.Errorf("after %d h: %+v", after, it)
		}
	}
}

func TestRestOverAsksForACheckInFirst(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}}
	for _, after := range []time.Duration{25, 97, 130} {
		items := of(planOf(h, planPerson(t), planStart(t).Add(after*time.Hour)), KindRestOver)
		if len(items) != 1 || items[0].Slot != "check_in_first" || items[0].Rule != "RS-04" || items[0].HeldBy != "" || local(t, items[0].Due) != "05-09 09:00" {
			t.Errorf("after %d h: %+v", after, items)
		}
	}
	h.Reports = []Report{told(t, "r1", 120*time.Hour, nil)} // 05-09 12:00, after it was sent
	items := planOf(h, planPerson(t), planStart(t).Add(121*time.Hour))
	if it := step(t, items, KindRestOver, "check_in_first"); !it.Done {
		t.Errorf("%+v", it)
	}
	if it := step(t, items, KindRestOver, "roll"); local(t, it.Due) != "05-10 09:00" || it.HeldBy != "" {
		t.Errorf("the go-ahead follows the calm report: %+v", it)
	}
}

func TestRestOverWaitsForACalmScalp(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", 80*time.Hour, red)}}
	it := step(t, planOf(h, planPerson(t), planStart(t).Add(100*time.Hour)), KindRestOver, "roll")
	if it.HeldBy != "RS-03" || it.Expires.Before(it.Due.Add(30*24*time.Hour)) {
		t.Errorf("%+v", it)
	}
	h.Reports = append(h.Reports, told(t, "r2", 110*time.Hour, nil)) // 05-09 02:00; 48 h later 05-11 02:00
	for after, held := range map[time.Duration]string{111: "RS-03", 157: "RS-03", 158: "", 170: ""} {
		it = step(t, planOf(h, planPerson(t), planStart(t).Add(after*time.Hour)), KindRestOver, "roll.20260511T000000.000Z")
		if it.HeldBy != held || local(t, it.Due) != "05-11 09:00" || !it.Expires.Equal(it.Due.Add(reminderH)) && held == "" {
			t.Errorf("after %d h: %+v", after, it)
		}
	}
}

func TestRestOverWaitsForAClinician(t *testing.T) {
	pus := func(a *Answers) { a.Discharge = Set{"thick"} }
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", 30*time.Hour, pus), told(t, "r2", 60*time.Hour, nil)}}
	now := planStart(t).Add(40 * 24 * time.Hour)
	if it := step(t, planOf(h, planPerson(t), now), KindRestOver, "roll"); it.HeldBy != "RS-05" || !it.Expires.Equal(it.Due.Add(270*24*time.Hour)) {
		t.Errorf("%+v", it)
	}
	cleared := planStart(t).Add(41 * 24 * time.Hour)
	h.Clinician = []ClinicianEvent{{At: cleared, Outcome: OutcomeCleared}}
	it := step(t, planOf(h, planPerson(t), cleared.Add(time.Hour)), KindRestOver, "roll.20260614T100000.000Z")
	if it.HeldBy != "" || local(t, it.Due) != "06-15 09:00" {
		t.Errorf("the go-ahead comes after the clearance, not at the end of the rest weeks ago: %+v", it)
	}
}

func TestNoGoAheadForThoseWhoMustNotRoll(t *testing.T) {
	p := planPerson(t)
	p.Risks = []Risk{{Code: "keloid"}}
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}}
	now := planStart(t).Add(100 * time.Hour)
	for _, it := range of(planOf(h, p, now), KindRestOver) {
		if it.HeldBy != "RS-07" {
			t.Errorf("%+v", it)
		}
	}
	p.Risks = []Risk{{Code: "pregnancy_or_breastfeeding", Until: Date{2026, 5, 20}}}
	h.Reports = []Report{told(t, "r1", 90*time.Hour, nil)}
	for _, day := range []int{6, 15, 18} {
		it := step(t, planOf(h, p, planStart(t).Add(time.Duration(day)*24*time.Hour)), KindRestOver, "roll")
		if held := it.HeldBy != ""; held != (day < 17) || local(t, it.Due) != "05-22 09:00" {
			t.Errorf("day %d: %+v", day, it)
		}
	}
}

func TestRemindersKeepTheirDateAndOutOfQuietHours(t *testing.T) {
	for _, c := range []struct{ quietStart, quietEnd, reminder, want string }{
		{"21:00", "08:00", "09:00", "05-09 09:10"},
		{"21:00", "08:00", "20:55", "05-08 20:55"}, // 21:05 is quiet
		{"22:00", "10:00", "09:00", "05-09 10:10"}, // 09:00 is quiet
		{"00:00", "00:00", "23:55", "05-08 23:55"}, // 00:05 is another date
		{"21:00", "08:00", "23:00", "05-09 08:10"},
	} {
		p := planPerson(t)
		p.Spread = 10 * time.Minute
		p.QuietHours, p.ReminderTime = Hours{clock(t, c.quietStart), clock(t, c.quietEnd)}, clock(t, c.reminder)
		h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", 24*time.Hour, nil)}}
		if it := step(t, planOf(h, p, planStart(t).Add(25*time.Hour)), KindRestOver, "roll"); local(t, it.Due) != c.want {
			t.Errorf("%+v: %s", c, local(t, it.Due))
		}
	}
}

func TestWarningsAreRepeated(t *testing.T) {
	h := time.Hour
	for tier, want := range map[Tier][]time.Duration{
		Expected: nil, Watch: nil, DoctorSoon: {0, 24 * h, 72 * h}, SameDay: {0, 4 * h, 24 * h}, Emergency: {0, h},
	} {
		got := Repeats(tier)
		if len(got) != len(want) {
			t.Fatalf("%v: %v", tier, got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%v: %v", tier, got)
			}
		}
	}
}

// P4, RM-02.
func TestQuietHoursGiveWayToWhatAReportHasJustCaused(t *testing.T) {
	for tier := DoctorSoon; tier <= Emergency; tier++ {
		for _, byTime := range []bool{false, true} {
			for repeat := range Repeats(tier) {
				want := !byTime && (tier == Emergency || tier == SameDay && repeat == 0)
				if got := IgnoresQuietHours(tier, byTime, repeat); got != want {
					t.Errorf("%v byTime %v repeat %d: %v", tier, byTime, repeat, got)
				}
			}
		}
	}
}

// A report that says neither how it is nor that it is calm answers no RS-04.
func TestRestOverAsksOnAfterHalfAnAnswer(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)},
		Reports: []Report{told(t, "r1", 24*time.Hour, func(a *Answers) { *a = Answers{Warmth: grade(0)} })}}
	items := of(planOf(h, planPerson(t), planStart(t).Add(120*time.Hour)), KindRestOver)
	if len(items) != 1 || items[0].Slot != "check_in_first" || items[0].Done {
		t.Errorf("%+v", items)
	}
}

func TestAGoAheadWaitsForACalmReportAfterAFever(t *testing.T) {
	fever := func(a *Answers) { c := 38.6; a.TemperatureC = &c }
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", 50*time.Hour, nil), told(t, "r2", 172*time.Hour, fever)}}
	h.Sessions = append([]Session{rolled(t, "s0", 0.25, -1000*time.Hour)}, h.Sessions...)
	h.Reports[1].Skin = Set{"raised_scar"}
	if it := step(t, planOf(h, planPerson(t), planStart(t).Add(173*time.Hour)), KindRestOver, "roll"); it.HeldBy != "RS-03" {
		t.Errorf("%+v", it)
	}
}

func TestPartialReportsStillAskToCheckInFirst(t *testing.T) {
	partly := func(a *Answers) { *a = Answers{Feverish: "no"} }
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", 50*time.Hour, partly)}}
	if it := step(t, planOf(h, planPerson(t), planStart(t).Add(97*time.Hour)), KindRestOver, "check_in_first"); it.HeldBy != "" {
		t.Errorf("%+v", it)
	}
}

// The first go-ahead may have been sent before the symptoms came: the one after
// them is a step of its own, the same however often and wherever it is planned.
func TestASecondGoAheadFollowsSymptomsAfterTheFirst(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", 24*time.Hour, nil)}}
	goAhead := func(after time.Duration, p Person) Item {
		items := of(planOf(h, p, planStart(t).Add(after*time.Hour)), KindRestOver)
		if len(items) != 1 {
			t.Fatalf("after %d h: %+v", after, items)
		}
		return items[0]
	}
	p := planPerson(t)
	if it := goAhead(118, p); it.Slot != "roll" || it.HeldBy != "" || local(t, it.Due) != "05-09 09:00" {
		t.Fatalf("the first: %+v", it)
	}
	h.Reports = append(h.Reports, told(t, "r2", 120*time.Hour, red))
	if it := goAhead(121, p); it.Slot != "roll" || it.HeldBy != "RS-03" {
		t.Errorf("while there are symptoms: %+v", it)
	}
	h.Reports = append(h.Reports, told(t, "r3", 140*time.Hour, nil)) // calm for 48 h at 188 h
	far := p
	far.Zone, far.QuietHours = zone(t, "Australia/Lord_Howe"), Hours{}
	for after, held := range map[time.Duration]string{141: "RS-03", 187: "RS-03", 188: "", 300: "", 403: ""} {
		it := goAhead(after, p)
		if it.Slot != "roll.20260512T060000.000Z" || it.HeldBy != held || local(t, it.Due) != "05-12 09:00" {
			t.Errorf("after %d h: %+v", after, it)
		}
		if other := goAhead(after, far); other.Slot != it.Slot {
			t.Errorf("elsewhere it is %s", other.Slot)
		}
	}
	h.Reports = append(h.Reports, told(t, "r4", 200*time.Hour, func(a *Answers) { a.Systemic = nil; a.Skin = Set{"raised_scar"} }), told(t, "r5", 220*time.Hour, nil))
	if it := goAhead(300, p); it.Slot != "roll.20260515T140000.000Z" || it.HeldBy != "" {
		t.Errorf("after a watch without an episode: %+v", it)
	}
}

// A go-ahead that nobody knows the end of waits 270 days after the rest, and is
// planned no more another 120 days later.
func TestABlockedGoAheadIsKeptForItsWholeWait(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", 30*time.Hour, pus), told(t, "r2", 60*time.Hour, nil)}}
	for days, planned := range map[int]bool{4 + 200: true, 4 + 389: true, 4 + 390: false} {
		items := of(planOf(h, planPerson(t), planStart(t).Add(time.Duration(days)*day)), KindRestOver)
		if got := len(items) > 0; got != planned {
			t.Errorf("%d days after rolling: %+v", days, items)
		}
	}
}

func TestTheWordAtTheVeryDueTimeComesAfterTheQuestion(t *testing.T) {
	due := 117 * time.Hour // 05-09 09:00
	for at, asked := range map[time.Duration]bool{due - time.Millisecond: false, due: true} {
		h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", at, nil)}}
		if got := has(planOf(h, planPerson(t), planStart(t).Add(at)), KindRestOver, "check_in_first"); got != asked {
			t.Errorf("told at %v: asked first is %v", at, got)
		}
	}
}

// RS-04 asks for a word since the session, its very moment included.
func TestAWordBeforeTheSessionIsNoneSinceIt(t *testing.T) {
	for at, slot := range map[time.Duration]string{-time.Hour: "check_in_first", -time.Millisecond: "check_in_first", 0: "roll"} {
		h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", at, nil)}}
		items := of(planOf(h, planPerson(t), planStart(t).Add(120*time.Hour)), KindRestOver)
		if len(items) != 1 || items[0].Slot != slot {
			t.Errorf("told %v after it: %+v", at, items)
		}
	}
}

// Symptoms that ended by the end of the rest make no go-ahead of its own.
func TestSymptomsWithinTheRestMakeNoSecondGoAhead(t *testing.T) {
	for calm, slot := range map[time.Duration]string{
		40 * time.Hour: "roll", 48 * time.Hour: "roll", 48*time.Hour + time.Minute: "roll.20260508T100100.000Z",
	} {
		h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", 20*time.Hour, red), told(t, "r2", calm, nil)}}
		items := of(planOf(h, planPerson(t), planStart(t).Add(97*time.Hour)), KindRestOver)
		if len(items) != 1 || items[0].Slot != slot {
			t.Errorf("calm after %v: %+v", calm, items)
		}
	}
}

func TestTheSecondGoAheadGivesItsSlotBackOnceItIsOver(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{
		told(t, "r1", 24*time.Hour, nil), told(t, "r2", 120*time.Hour, red), told(t, "r3", 140*time.Hour, nil), // calm for 48 h at 188 h
	}}
	p, over := planPerson(t), planStart(t).Add(188*time.Hour+9*day)
	v, all := Judge(h, p, over.Add(-time.Minute))
	if items := of(all, KindRestOver); len(items) != 1 || items[0].Slot == "roll" {
		t.Errorf("a minute before: %+v", items)
	}
	if v.Next.After(over) {
		t.Errorf("the plan changes at %v, next is %v", over, v.Next)
	}
	if items := of(planOf(h, p, over), KindRestOver); len(items) != 1 || items[0].Slot != "roll" {
		t.Errorf("9 days after the symptoms ended: %+v", items)
	}
}

func TestTheGravestBlockHoldsAGoAhead(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", 30*time.Hour, pus)}}
	if it := step(t, planOf(h, planPerson(t), planStart(t).Add(100*time.Hour)), KindRestOver, "roll"); it.HeldBy != "RS-05" {
		t.Errorf("held by %s", it.HeldBy)
	}
}

// What ended meanwhile moves a go-ahead only when nothing without an end is left.
func TestAGoAheadMovesToTheEndOfTheLastBlock(t *testing.T) {
	itchy := func(a *Answers) { a.Itch = grade(7) }
	pregnant := []Risk{{Code: "pregnancy_or_breastfeeding", Until: Date{2026, 5, 20}}} // passed at 05-21 14:00
	reviewed := planStart(t).Add(118 * time.Hour)                                      // 05-09 10:00
	asked := planStart(t).Add(-time.Hour)                                              // RS-14
	for _, c := range []struct {
		name     string
		reports  []Report
		risks    []Risk
		now      time.Duration
		slot     string
		due      string
		reviewed time.Time
	}{
		{"RS-06 outlasts RS-03", []Report{told(t, "r1", 24*time.Hour, itchy), told(t, "r2", 60*time.Hour, nil)}, nil,
			61 * time.Hour, "roll.20260513T220000.000Z", "05-14 09:00", asked},
		{"symptoms without an end", []Report{told(t, "r1", 90*time.Hour, red)}, nil, 120 * time.Hour, "roll", "05-09 09:00", reviewed},
		{"no symptoms", []Report{told(t, "r1", 90*time.Hour, nil)}, nil, 120 * time.Hour, "roll", "05-10 09:00", reviewed},
		{"no word, and a flag that ends", nil, pregnant, 120 * time.Hour, "check_in_first", "05-22 09:00", asked},
		{"no word, and a flag that ended", nil, pregnant, 18 * day, "check_in_first", "05-22 09:00", asked},
		{"a flag that ends now", []Report{told(t, "r1", 90*time.Hour, nil)}, pregnant, 17*day + 2*time.Hour, "roll", "05-22 09:00", asked},
	} {
		p := planPerson(t)
		p.Risks, p.RisksReviewedAt = c.risks, c.reviewed
		h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: c.reports}
		items := of(planOf(h, p, planStart(t).Add(c.now)), KindRestOver)
		if len(items) != 1 || items[0].Slot != c.slot || local(t, items[0].Due) != c.due {
			t.Errorf("%s: %+v, want %s at %s", c.name, items, c.slot, c.due)
		}
	}
}
