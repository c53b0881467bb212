package care

import "time"

// KBVersion names the state of the knowledge. It is stored with every warning.
// Not clinically signed off.
const KBVersion = "0.2.0"

// Ages under the names of the knowledge base, section 1. They are elapsed
// time, never calendar days, so a clock change moves nothing.
const (
	day = 24 * time.Hour

	expectedResolutionH = 72 * time.Hour  // S21, M: most clinic reactions are over
	upperNormalH        = 168 * time.Hour // S00, S20, H: 7 d, the limit of DS-01
	worseningGraceH     = 48 * time.Hour  // S36, S37, H: a rise after this is a warning sign
	moderateGraceH      = 96 * time.Hour  // S50, L: moderate signs still there on day 4
	notHealedH          = 240 * time.Hour // S36, S37, M: 10 d
	lateWindow          = 60 * day        // S22, S25, M: granuloma and mycobacteria come late; DQ-04
	firstDayH           = 24 * time.Hour  // S26, S36: the first row of the envelope

	persistWarnH = 72 * time.Hour // S35, S37, S39, L: at risk, instead of 168 h (DS-02)
)

// Fever, degrees Celsius.
const (
	cSameDay   = 38.0 // S38, S42, S43, H
	cEmergency = 39.0 // S50, L: a convention
	cLow       = 36.0 // S42, M: home readings are unreliable
	cRaised    = 37.5 // design: WT-03
	cLowest    = 30.0 // DQ-07: below and above, the reading is taken as a slip
	cHighest   = 43.0
)

// Scales of 0 to 10 and of 0 to 3.
const (
	painModerate        = 4 // S50: a convention
	painSevere          = 7 // S50
	painExtreme         = 8 // S38, S37: EM-03, with "far worse than it looks"
	painRiseSignificant = 2 // unverified
	painMild            = 3 // S20, S36, S50: WT-09
	painReturnAtRisk    = 2 // design: SD-12
	itchModerate        = 4 // unverified
	itchSevere          = 7 // unverified
	signMild            = 1
	signModerate        = 2
	signSevere          = 3
	risesTogether       = 2 // design: SD-07, of swelling, warmth and pain
	clusterPain         = 5 // S43, design: pain in the early cluster of SD-08
	clusterSigns        = 3 // S43, design: signs that make a cluster (SD-08)

	mildRestFlaking = 1 // design: "mild rest" of section 5.2
	mildRestItch    = 3
	mildRestBurning = 3

	burningStrong = 4 // WT-12: within hours of minoxidil
	burningEarly  = 2 // WT-12: burning or itch after minoxidil sooner than its hold
)

// Rest, session rules.
const (
	symptomFreeBeforeNext = 48 * time.Hour // RS-03; S26, S28, H for the principle, design for the hours
	unrestCounts          = 45 * day       // RS-03 after a T1 without an episode, design: no longer than the rows loaded reach
	symptomFreeAfterT2    = 7 * day        // RS-06, design
	symptomFreeAfterT3    = 14 * day       // RS-05, design
	sameSession           = 12 * time.Hour // DQ-09, design
	overuseInARow         = 2              // RS-08: sessions in a row below the floor
	overuseInRest         = 3              // RS-08: sessions within one base rest of the newest
	mostPasses            = 15             // SX-01, design
	clinicMaxDays         = 180            // RS-10: contract, clinic_interval_days
	unknownMM             = 1.5            // NL-10, design
	lightMM               = 0.3            // section 3: L up to this, D above
	longMM                = 0.5            // AC-01: longer holds above
	// Multipliers as numerators over two, so that "rounded up once" (RS-08) is exact.
	atRiskRestHalves  = 3 // RS-12: ×1.5, design
	overuseRestHalves = 3 // RS-08: ×1.5, design
)

// Roller.
const (
	maxUsesShort  = 10 // up to 0.5 mm; S78, lower bound (DV-04)
	maxUsesMiddle = 5  // up to 1.0 mm; S78, S81
	maxUsesLong   = 1  // above 1.0 mm; S81
	shortMM       = 0.5
	middleMM      = 1.0
	maxAgeDays    = 90 // S80, lower bound (DV-04)

	quarantineBack = 7 * day // DV-07: rollers used so long before the report, design
)

// Rules of one number.
const (
	strongPainFromH  = 6 * time.Hour   // DS-14, design
	marksFromH       = 14 * day        // DS-13; S20
	marksCount       = 45 * day        // DS-13, design: a mark told again within these is the same one; no longer than the rows loaded reach
	insideSessionH   = 12 * time.Hour  // DQ-04, design: a session that lasts longer is a slip, and no report lies inside it
	minoxidilCountsH = 72 * time.Hour  // EM-06, SD-18, WT-12: so long after a use that a report told
	minoxidilBurnsH  = 6 * time.Hour   // WT-12; S45
	productHours     = 2000            // contract: hours_after_session
	persistentGraceH = 72 * time.Hour  // SD-17; S50, design
	bookedGraceH     = 72 * time.Hour  // contract: booked stops SD-17 for so long
	repeatedWatchH   = 20 * time.Hour  // WT-04; S50
	mildRiseGraceH   = 8 * time.Hour   // SD-07 from WT-09, design
	clearedPause     = 24 * time.Hour  // DQ-06: two reports this far apart
	onsetGraceH      = 72 * time.Hour  // DS-10: not before this age of the onset
	feverSessionH    = 168 * time.Hour // SD-05 without a local sign
)

// Check-ins, elapsed hours after the session; 156 and not 168, so that the
// question comes before DS-01 speaks (RM-04; S36, S47, W7).
var (
	checkinsLight  = []time.Duration{24 * time.Hour, 72 * time.Hour, 120 * time.Hour, 156 * time.Hour, 240 * time.Hour}
	checkinsDeep   = []time.Duration{24 * time.Hour, 48 * time.Hour, 72 * time.Hour, 120 * time.Hour, 156 * time.Hour, 240 * time.Hour}
	checkinsAtRisk = []time.Duration{60 * time.Hour} // added when at risk
)

// Check-ins that follow the answers (section 14.4).
const (
	leftOpenH    = 180 * time.Hour // RM-04: once more where something was open
	oneTapFromH  = 72 * time.Hour  // RM-04: "nothing left" is one tap from then on
	calmApart    = 24 * time.Hour  // RM-12, design
	silentCycles = 2               // RM-13, design
)

// What calm reports make needless (RM-12), and all that is asked of who never
// answers (RM-13).
var (
	checkinsSpared = []time.Duration{72 * time.Hour, 120 * time.Hour}
	checkinsFewer  = []time.Duration{24 * time.Hour, 72 * time.Hour, 156 * time.Hour}
)

// Silence, ages of the session that anchors the episode (section 14.4).
const (
	riskSilentH   = 96 * time.Hour        // DS-02: after the question of 72 h had its time
	raisedSilentH = leftOpenH + firstDayH // SD-15: after the question that follows the T2 had 24 h

	lateReportH = 6 * time.Hour // RM-14: received so long after it was made
	lateWait    = time.Minute   // RM-14: no push before so long after the last of them
)

// Progress, in days since the first session (section 7; S101, S102, design). The
// first review of section 1, 180 d, contradicts PG-04, 90 d: the earlier stands.
const (
	photoIntervalDays  = 30
	reviewIntervalDays = 90
	outcomeDays        = 270
	riskReviewDays     = 90 // section 6: the risk questions are asked again
	photoRestDays      = 7  // PG-05: not within 7 d after rolling
	sheddingFromDays   = 14 // PG-13; S82: weeks 2 to 8 of minoxidil
	sheddingUntilDays  = 56
	effluviumDays      = 180 // HL-04: Rebora 2019, abstract
	unknownDays        = 90  // HL-06, design
)

// askAgainAfter are the rules that ask for an extra check-in (section 5.2, T1).
var askAgainAfter = []struct {
	rule  string
	after time.Duration
}{
	{"WT-02", 12 * time.Hour},
	{"WT-05", 12 * time.Hour},
	{"WT-09", 12 * time.Hour},
	{"WT-01", 24 * time.Hour},
	{"WT-06", 24 * time.Hour},
	{"WT-10", 24 * time.Hour},
	{"WT-11", 24 * time.Hour},
}

// Numbers of the plan; all are design unless a rule is named.
const (
	ridesWithin    = 3 * time.Hour  // a step this close to a check-in is told in its push, and a report this early answers it
	lastCheckInH   = 72 * time.Hour // how long the last check-in waits for its answer
	tipH           = 24 * time.Hour // a tip older than this is dropped
	reminderH      = 7 * day        // rest_over and what has no hour of its own
	blockedGoH     = 270 * day      // how long a go-ahead waits for what blocks it
	forgetAfter    = 120 * day      // a step so long past is planned no more: what became of it need not be kept for ever
	freshSessionH  = 2 * time.Hour  // DV-01 is pushed when the session is logged so soon after its end, else it is a card in the app
	hurtCheckInH   = 12 * time.Hour // SX-01
	recheckAfterH  = 4 * time.Hour  // WT-03: 4 to 6 h
	recheckH       = 8 * time.Hour
	recheckUntil   = 23 * 60       // RM-11: in quiet hours until this time of day, in minutes
	recheckEvening = 2 * time.Hour // RM-11: of the quiet hours, their first ones
	recheckSooner  = 1 * time.Hour // RM-11: not sooner than so long before its hour

	minoxidilHeartH  = 72 * time.Hour // RK-14, AC-01
	minoxidilDarkerH = 24 * time.Hour // RK-20; S71
)

// repeats are the moments after a warning arose at which it is told again while
// nobody acknowledged it (RM-01, design); the first is the warning itself.
var repeats = map[Tier][]time.Duration{
	DoctorSoon: {0, 24 * time.Hour, 72 * time.Hour},
	SameDay:    {0, 4 * time.Hour, 24 * time.Hour},
	Emergency:  {0, time.Hour},
}

// envelope is the expected course of section 4; burning has the limits of pain.
var envelope = [...]struct {
	until                                         time.Duration
	erythema, swelling, warmth, pain, itch, flake int
}{
	{24 * time.Hour, 2, 1, 1, 4, 4, 2},
	{48 * time.Hour, 2, 1, 1, 3, 4, 2},
	{72 * time.Hour, 1, 1, 0, 2, 4, 2},
	{upperNormalH + 1, 1, 0, 0, 1, 3, 2},
	{never, 0, 0, 0, 0, 0, 0},
}
