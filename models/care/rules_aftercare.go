package care

import (
	"slices"
	"time"
)

// aftercareStep is one line of the timeline of section 3: what is allowed
// again, and at which age of the session.
type aftercareStep struct {
	Row
	Key       string // text key: <Key>.title, <Key>.message
	light     int    // hours, up to 0.3 mm
	deep      int    // above 0.3 to 0.5 mm
	long      int    // above 0.5 mm and unknown length
	needsCalm bool   // AC-00: shown only for a calm scalp
	push      bool   // sends a notification; the others are listed in the plan silently
}

// after returns the age at which the step is due for a needle of mm (0:
// unknown).
func (s aftercareStep) after(mm float64) time.Duration {
	hours := s.long
	switch {
	case mm > 0 && mm <= lightMM:
		hours = s.light
	case mm > 0 && mm <= longMM:
		hours = s.deep
	}
	return time.Duration(hours) * time.Hour
}

// checkIns returns the ages of the check-ins after a session (RM-04).
func checkIns(mm float64, atRisk bool) []time.Duration {
	hours := checkinsDeep
	if mm > 0 && mm <= lightMM {
		hours = checkinsLight
	}
	if !atRisk {
		return hours
	}
	var all []time.Duration
	extra := checkinsAtRisk
	for _, h := range hours {
		for len(extra) > 0 && extra[0] < h {
			all, extra = append(all, extra[0]), extra[1:]
		}
		all = append(all, h)
	}
	return append(all, extra...)
}

// aftercareSteps lists the rows with a date. Where the timeline of section 3
// and its table differ, the later hour applies.
var aftercareSteps = []aftercareStep{
	{Row{"AC-00", "", "At the session: the do and don't card. Later, while any symptom of 1 or more is open, every \"is ok again\" message is held until the scalp is calm", nil, design},
		"aftercare.AC-00", 0, 0, 0, false, true},
	{Row{"AC-15", "", "Clean pillowcase, night 0 and night 1", src("S57"), low},
		"aftercare.AC-15", 0, 0, 0, false, false},
	{Row{"AC-01", "", "Topical minoxidil: 24 h up to 0.3 mm, 48 h up to 0.5 mm, 72 h above, and no redness or pain. 72 h with heart disease, low blood pressure (RK-14); 24 h more with darker skin (RK-20); none in pregnancy (RK-11)", src("S45 S46 S71 S72 S09 S69"), "high for the calm scalp, medium for the hours"},
		"aftercare.AC-01", 24, 48, 72, true, true},
	{Row{"AC-04", "", "Hair washing: 24 h up to 0.3 mm, 48 h above; lukewarm, mild, no scrubbing until 72 h", src("S51 S52 S53"), low},
		"aftercare.AC-04", 24, 48, 48, true, true},
	{Row{"AC-06", "", "Sweat and strenuous exercise: 48 h up to 0.3 mm, 72 h above", src("S26 S54 S57 S58"), medium},
		"aftercare.AC-06", 48, 72, 72, true, true},
	{Row{"AC-10", "", "Alcohol: none 24 h before and 48 h after", src("S57"), low},
		"aftercare.AC-10", 48, 48, 48, true, false},
	{Row{"AC-09", "", "Hats and helmets: nothing tight for 24 h up to 0.3 mm, 72 h above; outdoors a loose, freshly washed cotton hat", src("S27 S70"), low},
		"aftercare.AC-09", 24, 72, 72, true, false},
	{Row{"AC-02", "", "Other serums, oils, PRP kits: 72 h; vitamin C later, with AC-11", src("S24 S21 S22"), medium},
		"aftercare.AC-02", 72, 72, 72, true, true},
	{Row{"AC-13", "", "Dry shampoo, hair spray: 72 h; fibres later, with AC-12", src("S24 S53"), low},
		"aftercare.AC-13", 72, 72, 72, true, false},
	{Row{"AC-05", "", "Hot shower on the scalp, steam, sauna, hot tub: 72 h up to 0.3 mm, 120 h above", src("S54 S57 S58"), medium},
		"aftercare.AC-05", 72, 120, 120, true, true},
	{Row{"AC-07", "", "Swimming: 72 h up to 0.3 mm, 120 h above", src("S58 S59 S55"), low},
		"aftercare.AC-07", 72, 120, 120, true, true},
	{Row{"AC-14", "", "Hot styling tools: 72 h up to 0.3 mm, 7 d above", src("S54"), low},
		"aftercare.AC-14", 72, 168, 168, true, true},
	{Row{"AC-11", "", "Retinoids, acids, benzoyl peroxide, vitamin C: 5 d up to 0.3 mm (1 d before), 7 d above (5 d before)", src("S26 S55 S56 S57 S59"), medium},
		"aftercare.AC-11", 120, 168, 168, true, true},
	{Row{"AC-03", "", "No touching, scratching, hard combing or picking of flakes for 7 d", src("S57 S59"), medium},
		"aftercare.AC-03", 168, 168, 168, true, false},
	{Row{"AC-08", "", "Sun: strict for 72 h, no sunscreen on the scalp in the first 24 h, protect for 7 d", src("S26 S57 S58"), medium},
		"aftercare.AC-08", 168, 168, 168, true, false},
	{Row{"AC-12", "", "Hair dye, bleach, perm, relaxer, fibres, strong styling products: 7 d up to 0.3 mm, 14 d above", src("S55"), low},
		"aftercare.AC-12", 168, 336, 336, true, true},
	{Row{"AC-16", "", "Waxing, laser, peel, other procedures on the scalp: 14 d", src("S55 S56"), low},
		"aftercare.AC-16", 336, 336, 336, true, false},
}

// stepOf returns the step with the given rule ID.
func stepOf(id string) aftercareStep {
	return aftercareSteps[slices.IndexFunc(aftercareSteps, func(s aftercareStep) bool { return s.ID == id })]
}

// aftercareAdvice lists the rows without a date: the card (AC-00) and the
// go-ahead say them.
var aftercareAdvice = []Row{
	{"AC-17", "", "Pain relief: paracetamol preferred; never advise stopping a prescribed medicine", src("S56"), low},
	{"AC-18", "", "Before a session: clean hands, washed dry scalp, disinfected roller, good light, no broken or irritated skin", src("S52 S74"), medium},
	{"AC-19", "", "Numbing cream at home is discouraged unless prescribed", nil, "unverified"},
}
