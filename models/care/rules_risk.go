package care

import (
	"slices"
	"time"
)

// riskRows lists the flags of section 6 for reviewers.
var riskRows = []Row{
	{"RK-01", "", "Diabetes: do not roll unless a clinician agrees; early warning always", src("S00 S90 S91 S92"), high},
	{"RK-02", "", "Immunosuppression: do not roll; early warning", src("S91 S92 S37 S39"), high},
	{"RK-03", "", "Chemotherapy or radiotherapy now or in the last 6 months: do not roll; early warning", src("S91 S92"), high},
	{"RK-04", "", "Medicine that delays healing: do not roll unless a clinician agrees; early warning", src("S00"), high},
	{"RK-05", "", "Blood thinner: ask a doctor; bleeding counts after 10 min (EM-07); never stop it on one's own", src("S90 S91"), medium},
	{"RK-06", "", "Bleeding disorder: do not roll", src("S28 S91"), high},
	{"RK-07", "", "Isotretinoin now or in the last 6 months: do not roll; early warning", src("S26 S93 S94 S95"), medium},
	{"RK-08", "", "Keloid or hypertrophic scars: do not roll", src("S91 S92 S96"), high},
	{"RK-09", "", "Active scalp infection, open wound, sunburn: do not roll until healed, 14 d longer after a cold sore", src("S28 S91 S79"), high},
	{"RK-10", "", "Psoriasis, eczema, seborrhoeic dermatitis, lichen planus of the scalp: do not roll while active, ask a doctor when quiet; early warning with eczema, active or quiet", src("S91 S92 S83"), high},
	{"RK-11", "", "Pregnancy or breastfeeding: do not roll; no minoxidil", src("S28 S91 S87"), high},
	{"RK-12", "", "Scarring alopecia, sudden or patchy hair loss: ask a doctor", src("S45 S68"), medium},
	{"RK-13", "", "Alopecia areata: ask a doctor", src("S00 S03"), medium},
	{"RK-14", "", "Heart disease, low blood pressure, minoxidil sensitivity: ask a doctor; no minoxidil reminders, with a sensitivity whatever a clinician said", src("S45 S86 S87"), high},
	{"RK-15", "", "Metal allergy: do not roll", src("S20 S28 S91"), medium},
	{"RK-16", "", "Skin cancer or keratosis in the area: do not roll and ask a doctor; a clearance does not lift it", src("S28 S91"), high},
	{"RK-17", "", "Autoimmune disease: ask a doctor", src("S28 S97"), medium},
	{"RK-18", "", "Blood-borne virus: ask a doctor; early warning; never share a roller", src("S29 S91"), high},
	{"RK-19", "", "Under 18: do not roll; 18 to 21: information", src("S45 S01"), high},
	{"RK-20", "", "Darker skin tone: information; minoxidil 24 h later; not a block", src("S20 S40 S71 S85"), medium},
	{"RK-21", "", "Scalp surgery or hair transplant in the last 12 months, laser or peel in the last 30 d, filler or botulinum nearby: ask a doctor", src("S90 S91"), low},
	{"RK-22", "", "Kidney disease: early warning; poor circulation, malnutrition, heavy alcohol, smoking, BMI of 30 or more: information", src("S37 S50"), low},
	{"RK-23", "", "Tetanus vaccination unknown or older than 10 y (5 y for a dirty wound): a line of advice beside the signs of infection of RK-24", src("S36 S37"), medium},
	{"RK-24", "", "Earlier infection after rolling: early warning from the close on of an episode in which one of SD-01 to SD-05, SD-07 to SD-12, SD-16, EM-01 to EM-03, EM-08, EM-09 fired, until a clinician says of it that it was no infection; the person's own answer also means ask a doctor, RS-05 asks it otherwise", nil, low},
	{"RK-25", "", "Heart valve or new joint: ask a doctor; early warning", nil, "unverified"},
	{"RK-26", "", "Over-use (RS-08) or picking: information, gentle wording", nil, design},
}

// effect is what a flag does to the go-ahead.
type effect int

const (
	noEffect   effect = iota
	doNotRoll         // never a go-ahead
	unlessOK          // not unless a clinician agrees
	askDoctor         // held until a clinician agrees
	whenActive        // doNotRoll while active, askDoctor when quiet
)

// String returns the description for reviewers.
func (e effect) String() string {
	return [...]string{"no effect", "never", "not unless a clinician agrees", "held until a clinician agrees", "never while active, else held until a clinician agrees"}[e]
}

// riskCodes maps the API's codes to rows and effects. warn puts the person at
// risk; info is shown beside each session.
var riskCodes = []struct {
	code, rule string
	effect     effect
	warn       bool
	info       bool
}{
	{"diabetes", "RK-01", unlessOK, true, false},
	{"immunosuppression", "RK-02", doNotRoll, true, false},
	{"chemo_or_radiotherapy", "RK-03", doNotRoll, true, false},
	{"healing_delaying_medicine", "RK-04", unlessOK, true, false},
	{"blood_thinner", "RK-05", askDoctor, false, false},
	{"bleeding_disorder", "RK-06", doNotRoll, false, false},
	{"isotretinoin", "RK-07", doNotRoll, true, false},
	{"keloid", "RK-08", doNotRoll, false, false},
	{"active_scalp_infection", "RK-09", doNotRoll, false, false},
	{"scalp_psoriasis", "RK-10", whenActive, false, false},
	{"scalp_eczema", "RK-10", whenActive, true, false},
	{"seborrhoeic_dermatitis", "RK-10", whenActive, false, false},
	{"lichen_planus", "RK-10", whenActive, false, false},
	{"pregnancy_or_breastfeeding", "RK-11", doNotRoll, false, false},
	{"scarring_alopecia", "RK-12", askDoctor, false, false},
	{"alopecia_areata", "RK-13", askDoctor, false, false},
	{"heart_disease", "RK-14", askDoctor, false, false},
	{"low_blood_pressure", "RK-14", askDoctor, false, false},
	{"minoxidil_sensitivity", "RK-14", askDoctor, false, false},
	{"metal_allergy", "RK-15", doNotRoll, false, false},
	{"skin_cancer_or_keratosis", "RK-16", doNotRoll, false, false},
	{"autoimmune_disease", "RK-17", askDoctor, false, false},
	{"blood_borne_virus", "RK-18", askDoctor, true, false},
	{"under_18", "RK-19", doNotRoll, false, false},
	{"age_18_to_21", "RK-19", noEffect, false, true},
	{"darker_skin_tone", "RK-20", noEffect, false, true},
	{"recent_scalp_surgery", "RK-21", askDoctor, false, false},
	{"kidney_disease", "RK-22", noEffect, true, true},
	{"poor_circulation", "RK-22", noEffect, false, true},
	{"malnutrition", "RK-22", noEffect, false, true},
	{"heavy_alcohol", "RK-22", noEffect, false, true},
	{"smoking", "RK-22", noEffect, false, true},
	{"high_bmi", "RK-22", noEffect, false, true},
	{"earlier_infection_after_rolling", "RK-24", askDoctor, true, false},
	{"heart_valve_or_new_joint", "RK-25", askDoctor, true, false},
	{"skin_picking", "RK-26", noEffect, false, true},
}

// RiskCodes returns the codes that a risk may have.
func RiskCodes() []string {
	codes := make([]string, len(riskCodes))
	for i, r := range riskCodes {
		codes[i] = r.code
	}
	return codes
}

// riskState is the effect of a person's flags over time.
type riskState struct {
	warn     standing // early warning
	suppress standing // low immunity (EM-09)
	stops    []stop
	moments  []time.Time // when a flag ends or a clearance begins
}

// standing is when something holds: always, until a moment, or in past spans.
type standing struct {
	always bool
	until  time.Time
	spans  []Span
}

// add includes a flag that ends at until; zero means no end.
func (s *standing) add(until time.Time) {
	s.always = s.always || until.IsZero()
	s.until = later(s.until, until)
}

func (s *standing) at(t time.Time) bool {
	return s.always || t.Before(s.until) || slices.ContainsFunc(s.spans, func(x Span) bool {
		return !t.Before(x.From) && (x.Until.IsZero() || t.Before(x.Until))
	})
}

// infected adds the infections of earlier episodes (RK-24). Of those without an
// end only the earliest matters.
func (s *riskState) infected(spans []Span) {
	var first time.Time
	for _, x := range spans {
		x.From = x.From.Add(tick)
		if x.Until.IsZero() {
			first = earlier(first, x.From)
			continue
		}
		s.warn.spans = append(s.warn.spans, x)
		s.moments = append(s.moments, x.From, x.Until)
	}
	if !first.IsZero() {
		s.warn.spans = append(s.warn.spans, Span{From: first})
		s.moments = append(s.moments, first)
	}
}

// stop is a flag that holds the go-ahead.
type stop struct {
	rule     string
	from     time.Time // zero: always
	until    time.Time // zero: no end
	liftedAt time.Time // zero: never
}

func readRisks(p *Person) riskState {
	var s riskState
	cleared := dayBegins(p.ClinicianClearedOn)
	for _, r := range p.Risks {
		until := r.Until.Passed()
		for _, c := range riskCodes {
			if c.code != r.Code {
				continue
			}
			reach := func(s *standing, holds bool) {
				switch {
				case !holds:
				case r.EndedAt.IsZero():
					s.add(until)
				default:
					s.spans = append(s.spans, Span{From: r.SetAt, Until: r.EndedAt})
				}
			}
			reach(&s.warn, c.warn)
			reach(&s.suppress, suppressing.Has(c.rule))
			if !r.EndedAt.IsZero() {
				continue
			}
			if c.effect != noEffect {
				s.stops = append(s.stops, stop{rule: c.rule, until: until, liftedAt: liftedAt(c.effect, r, cleared)})
			}
			s.moments = append(s.moments, until)
		}
	}
	for _, x := range p.HairLoss.stops(cleared) {
		s.stops = append(s.stops, x)
		s.moments = append(s.moments, x.from)
	}
	s.moments = append(s.moments, cleared)
	return s
}

// liftedAt returns when a clearance lifts a flag, zero for never: only a flag
// that asks for a clinician, and only if it was set on or before the day of the
// clearance.
func liftedAt(e effect, r Risk, cleared time.Time) time.Time {
	liftable := e == askDoctor || e == unlessOK || e == whenActive && r.Inactive
	if !liftable || r.SetOn.IsZero() || dayBegins(r.SetOn).After(cleared) {
		return time.Time{}
	}
	return cleared
}

// at returns the flags that hold the go-ahead at t.
func (s *riskState) at(t time.Time) []stop {
	var out []stop
	for _, x := range s.stops {
		over := !x.until.IsZero() && !t.Before(x.until)
		lifted := !x.liftedAt.IsZero() && !t.Before(x.liftedAt)
		if !over && !lifted && !t.Before(x.from) {
			out = append(out, x)
		}
	}
	return out
}

// suppressing lists the flags under which a fever is an emergency (EM-09).
var suppressing = Set{"RK-02", "RK-03"}

// atRisk reports whether the person is at risk at t: by a flag with early
// warning set at that time, or by an earlier infection after rolling (RK-24),
// counted from the moment after its episode closed.
func (j *judging) atRisk(t time.Time) bool {
	return j.risks.warn.at(t) || len(j.infections) > 0 && !t.Before(j.infections[0].ClosedAt.Add(tick))
}

// noInfection removes an episode's suspicion of infection until a new sign of
// one is reported in it.
func (j *judging) noInfection(said event) {
	e := j.episodeOf(said.report)
	if e == nil {
		return
	}
	e.infected = false
	if i := slices.Index(j.infections, e); i >= 0 {
		j.infections = slices.Delete(j.infections, i, i+1)
		e.Infection.Until = said.at.Add(tick) // a session of the same moment comes before it
		j.risks.infected([]Span{e.Infection})
	}
}

// episodeOf returns the episode of a report, or nil.
func (j *judging) episodeOf(report string) *running {
	a := j.judged[report]
	if a == nil {
		return nil
	}
	for _, e := range slices.Backward(j.episodes) {
		if e.FirstReport == a.EpisodeOf {
			return e
		}
	}
	return nil
}

// dayBegins returns when a date begins somewhere on earth (UTC+14), or zero for
// none.
func dayBegins(d Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Add(-14 * time.Hour)
}

// later returns the later of two moments.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
