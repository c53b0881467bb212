package care_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"aftercare/models/care"
)

// dice draws histories. They are drawn from a seed alone, so that a failing one can
// be drawn again.
type dice struct{ *rand.Rand }

func (d dice) oneIn(n int) bool { return d.IntN(n) == 0 }

func draw[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

var startOfPage = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func atHour(h float64) time.Time {
	return startOfPage.Add(time.Duration(h * float64(time.Hour)).Round(time.Millisecond))
}

// edges are the hours at which a rule begins or ends.
var edges = []float64{0, 3, 6, 8, 12, 20, 24, 36, 48, 56, 60, 72, 80, 96, 120, 156, 168, 180, 192, 204, 216, 240, 264, 336, 360, 504, 700, 1440}

// since draws hours after a session: at the edges, a millisecond beside them, or any.
func (d dice) since() float64 {
	ms := 1.0 / 3600e3
	switch d.IntN(4) {
	case 0:
		return draw(d, edges...)
	case 1:
		return draw(d, edges...) + draw(d, ms, -ms, ms, 0.5)
	}
	return float64(d.IntN(300*60)) / 60
}

func (d dice) session(i int, at float64) care.Session {
	s := care.Session{ID: fmt.Sprintf("session-%d", i), StartedAt: atHour(at),
		NeedleMM: draw(d, 0.2, 0.25, 0.3, 0.5, 0.5, 0.5, 0.75, 1.0, 1.25, 1.5, 2, 2.5, 0)}
	if d.oneIn(3) {
		s.EndedAt = s.StartedAt.Add(draw(d, 20*time.Minute, 2*time.Hour))
	}
	if d.oneIn(8) {
		s.Professional, s.ClinicIntervalDays = true, draw(d, 0, 1, 10, 30, 180, 181)
	}
	if d.oneIn(5) {
		s.Baseline = care.Baseline{Itch: draw(d, nil, new(0), new(2), new(4)), Flaking: draw(d, nil, new(0), new(1))}
	}
	if d.oneIn(6) {
		s.Products = d.products()
	}
	return s
}

func (d dice) products() []care.Product {
	return []care.Product{{Kind: draw(d, "minoxidil", "minoxidil", "oil"), HoursAfterSession: draw(d, nil, new(0.0), new(20.0), new(24.0), new(50.0), new(100.0))}}
}

func calmOfPage() care.Answers {
	return care.Answers{Erythema: new(0), Swelling: new(0), Warmth: new(0), Flaking: new(0), Pain: new(0), Itch: new(0), Burning: new(0),
		Extent: "rolled_area", Discharge: care.Set{}, Odour: "no", Lumps: "none", TenderNodes: "no", Bleeding: "none", Feverish: "no",
		Systemic: care.Set{}, Alarm: care.Set{}, Skin: care.Set{}}
}

// answers draws a report: calm, with a few signs, with some things left out, or
// almost nothing said.
func (d dice) answers() care.Answers {
	a := calmOfPage()
	switch d.IntN(10) {
	case 0, 1:
		return a
	case 2:
		a = care.Answers{}
	case 3, 4:
		for range 1 + d.IntN(3) {
			d.leaveOut(&a)
		}
	}
	if d.oneIn(12) { // the signs of an infection together
		a.Erythema, a.Swelling, a.Warmth, a.Pain = new(d.IntN(4)), new(d.IntN(3)), new(d.IntN(3)), new(d.IntN(8))
	}
	for range 1 + d.IntN(3) {
		if d.oneIn(3) {
			d.say(&a)
		} else {
			d.rate(&a)
		}
	}
	if d.oneIn(4) {
		a.SpreadingFast = new(false)
	}
	a.SeenByClinician = d.oneIn(25)
	return a
}

func (d dice) rate(a *care.Answers) {
	low := draw(d, 0, 1, 1, 1, 2, 2, 3)
	switch d.IntN(7) {
	case 0:
		a.Erythema = &low
	case 1:
		a.Swelling = &low
	case 2:
		a.Warmth = &low
	case 3:
		a.Flaking = &low
	case 4:
		a.Pain = new(draw(d, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 11))
	case 5:
		a.Itch = new(draw(d, 0, 1, 2, 3, 4, 5, 7, 10))
	case 6:
		a.Burning = new(draw(d, 0, 1, 2, 3, 4, 5))
	}
}

func (d dice) leaveOut(a *care.Answers) {
	switch d.IntN(12) {
	case 0:
		a.Erythema = nil
	case 1:
		a.Swelling = nil
	case 2:
		a.Warmth = nil
	case 3:
		a.Pain = nil
	case 4:
		a.Flaking, a.Itch, a.Burning = nil, nil, nil
	case 5:
		a.Discharge = nil
	case 6:
		a.Lumps = ""
	case 7:
		a.Bleeding = ""
	case 8:
		a.Systemic, a.Alarm = nil, nil
	case 9:
		a.Extent, a.Odour, a.TenderNodes = "", "", ""
	case 10:
		a.Skin, a.Feverish = nil, ""
	case 11:
		a.Erythema, a.Swelling, a.Warmth, a.Pain = nil, nil, nil, nil
	}
}

func (d dice) say(a *care.Answers) {
	switch d.IntN(14) {
	case 13: // a word that this version does not know is unknown
		switch d.IntN(4) {
		case 0:
			a.Extent = "odd"
		case 1:
			a.Lumps = "odd"
		case 2:
			a.Bleeding = "odd"
		case 3:
			a.TemperatureC = new(math.NaN())
		}
	case 0:
		a.Extent = draw(d, "beyond", "beyond", "spreading", "streaks")
	case 1:
		a.SpreadingFast = new(true)
	case 2:
		a.Discharge = draw(d, care.Set{"clear"}, care.Set{"blood"}, care.Set{"yellow_green"}, care.Set{"thick", "blood"}, care.Set{"not_sure"})
	case 3:
		a.Odour = draw(d, "yes", "not_sure")
	case 4:
		a.Lumps = draw(d, "few_pimples", "few_pimples", "many_pustules", "painful_lump", "firm_bumps", "grouped_blisters")
	case 5:
		a.TenderNodes = draw(d, "yes", "not_sure")
	case 6:
		a.Bleeding = draw(d, "pinpoint", "pinpoint", "returned", "not_stopping")
	case 7:
		a.Feverish = draw(d, "yes", "not_sure")
	case 8:
		a.TemperatureC = new(draw(d, 35.9, 36.6, 37.4, 37.5, 37.9, 38.0, 38.6, 39.0, 40.5, 44))
	case 9:
		a.Systemic = care.Set{draw(d, "chills", "very_unwell", "confusion", "fast_breathing", "racing_heart", "faintness", "repeated_vomiting", "cold_clammy_skin", "no_urine", "not_sure")}
	case 10:
		a.Alarm = care.Set{draw(d, "eyelid_swelling", "eye_pain_or_vision", "face_or_tongue_swelling", "breathing_difficulty", "widespread_hives", "chest_pain", "swollen_hands_or_feet", "skin_black_or_numb", "pain_beyond_look", "not_sure")}
		if d.oneIn(3) {
			a.Alarm = append(a.Alarm, draw(d, "eyelid_swelling", "eye_pain_or_vision", "pain_beyond_look"))
		}
	case 11:
		a.Skin = care.Set{draw(d, "local_hives", "rash", "scaly_plaque", "scaly_ring", "patchy_hair_loss", "yellow_crust", "growing_scab", "lasting_marks", "lasting_marks", "raised_scar")}
	case 12:
		a.Trend = draw(d, "better", "same", "worse", "worse", "resolved")
		if d.oneIn(2) {
			a.Products = d.products()
		}
	}
}

// history draws sessions days apart, reports after them and what else was told.
func (d dice) history() care.History {
	var h care.History
	at := 0.0
	for i := range draw(d, 0, 1, 1, 1, 2, 2, 3, 4) {
		h.Sessions = append(h.Sessions, d.session(i, at))
		at += draw(d, 3.0, 11, 12, 48, 72, 96, 97, 170, 336, 340, 500, 1500) + draw(d, 0, 0.25)
	}
	about := func() time.Time {
		from := startOfPage
		if len(h.Sessions) > 0 {
			s := draw(d, h.Sessions...)
			from = s.Time()
		}
		return from.Add(time.Duration(d.since() * float64(time.Hour)).Round(time.Millisecond))
	}
	for i := range d.IntN(7) {
		r := care.Report{ID: fmt.Sprintf("report-%d", i), At: about(), Answers: d.answers()}
		if d.oneIn(3) && i > 0 { // much the same again
			r.Answers = h.Reports[i-1].Answers
			r.At = h.Reports[i-1].At.Add(time.Duration(draw(d, 2, 8, 12, 20, 24, 30, 72, 100)) * time.Hour)
		}
		h.Reports = append(h.Reports, r)
	}
	if d.oneIn(4) {
		h.Clinician = append(h.Clinician, d.event(about().Add(7*time.Minute), h.Reports))
	}
	for range draw(d, 0, 0, 0, 1, 2) {
		a := care.Ack{At: about().Add(11 * time.Minute), Tier: draw(d, care.DoctorSoon, care.SameDay, care.SameDay, care.Emergency),
			Action: draw(d, "will_book", "booked", "seen", "watching", "watching")}
		for _, r := range h.Reports {
			if r.At.Before(a.At) && d.oneIn(3) {
				a.Report = r.ID
			}
		}
		h.Acks = append(h.Acks, a)
	}
	if d.oneIn(5) {
		d.endDanger(&h, about())
	}
	return apart(h)
}

// endDanger adds a danger sign that ends: by two reports without it and an answer, or
// by a clinician's clearance and time without symptoms.
func (d dice) endDanger(h *care.History, at time.Time) {
	tell := func(after int, a care.Answers) {
		at = at.Add(time.Duration(after)*time.Hour + 3*time.Minute)
		h.Reports = append(h.Reports, care.Report{ID: fmt.Sprintf("danger-%d", len(h.Reports)), At: at, Answers: a})
	}
	sign := d.answers()
	d.say(&sign)
	tell(0, sign)
	tell(draw(d, 1, 12, 23), calmOfPage())
	if d.oneIn(2) {
		h.Acks = append(h.Acks, care.Ack{At: at.Add(time.Minute), Tier: draw(d, care.SameDay, care.SameDay, care.Emergency), Action: draw(d, "watching", "seen")})
	}
	tell(draw(d, 20, 24, 48), calmOfPage())
	if d.oneIn(2) {
		h.Clinician = append(h.Clinician, d.event(at.Add(time.Duration(draw(d, -60, 1, 60))*time.Minute), h.Reports))
	}
	if d.oneIn(2) {
		tell(draw(d, 24, 200, 14*24, 20*24), d.answers())
	}
}

// event draws what a clinician did, at times about the episode of an earlier report.
func (d dice) event(at time.Time, reports []care.Report) care.ClinicianEvent {
	e := care.ClinicianEvent{At: at, Outcome: draw(d, care.OutcomeBooked, care.OutcomeSeen, care.OutcomeCleared, care.OutcomeCleared), NoInfection: d.oneIn(3)}
	for _, r := range reports {
		if r.At.Before(at) && d.oneIn(4) {
			e.Report = r.ID
		}
	}
	return e
}

// apart drops what was told at one and the same moment as something else: which of
// them came first is not said by the page.
func apart(h care.History) care.History {
	seen := map[int64]bool{}
	twice := func(at time.Time) bool {
		was := seen[at.UnixMilli()]
		seen[at.UnixMilli()] = true
		return was
	}
	h.Reports = slices.DeleteFunc(h.Reports, func(r care.Report) bool { return twice(r.At) })
	h.Clinician = slices.DeleteFunc(h.Clinician, func(e care.ClinicianEvent) bool { return twice(e.At) })
	h.Acks = slices.DeleteFunc(h.Acks, func(a care.Ack) bool { return twice(a.At) })
	return h
}

func (d dice) person(now time.Time) care.Person {
	p := care.Person{UsesMinoxidil: d.oneIn(5), RisksReviewedAt: startOfPage}
	if d.oneIn(6) {
		p.RisksReviewedAt = time.Time{}
	}
	if d.oneIn(8) {
		p.HairLoss = d.hairLoss(now)
	}
	if !d.oneIn(2) {
		return p
	}
	for range 1 + d.IntN(2) {
		r := care.Risk{Code: draw(d, append([]string{"diabetes", "kidney_disease", "immunosuppression"}, care.RiskCodes()...)...), Inactive: d.oneIn(3)}
		if d.oneIn(4) {
			r.Until = care.DateOf(atHour(float64(d.IntN(900))))
		}
		if d.oneIn(4) {
			r.SetOn = care.DateOf(atHour(float64(d.IntN(900))))
		}
		if d.oneIn(5) {
			r.EndedAt = now.Add(-time.Duration(d.IntN(600)) * time.Hour).Add(13 * time.Minute)
			r.Until = care.Date{}
			r.SetAt = r.EndedAt.Add(-time.Duration(d.IntN(600)) * time.Hour)
		}
		p.Risks = append(p.Risks, r)
	}
	if d.oneIn(4) {
		p.ClinicianClearedOn = care.DateOf(now.Add(-time.Duration(24+d.IntN(900)) * time.Hour))
	}
	return p
}

func (d dice) hairLoss(now time.Time) *care.HairLoss {
	l := &care.HairLoss{Type: draw(d, "androgenetic", "alopecia_areata", "traction", "telogen_effluvium", "scarring", "unknown"),
		ToldBy: draw(d, "clinician", "self"), SetOn: care.DateOf(now.AddDate(0, 0, -d.IntN(60))),
		Sudden: d.oneIn(6), Patchy: d.oneIn(6), PainfulOrScaly: d.oneIn(6), TightStyles: d.oneIn(2)}
	if d.oneIn(2) {
		l.OnsetOn = care.DateOf(now.AddDate(0, 0, -draw(d, 10, 100, 170, 200, 400)))
	}
	return l
}

// life draws a history, a person and the moments at which it is judged: time alone
// passes between them.
func (d dice) life() life {
	l := life{h: d.history(), standing: d.oneIn(10)}
	now := startOfPage
	for i := range l.h.Sessions {
		if l.standing { // a session that has not ended at a report is not there yet
			l.h.Sessions[i].EndedAt = time.Time{}
		}
	}
	for _, r := range l.h.Reports {
		now = later(now, r.At)
	}
	for _, s := range l.h.Sessions {
		now = later(now, s.Time())
	}
	if d.oneIn(6) {
		now = atHour(d.since())
	}
	l.p = d.person(now)
	l.nows = []time.Time{now}
	if d.oneIn(2) {
		now = now.Add(time.Duration(d.since() * float64(time.Hour)).Round(time.Millisecond))
		l.nows = append(l.nows, now)
	}
	return l
}
