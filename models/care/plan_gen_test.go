package care

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawPlanned draws a history and a person as a phone might send them, and a
// moment at which to plan.
func drawPlanned(t testing.TB, r *rapid.T) (History, Person, time.Time) {
	start := planStart(t).AddDate(0, rapid.IntRange(0, 11).Draw(r, "month"), rapid.IntRange(0, 27).Draw(r, "day"))
	hours := func(name string, most int) time.Duration {
		return time.Duration(rapid.IntRange(0, most*60).Draw(r, name)) * time.Minute
	}
	h, at := History{}, start
	for i := range rapid.IntRange(0, 6).Draw(r, "rows before") {
		at = at.Add(hours("gap", 200))
		s := rolled(t, "row"+string(rune('a'+i)), rapid.SampledFrom([]float64{0, 0.25, 0.5, 1, 1.5}).Draw(r, "mm"), at.Sub(planStart(t)))
		s.RollerID = rapid.SampledFrom([]string{"", "row1", "row2"}).Draw(r, "roller")
		h.Sessions = append(h.Sessions, s)
	}
	at = start
	for i := range rapid.IntRange(0, 12).Draw(r, "reports") {
		at = at.Add(hours("report gap", 90))
		h.Reports = append(h.Reports, told(t, "row"+string(rune('a'+i)), at.Sub(planStart(t)), rapid.SampledFrom(feelings).Draw(r, "feels")))
	}
	h.Rollers = []Roller{{ID: "row1", NeedleMM: 0.5}, {ID: "row2", NeedleMM: 1.5, Problems: rapid.SampledFrom([]Set{nil, {"bent"}}).Draw(r, "problems")}}
	if rapid.Bool().Draw(r, "clinician") {
		h.Clinician = []ClinicianEvent{{At: start.Add(hours("clinician", 800)), Outcome: rapid.SampledFrom([]string{"seen", "cleared", "booked"}).Draw(r, "outcome")}}
	}
	h.Acks = drawAcks(r, at)
	now := start.Add(hours("now", 1500))
	switch rapid.IntRange(0, 9).Draw(r, "now is") {
	case 0, 1:
		now = at.Add(hours("now", 100))
	case 2, 3, 4, 5, 6, 7:
		now = drawEnding(t, r, &h, at)
	}
	return h, drawPerson(t, r, start), now
}

// drawAcks draws answers to warnings around the last reports.
func drawAcks(r *rapid.T, last time.Time) []Ack {
	var acks []Ack
	for range rapid.IntRange(0, 2).Draw(r, "acks") {
		at := last.Add(time.Duration(rapid.IntRange(-100, 20).Draw(r, "acknowledged")) * time.Hour)
		acks = append(acks, Ack{At: at, Tier: pick(r, "tier", DoctorSoon, SameDay, Emergency), Action: pick(r, "action", "will_book", "watching", "seen")})
	}
	return acks
}

// drawEnding lets a history end well, which random rows hardly ever do: after
// the rest a symptom that goes, or a danger that is acknowledged (DQ-06) or
// cleared (RS-05), and a moment at which little is left to hold the go-ahead.
func drawEnding(t testing.TB, r *rapid.T, h *History, at time.Time) (now time.Time) {
	for i := range h.Sessions {
		at = later(at, h.Sessions[i].Time())
	}
	after := func(name string, least, most int) {
		at = at.Add(time.Duration(rapid.IntRange(least*60, most*60).Draw(r, name)) * time.Minute)
	}
	tell := func(id string, feels func(*Answers)) {
		h.Reports = append(h.Reports, told(t, id, at.Sub(planStart(t)), feels))
	}
	last := pick(r, "the last symptom", nil, red, red, pus, pus, confused)
	answer := pick(r, "answered by", OutcomeCleared, "watching")
	if answer != OutcomeCleared { // nothing clears what was before
		h.Reports = slices.DeleteFunc(h.Reports, func(r Report) bool { return len(r.Discharge)+len(r.Systemic) > 0 })
	}
	after("the last symptom", 1, 1100)
	tell("last", last)
	after("gone", 1, 90)
	tell("gone", nil)
	after("still gone", 24, 90)
	tell("still gone", nil)
	if answer == OutcomeCleared {
		h.Clinician = append(h.Clinician, ClinicianEvent{At: at, Outcome: OutcomeCleared})
		after("now", 13*24, 22*24)
		return at
	}
	h.Acks = append(h.Acks, Ack{At: at, Tier: pick(r, "tier", SameDay, Emergency), Action: answer})
	after("now", 0, 340)
	return at
}

func pus(a *Answers)      { a.Discharge = Set{"thick"} }
func confused(a *Answers) { a.Systemic = Set{"confusion"} }

var feelings = []func(*Answers){
	nil, nil, nil, red, red,
	func(a *Answers) { a.Itch = grade(2) },
	func(a *Answers) { a.Erythema, a.Pain = grade(2), grade(4) },
	pus,
	func(a *Answers) { c := 37.7; a.TemperatureC, a.Erythema = &c, grade(1) },
	func(a *Answers) { *a = Answers{Erythema: grade(0)} },
	func(a *Answers) { a.Products = []Product{{Kind: "minoxidil"}} },
	confused,
}

func drawPerson(t testing.TB, r *rapid.T, start time.Time) Person {
	p := planPerson(t)
	p.Zone = zone(t, rapid.SampledFrom(zones).Draw(r, "zone"))
	p.QuietHours = Hours{Clock(rapid.IntRange(0, 1439).Draw(r, "quiet from")), Clock(rapid.IntRange(0, 1439).Draw(r, "quiet to"))}
	p.ReminderTime = Clock(rapid.IntRange(0, 1439).Draw(r, "reminder time"))
	p.Spread = time.Duration(rapid.IntRange(0, 600).Draw(r, "spread")) * time.Second
	p.Notify.CheckIn, p.Notify.Aftercare = rapid.Bool().Draw(r, "check-ins on"), rapid.Bool().Draw(r, "tips on")
	p.UsesMinoxidil = rapid.Bool().Draw(r, "minoxidil")
	p.CreatedAt = start.Add(-time.Hour)
	p.RisksReviewedAt = rapid.SampledFrom([]time.Time{start, start.Add(50 * time.Hour)}).Draw(r, "reviewed")
	if chance(r, 25) { // RS-14
		p.RisksReviewedAt = time.Time{}
	}
	if code := rapid.SampledFrom([]string{"", "", "", "", "diabetes", "keloid", "heart_disease"}).Draw(r, "risk"); code != "" {
		p.Risks = []Risk{{Code: code, SetOn: DateOf(start), Until: rapid.SampledFrom([]Date{{}, DateOf(start).AddDays(20)}).Draw(r, "until")}}
		p.ClinicianClearedOn = rapid.SampledFrom([]Date{{}, DateOf(start).AddDays(30)}).Draw(r, "cleared on")
	}
	return p
}
