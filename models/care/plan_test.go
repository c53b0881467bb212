package care

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// The session of these tests ends on Monday 2026-05-04 at 12:00 in Berlin.
func planStart(t testing.TB) time.Time {
	return At(date(t, "2026-05-04"), clock(t, "12:00"), zone(t, "Europe/Berlin"))
}

func planPerson(t testing.TB) Person {
	return Person{
		Zone: zone(t, "Europe/Berlin"), QuietHours: Hours{clock(t, "21:00"), clock(t, "08:00")}, ReminderTime: clock(t, "09:00"),
		Notify:    Notify{RestOver: true, CheckIn: true, Aftercare: true, RollerCare: true, Progress: true},
		CreatedAt: planStart(t).Add(-time.Hour), RisksReviewedAt: planStart(t).Add(-time.Hour),
	}
}

// planOf is the plan alone.
func planOf(h History, p Person, now time.Time) []Item {
	_, items := Judge(h, p, now)
	return items
}

func rolled(t testing.TB, id string, mm float64, after time.Duration) Session {
	return Session{ID: id, StartedAt: planStart(t).Add(after - 10*time.Minute), EndedAt: planStart(t).Add(after), NeedleMM: mm}
}

func told(t testing.TB, id string, after time.Duration, change func(*Answers)) Report {
	a := calmly()
	if change != nil {
		change(&a)
	}
	return Report{ID: id, At: planStart(t).Add(after), Answers: a}
}

func red(a *Answers) { a.Erythema = grade(1) }

// of are the steps of a kind, soonest first.
func of(items []Item, kind Kind) []Item {
	return slices.DeleteFunc(slices.Clone(items), func(it Item) bool { return it.Kind != kind })
}

func step(t testing.TB, items []Item, kind Kind, slot string) Item {
	t.Helper()
	for _, it := range items {
		if it.Kind == kind && it.Slot == slot {
			return it
		}
	}
	t.Fatalf("no %s %s in the plan", kind, slot)
	return Item{}
}

func has(items []Item, kind Kind, slot string) bool {
	return slices.ContainsFunc(items, func(it Item) bool { return it.Kind == kind && it.Slot == slot })
}

func local(t testing.TB, at time.Time) string {
	return at.In(zone(t, "Europe/Berlin")).Format("01-02 15:04")
}

func slots(t testing.TB, items []Item) string {
	var out []string
	for _, it := range items {
		out = append(out, it.Slot+" "+local(t, it.Due))
	}
	return strings.Join(out, ", ")
}

func TestCheckInsFollowTheNeedle(t *testing.T) {
	for _, c := range []struct {
		name string
		mm   float64
		risk string
		want string
	}{
		{"short", 0.25, "", "24h 05-05 12:00, 72h 05-07 12:00, 120h 05-09 12:00, 156h 05-11 08:00, 240h 05-14 12:00"},
		{"deep", 0.5, "", "24h 05-05 12:00, 48h 05-06 12:00, 72h 05-07 12:00, 120h 05-09 12:00, 156h 05-11 08:00, 240h 05-14 12:00"},
		{"unknown", 0, "", "24h 05-05 12:00, 48h 05-06 12:00, 72h 05-07 12:00, 120h 05-09 12:00, 156h 05-11 08:00, 240h 05-14 12:00"},
		{"at risk", 0.25, "diabetes", "24h 05-05 12:00, 60h 05-07 08:00, 72h 05-07 12:00, 120h 05-09 12:00, 156h 05-11 08:00, 240h 05-14 12:00"},
	} {
		p := planPerson(t)
		if c.risk != "" {
			p.Risks = []Risk{{Code: c.risk}}
		}
		items := of(planOf(History{Sessions: []Session{rolled(t, "s1", c.mm, 0)}}, p, planStart(t).Add(time.Hour)), KindCheckIn)
		if got := slots(t, items); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		for i, it := range items {
			want := it.Due.Add(lastCheckInH)
			if i+1 < len(items) {
				want = items[i+1].Due
			}
			if !it.Expires.Equal(want) || it.HeldBy != "" || it.Silent || it.SessionID != "s1" {
				t.Errorf("%s: %+v", c.name, it)
			}
		}
	}
}

func TestCheckInsThatQuietHoursBringTogetherAreOne(t *testing.T) {
	p := planPerson(t)
	p.Risks = []Risk{{Code: "diabetes"}}
	p.QuietHours = Hours{clock(t, "13:00"), clock(t, "12:00")} // one hour a day is left
	items := of(planOf(History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}}, p, planStart(t).Add(time.Hour)), KindCheckIn)
	want := "24h 05-05 12:00, 72h 05-07 12:00, 120h 05-09 12:00, 156h 05-11 12:00, 240h 05-14 12:00"
	if got := slots(t, items); got != want {
		t.Errorf("got %s", got)
	}
}

func TestAReportInItsSlotAnswersACheckIn(t *testing.T) {
	s := []Session{rolled(t, "s1", 0.5, 0)}
	for _, c := range []struct {
		after time.Duration
		want  []string
	}{
		{20 * time.Hour, nil},
		{21 * time.Hour, []string{"24h"}},
		{44 * time.Hour, []string{"24h"}},
		{46 * time.Hour, []string{"24h", "48h"}},
		{48 * time.Hour, []string{"48h"}},
		{239 * time.Hour, []string{"156h", "240h"}},
		{311 * time.Hour, []string{"240h"}},
		{312 * time.Hour, nil},
	} {
		h := History{Sessions: s, Reports: []Report{told(t, "r1", c.after, nil)}}
		var got []string
		for _, it := range of(planOf(h, planPerson(t), planStart(t).Add(c.after)), KindCheckIn) {
			if it.Done {
				got = append(got, it.Slot)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("a report after %v answers %v, want %v", c.after, got, c.want)
		}
	}
}

func TestANewSessionEndsTheEarlierCycle(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0), rolled(t, "s2", 0.5, 90*time.Hour)}}
	now := planStart(t).Add(91 * time.Hour)
	for _, it := range planOf(h, planPerson(t), now) {
		if it.SessionID == "s1" {
			t.Errorf("a step of the earlier cycle is still planned: %+v", it)
		}
	}
	h.Reports = []Report{told(t, "r1", 80*time.Hour, red)}
	items := planOf(h, planPerson(t), now)
	var kinds []string
	for _, it := range items {
		if it.SessionID == "s1" {
			kinds = append(kinds, string(it.Kind)+" "+it.Slot)
		}
	}
	if !slices.Contains(kinds, "check_in 120h") || !slices.Contains(kinds, "check_in 240h") || slices.ContainsFunc(kinds, func(k string) bool { return !strings.HasPrefix(k, "check_in") }) {
		t.Errorf("of the session with an open episode remain %v", kinds)
	}
	h.Reports = append(h.Reports, told(t, "r2", 100*time.Hour, nil))
	for _, it := range planOf(h, planPerson(t), planStart(t).Add(101*time.Hour)) {
		if it.SessionID == "s1" {
			t.Errorf("planned after the episode closed: %+v", it)
		}
	}
}

func TestOfTwoSessionsTheNewestAsks(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0), rolled(t, "s2", 0.5, 97*time.Hour)}, Reports: []Report{told(t, "r1", 90*time.Hour, red)}}
	items := of(planOf(h, planPerson(t), planStart(t).Add(98*time.Hour)), KindCheckIn)
	for _, it := range items {
		if it.Anchor == "s1" && it.Slot == "120h" {
			t.Errorf("an hour before that of the new session: %s", slots(t, items))
		}
	}
	if !has(items, KindCheckIn, "24h") || !has(items, KindCheckIn, "240h") {
		t.Errorf("planned %s", slots(t, items))
	}
}

func TestTheLateCheckInsAskWhatIsLeft(t *testing.T) {
	for _, it := range of(planOf(History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}}, planPerson(t), planStart(t)), KindCheckIn) {
		if left := it.Slot == "156h" || it.Slot == "240h"; left != (it.Key == "check_in.left") {
			t.Errorf("%s asks %s", it.Slot, it.Key)
		}
	}
}

func TestAReportAboveTheUsualIsAskedAgain(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Reports: []Report{told(t, "r1", 76*time.Hour, func(a *Answers) { a.Erythema = grade(2) })}}
	now := planStart(t).Add(77 * time.Hour)
	it := step(t, planOf(h, planPerson(t), now), KindCheckIn, "again")
	if it.Anchor != "r1" || it.Rule != "WT-01" || local(t, it.Due) != "05-08 16:00" {
		t.Errorf("%+v", it)
	}
	h.Reports = append(h.Reports, told(t, "r2", 80*time.Hour, red))
	if has(planOf(h, planPerson(t), planStart(t).Add(81*time.Hour)), KindCheckIn, "again") {
		t.Error("asked again although a later report told more")
	}
	h.Reports[1] = told(t, "r2", 98*time.Hour, red)
	if it := step(t, planOf(h, planPerson(t), planStart(t).Add(99*time.Hour)), KindCheckIn, "again"); !it.Done {
		t.Errorf("not answered: %+v", it)
	}
}

func TestWhenAReportIsAskedAgain(t *testing.T) {
	for rule, want := range map[string]time.Duration{
		"WT-01": 24 * time.Hour, "WT-02": 12 * time.Hour, "WT-05": 12 * time.Hour, "WT-06": 24 * time.Hour, "WT-09": 12 * time.Hour, "WT-10": 24 * time.Hour, "WT-11": 24 * time.Hour,
	} {
		if got, after, ok := asksAgain(Assessment{Rules: []string{"SD-01", rule}}); !ok || got != rule || after != want {
			t.Errorf("%s: %s after %v", rule, got, after)
		}
	}
	if _, after, _ := asksAgain(Assessment{Rules: []string{"WT-01", "WT-05"}}); after != 12*time.Hour {
		t.Errorf("of two the sooner one counts: %v", after)
	}
	if rule, _, ok := asksAgain(Assessment{Rules: []string{"WT-03", "EX-00"}}); ok {
		t.Errorf("%s asks for no check-in", rule)
	}
}

func TestWhatAReportAskedForBelongsToItsCycle(t *testing.T) {
	swollen := func(a *Answers) { a.Swelling = grade(2) }
	again := func(h History, after time.Duration) string {
		for _, it := range of(planOf(h, planPerson(t), planStart(t).Add(after)), KindCheckIn) {
			if it.Slot == "again" {
				return "of " + it.SessionID
			}
		}
		return "none"
	}
	old := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Reports: []Report{told(t, "r1", lateWindow, swollen)}}
	if got := again(old, lateWindow+time.Hour); got != "of s1" {
		t.Errorf("60 days after the session: %s", got)
	}
	old.Reports[0].At = old.Reports[0].At.Add(time.Minute)
	if got := again(old, lateWindow+time.Hour); got != "of " {
		t.Errorf("later than that no session counts: %s", got)
	}
	// Rolled again while the episode is open: the extra check-in stays, of the older session.
	rolledAgain := History{Sessions: []Session{rolled(t, "s1", 0.5, 0), rolled(t, "s2", 0.5, 53*time.Hour)}, Reports: []Report{told(t, "r1", 52*time.Hour, swollen)}}
	if got := again(rolledAgain, 54*time.Hour); got != "none" {
		t.Errorf("the check-in of 24 h after the new session is asked instead: %s", got)
	}
	rolledAgain.Sessions[1] = rolled(t, "s2", 0.5, 60*time.Hour)
	if got := again(rolledAgain, 61*time.Hour); got != "of s1" {
		t.Errorf("of an open episode: %s", got)
	}
	rolledAgain.Reports = append(rolledAgain.Reports, told(t, "r2", 74*time.Hour, nil))
	if got := again(rolledAgain, 75*time.Hour); got != "none" {
		t.Errorf("of a closed episode: %s", got)
	}
	pale := History{Sessions: rolledAgain.Sessions, Reports: []Report{told(t, "r1", 52*time.Hour, func(a *Answers) { *a = Answers{TenderNodes: "no", Trend: "worse"} })}}
	if got := again(pale, 59*time.Hour); got != "of s1" {
		t.Errorf("before the new session: %s", got)
	}
	if got := again(pale, 61*time.Hour); got != "none" {
		t.Errorf("a cycle that ended, without an episode: %s", got)
	}
}

func TestRowsWithoutATimeAreLeftOut(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0), {ID: "s0"}}, Reports: []Report{{ID: "r0", Answers: calmly()}}}
	want := planOf(History{Sessions: h.Sessions[:1]}, planPerson(t), planStart(t).Add(time.Hour))
	if got := planOf(h, planPerson(t), planStart(t).Add(time.Hour)); !reflect.DeepEqual(got, want) {
		t.Errorf("the plan differs:\n%s", differ(want, got))
	}
}

func TestNobodyIsAskedTwiceInAMorning(t *testing.T) {
	// The extra check-in of r1 falls 24 h after hour 97: an hour from that of 120 h.
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Reports: []Report{told(t, "r1", 97*time.Hour, func(a *Answers) { a.Erythema = grade(2) })}}
	items := of(planOf(h, planPerson(t), planStart(t).Add(98*time.Hour)), KindCheckIn)
	if has(items, KindCheckIn, "again") || !has(items, KindCheckIn, "120h") {
		t.Errorf("planned %s", slots(t, items))
	}
	// The other way round: the extra one comes first, the one of the session stays.
	h.Reports[0].At = planStart(t).Add(94 * time.Hour)
	items = of(planOf(h, planPerson(t), planStart(t).Add(95*time.Hour)), KindCheckIn)
	if has(items, KindCheckIn, "again") || !has(items, KindCheckIn, "120h") {
		t.Errorf("planned %s", slots(t, items))
	}
	h.Reports[0].At = planStart(t).Add(93 * time.Hour) // three hours apart are enough
	items = of(planOf(h, planPerson(t), planStart(t).Add(95*time.Hour)), KindCheckIn)
	if !has(items, KindCheckIn, "again") || !has(items, KindCheckIn, "120h") {
		t.Errorf("planned %s", slots(t, items))
	}
}

func TestATemperatureIsMeasuredAgain(t *testing.T) {
	warm := func(a *Answers) { c := 37.6; a.TemperatureC, a.Erythema, a.Feverish = &c, grade(1), "" }
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Reports: []Report{told(t, "r1", 26*time.Hour, warm)}}
	it := step(t, planOf(h, planPerson(t), planStart(t).Add(27*time.Hour)), KindRecheck, "temperature")
	if it.Rule != "WT-03" || local(t, it.Due) != "05-05 18:00" || local(t, it.Expires) != "05-06 02:00" || it.Done || it.HeldBy != "" {
		t.Errorf("%+v", it)
	}
	h.Reports = append(h.Reports, told(t, "r2", 30*time.Hour, warm))
	items := of(planOf(h, planPerson(t), planStart(t).Add(31*time.Hour)), KindRecheck)
	if len(items) != 2 || !items[0].Done || items[1].Done || local(t, items[1].Due) != "05-05 22:00" || !items[1].InQuiet { // RM-11
		t.Errorf("%+v", items)
	}
}

func grade(v int) *int { return &v }

// A step that waited for the push of a check-in is not told on a scalp of which
// the early answer says that it is not calm.
func TestAnEarlyAnswerHoldsWhatWouldHaveRidden(t *testing.T) {
	p := planPerson(t)
	p.QuietHours, p.Risks = Hours{}, []Risk{{Code: "kidney_disease"}} // at risk: a check-in at 60 h
	// AC-06: the 72 h of 0.5 mm end 58 h after the newer session.
	h := History{Sessions: []Session{rolled(t, "s0", 0.5, -14*time.Hour), rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r0", time.Hour, nil)}}
	exercise := func(after time.Duration) Item {
		return step(t, planOf(h, p, planStart(t).Add(after)), KindAftercare, "AC-06")
	}
	if it := exercise(2 * time.Hour); it.RidesWith != "60h" || !it.Due.Equal(planStart(t).Add(58*time.Hour)) {
		t.Fatalf("%+v", it)
	}
	h.Reports = append(h.Reports, told(t, "r1", 59*time.Hour, red))
	if it := exercise(59 * time.Hour); it.HeldBy != "AC-00" {
		t.Errorf("told after an early answer that is not calm: %+v", it)
	}
	h.Reports[1] = told(t, "r1", 59*time.Hour, nil)
	if it := exercise(59 * time.Hour); it.HeldBy != "" || it.RidesWith != "" || !it.Due.Equal(planStart(t).Add(59*time.Hour)) {
		t.Errorf("after an early calm answer: %+v", it)
	}
}

// RS-09, DQ-10: a short needle does not end the hold of a long one before it.
func TestAHoldRunsUntilTheLatestEndOfAllSessions(t *testing.T) {
	p := planPerson(t)
	p.UsesMinoxidil, p.QuietHours = true, Hours{}
	h := History{Sessions: []Session{rolled(t, "a", 1.5, 0), rolled(t, "b", 0.25, 24*time.Hour)}, Reports: []Report{told(t, "r", 25*time.Hour, nil)}}
	now := planStart(t).Add(26 * time.Hour)
	for slot, want := range map[string]time.Duration{"AC-01": 72, "AC-04": 48, "AC-07": 120, "AC-12": 336, "AC-02": 96, "AC-16": 24 + 336} {
		if it := step(t, planOf(h, p, now), KindAftercare, slot); !it.Due.Equal(planStart(t).Add(want*time.Hour)) || it.SessionID != "b" {
			t.Errorf("%s due %s, want %d h after the first session", slot, local(t, it.Due), want)
		}
	}
}

func TestNoMinoxidilWithASensitivityWhateverAClinicianSaid(t *testing.T) {
	for code, want := range map[string]string{"minoxidil_sensitivity": "none", "heart_disease": "05-07 12:00", "low_blood_pressure": "05-07 12:00", "autoimmune_disease": "05-05 12:00"} {
		p := planPerson(t)
		p.UsesMinoxidil = true
		p.Risks = []Risk{{Code: code, SetOn: DateOf(planStart(t).Add(-240 * time.Hour))}}
		p.ClinicianClearedOn = DateOf(planStart(t).Add(-24 * time.Hour))
		h := History{Sessions: []Session{rolled(t, "s", 0.25, 0)}, Reports: []Report{told(t, "r", 20*time.Hour, nil)}}
		got := "none"
		if items := planOf(h, p, planStart(t).Add(21*time.Hour)); has(items, KindAftercare, "AC-01") {
			got = local(t, step(t, items, KindAftercare, "AC-01").Due)
		}
		if got != want {
			t.Errorf("%s, cleared: %s, want %s", code, got, want)
		}
		p.Risks[0].SetAt, p.Risks[0].EndedAt = planStart(t).Add(-240*time.Hour), planStart(t).Add(-time.Hour)
		if it := step(t, planOf(h, p, planStart(t).Add(21*time.Hour)), KindAftercare, "AC-01"); local(t, it.Due) != "05-05 12:00" {
			t.Errorf("%s, taken away: %+v", code, it)
		}
	}
}

func TestMissingAnswersAreAskedForAfterADay(t *testing.T) {
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Reports: []Report{told(t, "r1", 80*time.Hour, func(a *Answers) { *a = Answers{Feverish: "no"} })}}
	it := step(t, planOf(h, planPerson(t), planStart(t).Add(81*time.Hour)), KindCheckIn, "again")
	if it.Rule != "WT-11" || it.Key != "check_in.missing" || local(t, it.Due) != "05-08 20:00" {
		t.Errorf("%+v", it)
	}
}

// 60 h after an evening session lie in the night: moved to its end, that
// check-in comes within 3 h of the one of 72 h and must not take its place.
func TestACheckInOfTheNightDoesNotSwallowTheNext(t *testing.T) {
	p := planPerson(t)
	p.Risks = []Risk{{Code: "diabetes"}}
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, -3*time.Hour)}} // 09:00; 60 h later it is 21:00
	items := of(planOf(h, p, planStart(t)), KindCheckIn)
	if has(items, KindCheckIn, "60h") || local(t, step(t, items, KindCheckIn, "72h").Due) != "05-07 09:00" {
		t.Errorf("planned %s", slots(t, items))
	}
}
