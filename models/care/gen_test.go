package care

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// pick draws one of the words; a repeated one is likelier.
func pick[T any](t *rapid.T, label string, of ...T) T { return rapid.SampledFrom(of).Draw(t, label) }

func chance(t *rapid.T, oneIn int) bool { return rapid.IntRange(1, oneIn).Draw(t, "chance") == 1 }

// genScale draws a scale, mostly low, at times unknown or out of range.
func genScale(t *rapid.T, top int) *int {
	switch rapid.IntRange(0, 11).Draw(t, "scale") {
	case 0:
		return nil
	case 1:
		return pick(t, "odd", new(-1), new(top+1), new(99))
	case 2, 3:
		return new(rapid.IntRange(0, top).Draw(t, "any"))
	case 4, 5:
		return new(1)
	}
	return new(0)
}

// genSet draws a set of the words, at times with one that nobody knows.
func genSet(t *rapid.T, words ...string) Set {
	words = append(slices.Clone(words), "odd")
	switch rapid.IntRange(0, 9).Draw(t, "set") {
	case 0:
		return nil
	case 1, 2:
		return Set{pick(t, "word", words...)}
	case 3:
		return Set{pick(t, "word", words...), pick(t, "word", words...)}
	}
	return Set{}
}

// words are those of the API, by the field of a report: what a phone can send is
// drawn, also what is added later.
var words = func() map[string][]string {
	all, answers := map[string][]string{}, reflect.TypeFor[Answers]()
	for i := range answers.NumField() {
		if enum := answers.Field(i).Tag.Get("enum"); enum != "" {
			all[answers.Field(i).Name] = strings.Split(enum, ",")
		}
	}
	return all
}()

func genProducts(t *rapid.T) []Product {
	p := Product{Kind: pick(t, "product", "minoxidil", "minoxidil", "oil", "serum")}
	if chance(t, 2) {
		p.HoursAfterSession = new(pick(t, "hours after", 0, 3, 30, 100, -1, math.NaN(), math.Inf(1)))
	}
	return []Product{p}
}

func genAnswers(t *rapid.T) Answers {
	if chance(t, 4) {
		return calmly()
	}
	a := Answers{
		Erythema: genScale(t, 3), Swelling: genScale(t, 3), Warmth: genScale(t, 3), Flaking: genScale(t, 3),
		Pain: genScale(t, 10), Itch: genScale(t, 10), Burning: genScale(t, 10),
		Extent:          pick(t, "extent", "rolled_area", "rolled_area", "rolled_area", "", "beyond", "spreading", "streaks", "odd"),
		Discharge:       genSet(t, words["Discharge"]...),
		Odour:           pick(t, "odour", "no", "no", "no", "no", "", "yes", "not_sure"),
		Lumps:           pick(t, "lumps", "none", "none", "none", "none", "", "few_pimples", "many_pustules", "painful_lump", "firm_bumps", "grouped_blisters", "odd"),
		TenderNodes:     pick(t, "nodes", "no", "no", "no", "no", "", "yes", "not_sure"),
		Bleeding:        pick(t, "bleeding", "none", "none", "none", "none", "", "pinpoint", "returned", "not_stopping"),
		Feverish:        pick(t, "feverish", "no", "no", "no", "no", "", "yes", "not_sure"),
		Trend:           pick(t, "trend", "", "", "same", "better", "worse", "resolved"),
		Systemic:        genSet(t, words["Systemic"]...),
		Alarm:           genSet(t, words["Alarm"]...),
		Skin:            genSet(t, words["Skin"]...),
		SeenByClinician: chance(t, 12),
	}
	if chance(t, 6) {
		a.TemperatureC = new(pick(t, "temperature", 36.6, 37.5, 37.9, 38.0, 38.9, 39.0, 35.9, 29.9, 43.1, math.NaN()))
	}
	if chance(t, 10) {
		a.SpreadingFast = new(true)
	}
	if chance(t, 8) {
		a.Products = genProducts(t)
	}
	return a
}

// genTime draws a moment around t0: mostly within three months, on whole hours
// and at the edges of them, at times two years or decades away.
func genTime(t *rapid.T, label string) time.Time {
	if chance(t, 60) {
		return pick(t, label, t0.AddDate(-30, 0, 0), t0.AddDate(30, 0, 0), time.Time{})
	}
	days := pick(t, "days", 90, 90, 90, 60, 700)
	at := hour(float64(rapid.IntRange(0, 24*days/4).Draw(t, label) * 4))
	return at.Add(pick(t, "edge", 0, 0, 0, tick, -tick, time.Minute, time.Nanosecond, 500*time.Microsecond))
}

func genSession(t *rapid.T, id string) Session {
	s := Session{
		ID: id, StartedAt: genTime(t, "session"),
		NeedleMM:     pick(t, "mm", 0.25, 0.25, 0.5, 0.5, 1.0, 1.5, 2.5, 0.3, 0.6, 1.2, 2.0, 0, -1, math.NaN(), math.Inf(1)),
		Professional: chance(t, 5), RollerID: pick(t, "roller", "", "roller-a", "roller-b"),
	}
	if chance(t, 2) {
		s.EndedAt = s.StartedAt.Add(pick(t, "length", 0, 20*time.Minute, 4*time.Hour, 30*time.Hour, -time.Hour))
	}
	if chance(t, 6) {
		s.ClinicIntervalDays = pick(t, "interval", 1, 30, 90, 180, 181, -1, math.MaxInt)
	}
	if chance(t, 5) {
		s.Baseline = Baseline{Itch: new(3), Flaking: new(1)}
	}
	if chance(t, 5) {
		s.Products = genProducts(t)
	}
	if chance(t, 8) {
		s.Pain, s.Passes, s.Bleeding = new(pick(t, "pain", 6, 7, 11)), new(pick(t, "passes", 15, 16)), pick(t, "bleeding", "", "pinpoint", "more")
	}
	return s
}

// genAfter draws a moment in the ten days after a session, or any other.
func genAfter(t *rapid.T, label string, sessions []Session) time.Time {
	if len(sessions) == 0 || chance(t, 3) {
		return genTime(t, label)
	}
	s := sessions[rapid.IntRange(0, len(sessions)-1).Draw(t, "of session")]
	at := s.Time().Add(time.Duration(rapid.IntRange(0, 260/2).Draw(t, label)*2) * time.Hour)
	return at.Add(pick(t, "edge", 0, 0, 0, tick, -tick))
}

// genHistory draws a history; its rows are in no order.
func genHistory(t *rapid.T) History {
	var h History
	for i := range rapid.IntRange(0, 6).Draw(t, "sessions") {
		h.Sessions = append(h.Sessions, genSession(t, fmt.Sprintf("session-%d", i)))
	}
	for i := range rapid.IntRange(0, 12).Draw(t, "reports") {
		h.Reports = append(h.Reports, Report{ID: fmt.Sprintf("report-%02d", i), At: genAfter(t, "report", h.Sessions), Answers: genAnswers(t)})
	}
	for range rapid.IntRange(0, 2).Draw(t, "clinician") {
		h.Clinician = append(h.Clinician, ClinicianEvent{At: genAfter(t, "clinician", h.Sessions), Outcome: pick(t, "outcome", OutcomeBooked, OutcomeSeen, OutcomeCleared, "odd"),
			Report: pick(t, "of", "", "", "report-00", "report-01", "gone"), NoInfection: chance(t, 4)})
	}
	for range rapid.IntRange(0, 2).Draw(t, "acks") {
		h.Acks = append(h.Acks, Ack{At: genAfter(t, "ack", h.Sessions), Tier: Tier(rapid.IntRange(-1, 5).Draw(t, "tier")), Action: pick(t, "action", "will_book", "booked", "seen", "watching"), Report: pick(t, "answers", "", "report-00", "report-01", "gone")})
	}
	if chance(t, 2) {
		h.Rollers = []Roller{
			{ID: "roller-a", NeedleMM: 0.5, FirstUsedOn: DateOf(t0), Shared: chance(t, 5), Discarded: chance(t, 6)},
			{ID: "roller-b", NeedleMM: 1.5, Problems: Set{pick(t, "problem", "rusty", "odd")}},
		}
	}
	if chance(t, 3) {
		genDanger(t, &h)
	}
	if chance(t, 12) {
		genDose(t, &h)
	}
	return h
}

// genDanger adds what random rows hardly ever make: a danger sign that ends, by
// two reports without it and an acknowledgement (DQ-06) or by a clearance and
// 14 d without symptoms (RS-05).
func genDanger(t *rapid.T, h *History) {
	at := genTime(t, "danger")
	tell := func(label string, least, most int, a Answers) string {
		at = at.Add(time.Duration(rapid.IntRange(least, most).Draw(t, label)) * time.Hour)
		id := fmt.Sprintf("danger-%d", len(h.Reports))
		h.Reports = append(h.Reports, Report{ID: id, At: at, Answers: a})
		return id
	}
	first := tell("sign", 0, 0, genSign(t))
	if chance(t, 4) {
		tell("sign again", 1, 48, genSign(t))
	}
	answered := at.Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "answered")) * time.Hour)
	tell("gone", 1, 30, genGone(t))
	tell("still gone", 20, 60, genGone(t))
	if chance(t, 2) {
		h.Acks = append(h.Acks, Ack{At: answered, Tier: pick(t, "tier", SameDay, Emergency),
			Action: pick(t, "action", "will_book", "watching"), Report: pick(t, "answers", "", first)})
	}
	if chance(t, 2) {
		h.Clinician = append(h.Clinician, ClinicianEvent{At: answered.Add(48 * time.Hour), Outcome: OutcomeCleared})
		tell("calm", 14*24-1, 20*24, calmly())
	}
}

// genDose adds minoxidil used too soon on a scalp that is calm but for that
// (WT-12).
func genDose(t *rapid.T, h *History) {
	at := genTime(t, "dose")
	s := Session{ID: "session-dose", StartedAt: at, NeedleMM: 0.5, Products: []Product{{Kind: "minoxidil"}}}
	h.Sessions = append(h.Sessions, s)
	h.Reports = append(h.Reports, Report{ID: "report-dose", At: at.Add(time.Duration(rapid.IntRange(0, 80).Draw(t, "after")) * time.Hour),
		Answers: all(burning(rapid.IntRange(0, 4).Draw(t, "burning")), itch(rapid.IntRange(0, 3).Draw(t, "itch")))})
}

// genSign draws a report with a sign of a same_day or an emergency.
func genSign(t *rapid.T) Answers {
	a := all(erythema(rapid.IntRange(0, 3).Draw(t, "erythema")))
	pick(t, "sign", discharge("thick"), odour("yes"), extent("streaks"), lumps("painful_lump"), alarm("chest_pain"), fast())(&a)
	return a
}

// genGone draws a report that answers everything and shows no danger.
func genGone(t *rapid.T) Answers { return all(erythema(pick(t, "erythema", 0, 0, 0, 1))) }

// genCycles draws what most people live through: cycles of a session, a few
// reports and a calm one, at times a sign that asks for a doctor.
func genCycles(t *rapid.T) History {
	var h History
	at := 0.0
	tell := func(later float64, a Answers) {
		h.Reports = append(h.Reports, Report{ID: fmt.Sprintf("report-%02d", len(h.Reports)), At: hour(at + later), Answers: a})
	}
	for i := range rapid.IntRange(2, 9).Draw(t, "cycles") {
		s := genSession(t, fmt.Sprintf("session-%d", i))
		s.StartedAt, s.EndedAt = hour(at), time.Time{}
		h.Sessions = append(h.Sessions, s)
		for range rapid.IntRange(0, 2).Draw(t, "reports") {
			a := all(erythema(rapid.IntRange(0, 2).Draw(t, "erythema")), itch(rapid.IntRange(0, 7).Draw(t, "itch")))
			if chance(t, 6) {
				a = genAnswers(t)
			}
			tell(float64(rapid.IntRange(1, 200).Draw(t, "told")), a)
		}
		if !chance(t, 6) {
			tell(float64(rapid.IntRange(200, 240).Draw(t, "calm")), calmly())
		}
		if chance(t, 4) {
			h.Clinician = append(h.Clinician, ClinicianEvent{At: hour(at + 300), Outcome: pick(t, "outcome", OutcomeSeen, OutcomeCleared)})
		}
		at += float64(rapid.IntRange(3, 45).Draw(t, "days") * 24)
	}
	h.Rollers = []Roller{{ID: "roller-a", NeedleMM: 0.5}, {ID: "roller-b", NeedleMM: 1.5}}
	return h
}

// genPerson draws a person as they are at now: a flag that was taken away ended
// by then.
func genPerson(t *rapid.T, now time.Time) Person {
	p := Person{UsesMinoxidil: chance(t, 3), RisksReviewedAt: t0, MinoxidilSince: pick(t, "minoxidil since", time.Time{}, now.AddDate(0, 0, -20))}
	if chance(t, 50) {
		p.RisksReviewedAt = time.Time{}
	}
	if chance(t, 4) {
		p.Risks = append(p.Risks, Risk{Code: pick(t, "info", "age_18_to_21", "darker_skin_tone", "smoking")})
	}
	if chance(t, 7) {
		p.HairLoss = genHairLoss(t)
	}
	for range rapid.IntRange(0, 2).Draw(t, "risks") {
		if chance(t, 2) {
			continue
		}
		r := Risk{Code: pick(t, "risk", append(RiskCodes(), "odd")...), Inactive: chance(t, 3)}
		if chance(t, 2) {
			r.Until = DateOf(genTime(t, "until"))
		}
		if chance(t, 2) {
			r.SetOn = DateOf(genTime(t, "set on"))
		}
		if chance(t, 4) {
			r.EndedAt = now.Add(-time.Duration(rapid.IntRange(0, 24*90).Draw(t, "ended before")) * time.Hour)
			r.SetAt = r.EndedAt.Add(-time.Duration(rapid.IntRange(0, 24*60).Draw(t, "stood for")) * time.Hour)
		}
		p.Risks = append(p.Risks, r)
	}
	if chance(t, 4) {
		p.ClinicianClearedOn = DateOf(genTime(t, "cleared on"))
	}
	return p
}

func genHairLoss(t *rapid.T) *HairLoss {
	return &HairLoss{Type: pick(t, "type", "androgenetic", "unknown", "unknown", "androgenetic", "alopecia_areata", "traction", "telogen_effluvium", "scarring", "unknown"),
		OnsetOn: DateOf(genTime(t, "onset")), SetOn: pick(t, "told on", Date{}, DateOf(t0.AddDate(-1, 0, 0)), DateOf(genTime(t, "told"))), Patchy: chance(t, 6), TightStyles: chance(t, 2)}
}

// allTold is after all that is drawn, but for what lies decades ahead.
var allTold = hour(24 * 760)

// genNow draws the moment of judging, mostly when all has been told.
func genNow(t *rapid.T) time.Time {
	if now := genTime(t, "now"); usable(now) && chance(t, 2) {
		return now
	}
	return hour(24 * 95)
}

// genLife draws a history, a person and the moment of judging.
func genLife(t *rapid.T) (History, Person, time.Time) {
	h, now := genHistory(t), genNow(t)
	return h, genPerson(t, now), now
}

// shuffled gives the same rows in another order.
func shuffled(t *rapid.T, h History) History {
	h.Sessions = rapid.Permutation(h.Sessions).Draw(t, "sessions")
	h.Reports = rapid.Permutation(h.Reports).Draw(t, "reports")
	h.Clinician = rapid.Permutation(h.Clinician).Draw(t, "clinician")
	h.Acks = rapid.Permutation(h.Acks).Draw(t, "acks")
	h.Rollers = rapid.Permutation(h.Rollers).Draw(t, "rollers")
	return h
}

// cloned is a history whose rows may be changed.
func cloned(h History) History {
	h.Sessions, h.Reports = slices.Clone(h.Sessions), slices.Clone(h.Reports)
	h.Clinician, h.Acks, h.Rollers = slices.Clone(h.Clinician), slices.Clone(h.Acks), slices.Clone(h.Rollers)
	return h
}
