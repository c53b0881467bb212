package care

import "time"

// HairLoss is what the person reported about their hair loss (section 14.5).
// Only the rules below infer anything from it.
type HairLoss struct {
	Type           string // androgenetic, alopecia_areata, traction, telogen_effluvium, scarring, unknown
	ToldBy         string // clinician, self
	OnsetOn        Date   // zero: not said
	SetOn          Date   // when the person reported it
	Sudden         bool
	Patchy         bool
	PainfulOrScaly bool
	TightStyles    bool
	Trigger        string
}

// hairRows lists the rules for reviewers.
var hairRows = []Row{
	{"HL-01", "", "Hair loss that is sudden, patchy, painful or scaly: ask a doctor first, as RK-12", src("S45 S68"), medium},
	{"HL-02", "", "Alopecia areata: ask a doctor, as RK-13; scarring hair loss: not without a clinician", src("S00 S03"), medium},
	{"HL-03", "", "Traction with tight hairstyles: no go-ahead while they are worn", src("S00"), "unverified"},
	{"HL-04", "", "Telogen effluvium: information, it often settles within about six months; longer than 6 months (180 d): ask a doctor", nil, low},
	{"HL-05", "", "Androgenetic: information, six to nine months, and the evidence is with minoxidil", src("S03 S06 S07 S15"), medium},
	{"HL-06", "", "Unknown for 90 d: information, a skin doctor can tell", nil, design},
}

// stops returns the stops that the kind of hair loss puts on rolling.
func (l *HairLoss) stops(cleared time.Time) []stop {
	if l == nil {
		return nil
	}
	var out []stop
	hold := func(rule string, e effect, from time.Time) {
		risk := Risk{SetOn: l.SetOn}
		out = append(out, stop{rule: rule, from: from, liftedAt: liftedAt(e, risk, cleared)})
	}
	if l.Sudden || l.Patchy || l.PainfulOrScaly {
		hold("HL-01", askDoctor, time.Time{})
	}
	switch l.Type {
	case "alopecia_areata", "scarring":
		hold("HL-02", unlessOK, time.Time{})
	case "traction":
		if l.TightStyles {
			hold("HL-03", doNotRoll, time.Time{})
		}
	case "telogen_effluvium":
		if !l.OnsetOn.IsZero() {
			hold("HL-04", askDoctor, dayBegins(l.OnsetOn.AddDays(effluviumDays)))
		}
	}
	return out
}

// info returns the informative rule for a session at t, or "".
func (l *HairLoss) info(t time.Time) string {
	if l == nil {
		return ""
	}
	switch l.Type {
	case "telogen_effluvium":
		return "HL-04"
	case "androgenetic":
		return "HL-05"
	case "unknown":
		if !l.SetOn.IsZero() && !t.Before(dayBegins(l.SetOn.AddDays(unknownDays))) {
			return "HL-06"
		}
	}
	return ""
}
