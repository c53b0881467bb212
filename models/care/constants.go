package care

import "time"

// KBVersion names the state of the knowledge. It is stored with every warning.
// Not clinically signed off.
const KBVersion = "0.1.0"

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
	clusterPain         = 5 // S43, design: pain in the early cluster of SD-08
	clusterSigns        = 3 // S43, design: signs that make a cluster (SD-08)

	mildRestFlaking = 1 // design: "mild rest" of section 5.2
	mildRestItch    = 3
	mildRestBurning = 3
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
	clinicMaxDays         = 180            // RS-10: contract, clinic_interval_days
	policyLimitMM         = 0.5            // RS-13; S18, S19, S66
	unknownMM             = 1.5            // NL-10, design
	lightMM               = 0.3            // section 3: L up to this, D above
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

// Progress, in days since the first session (section 7; S101, S102, design). The
// first review of section 1, 180 d, contradicts PG-04, 90 d: the earlier stands.
const (
	photoIntervalDays  = 30
	reviewIntervalDays = 90
	outcomeDays        = 270
	riskReviewDays     = 90 // section 6: the risk questions are asked again
	photoRestDays      = 7  // PG-05: not within 7 d after rolling
)
