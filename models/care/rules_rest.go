package care

import (
	"math"
	"slices"
	"time"
)

// restRow is one line of the rest table, section 2.2: for needles up to upTo.
type restRow struct {
	Row
	upTo        float64 // mm
	rest, floor int     // days
	policy      string  // for people who roll at home
}

// Home policies, section 2.2.
const (
	homeOK             = "home_ok"
	homeCaution        = "home_caution" // the upper limit without a professional
	professionalAdvice = "professional_advice"
	professionalOnly   = "professional_only"
)

// restTable is sorted by needle length; a length between two rows belongs to
// the longer one (NL-11).
var restTable = [...]restRow{
	{Row{"NL-01", "", "Up to 0.25 mm: rest 4 d, floor 3 d; at home", src("S71 S72"), medium}, 0.25, 4, 3, homeOK},
	{Row{"NL-02", "", "Up to 0.3 mm: rest 7 d, floor 4 d; at home", src("S62 S63"), low}, 0.3, 7, 4, homeOK},
	{Row{"NL-03", "", "Up to 0.5 mm: rest 14 d, floor 7 d; at home with care, the limit without a professional", src("S08"), medium}, 0.5, 14, 7, homeCaution},
	{Row{"NL-04", "", "Up to 0.75 mm: rest 14 d, floor 10 d; with professional advice", src("S18"), low}, 0.75, 14, 10, professionalAdvice},
	{Row{"NL-05", "", "Up to 1.0 mm: rest 21 d, floor 14 d; professional only", src("S60 S61 S65 S66"), low}, 1.0, 21, 14, professionalOnly},
	{Row{"NL-06", "", "Up to 1.25 mm: rest 28 d, floor 21 d; professional only", src("S08"), medium}, 1.25, 28, 21, professionalOnly},
	{Row{"NL-07", "", "Up to 1.5 mm: rest and floor 28 d; professional only", src("S06 S07"), medium}, 1.5, 28, 28, professionalOnly},
	{Row{"NL-08", "", "Up to 2.0 mm: rest and floor 42 d; professional only", nil, low}, 2.0, 42, 42, professionalOnly},
	{Row{"NL-09", "", "Above 2.0 mm: rest 56 d, floor 42 d; professional only", nil, low}, math.Inf(1), 56, 42, professionalOnly},
}

// unknownRow applies when no length is given: as 1.5 mm.
var unknownRow = restRow{Row{"NL-10", "", "Length unknown: rest and floor 28 d, as 1.5 mm; ask for it", nil, design}, unknownMM, 28, 28, professionalOnly}

// roundUp documents how the table is read.
var roundUp = Row{"NL-11", "", "Length not in the table: the next longer row", nil, design}

// atHome reports whether the row's needles may be used without a professional.
func (r *restRow) atHome() bool { return r.policy == homeOK || r.policy == homeCaution }

// knownMM returns mm, or 0 (unknown) if it cannot be a needle's length.
func knownMM(mm float64) float64 {
	if mm > 0 && !math.IsInf(mm, 1) {
		return mm
	}
	return 0
}

// restFor returns the row for a needle length.
func restFor(mm float64) *restRow {
	if knownMM(mm) == 0 {
		return &unknownRow
	}
	return &restTable[slices.IndexFunc(restTable[:], func(r restRow) bool { return mm <= r.upTo })] // the last row has no upper end
}

// sessionFacts is the input of the session rules: the state when the rolling
// began.
type sessionFacts struct {
	tooSoon, early    bool // below the floor, below the rest, of any earlier session
	overuse           bool
	symptomatic       bool // RS-03: an episode open, or calm for less than 48 h
	suspended, warned bool // RS-05, RS-06
	forbidden         bool // RS-07
	irritatedBefore   bool // itch or flaking of the pre-roll check (DQ-11)
	longByOneself     bool
	unknownLength     bool
	notDisinfected    bool
	hurt, manyPasses  bool // SX-01
	minoxidilEarly    bool // a product before its hold: AC-01, AC-02
	serumEarly        bool
	roller            rollerFacts // as it was before the session
	discarded         bool
	infos             Set // rules that only inform
}

// products records which products were applied before their hold ended (AC-01,
// AC-02), for the longest needle of the merged sessions.
func (f *sessionFacts) products(s *Session, person *Person, longest float64) {
	for _, p := range s.Products {
		switch p.Kind {
		case minoxidilKind:
			f.minoxidilEarly = f.minoxidilEarly || p.after() < person.minoxidilHold(longest, s.Time())
		case "oil", "serum":
			f.serumEarly = f.serumEarly || p.after() < serumStep.after(s.NeedleMM)
		}
	}
}

// informs collects the rules that only inform: flags without another effect,
// and the kind of hair loss.
func (f *sessionFacts) informs(p *Person, at time.Time) {
	if len(p.Risks) > 0 {
		for _, c := range riskCodes {
			if c.info && p.flagged(at, c.code) && !f.infos.Has(c.rule) {
				f.infos = append(f.infos, c.rule)
			}
		}
	}
	if rule := p.HairLoss.info(at); rule != "" {
		f.infos = append(f.infos, rule)
	}
	if f.overuse && !f.infos.Has("RK-26") {
		f.infos = append(f.infos, "RK-26")
	}
}

var serumStep = stepOf("AC-02")

// sessionRule is a rule that advises on a session. A session is never refused.
type sessionRule struct {
	Row
	Code     string
	Severity Severity
	When     func(f *sessionFacts) bool
	odd      bool // depends on facts that few sessions have; skipped for the others
}

// sessionRules lists the rows of section 2.3, DV-08 and NL-10 that advise on a
// session, gravest first.
var sessionRules = [...]sessionRule{
	{Row{"RS-05", "", "A T3 or T4 not yet cleared, whatever sessions followed: no go-ahead until a clinician cleared it and 14 d without symptoms, counted from the calm report and not from the last symptom", src("S26 S28"), medium},
		"session.RS-05", Stop, func(f *sessionFacts) bool { return f.suspended }, false},
	{Row{"RS-07", "", "A flag that says do not roll, or to ask a doctor first: never a go-ahead while it stands", nil, high},
		"session.RS-07", Stop, func(f *sessionFacts) bool { return f.forbidden }, false},
	{Row{"RS-06", "", "A T2 of the episode (not DS-13): no go-ahead until it is closed and 7 d without symptoms, counted from the calm report that closed the last episode; 48 h where only itch or flaking at or below the baseline was left, or where time alone fired the T2", nil, low},
		"session.RS-06", Stop, func(f *sessionFacts) bool { return f.warned }, false},
	{Row{"RS-03", "", "Symptomatic, an episode open, or T1 or more without an episode (a fever or a raised scar alone, WT-11; for 45 d, or as long as no session followed): no go-ahead until 48 h after the first calm report that follows; with or without an earlier session. After a clinician event seen or cleared in the episode, or a report since the marks were first told that says a clinician has seen them, marks and raised scars alone count as calm here and in RS-04, but not in the report that begins the episode or first tells them", src("S26 S28"), "high for the principle, low for 48 h"},
		"session.RS-03", Stop, func(f *sessionFacts) bool { return f.symptomatic }, false},
	{rollerRules[0].Row, "session.DV-06", Stop, func(f *sessionFacts) bool { return f.roller.shared }, true},
	{rollerRules[1].Row, "session.DV-07", Stop, func(f *sessionFacts) bool { return f.roller.quarantined }, true},
	{rollerRules[2].Row, "session.DV-05", Stop, func(f *sessionFacts) bool { return f.roller.damaged }, true},
	{rollerRules[2].Row, "session.DV-05.discarded", Stop, func(f *sessionFacts) bool { return f.discarded }, true},
	{replaceRoller, "session.DV-04", Stop, func(f *sessionFacts) bool { return f.roller.worn || f.roller.old }, true},
	{hurtRow, "session.SX-01", Caution, func(f *sessionFacts) bool { return f.hurt }, true},
	{hurtRow, "session.SX-01.passes", Caution, func(f *sessionFacts) bool { return f.manyPasses }, true},
	{stepOf("AC-01").Row, "session.AC-01", Caution, func(f *sessionFacts) bool { return f.minoxidilEarly }, true},
	{serumStep.Row, "session.AC-02", Caution, func(f *sessionFacts) bool { return f.serumEarly }, true},
	{Row{"DQ-11", "", "Itch or flaking told before rolling is the baseline: it suppresses no rule, is no calm scalp to roll on, and softens DS-01 when only mild itch or flaking at or below it remains", nil, design},
		"session.DQ-11", Caution, func(f *sessionFacts) bool { return f.irritatedBefore }, false},
	{Row{"RS-01", "", "Rolled before the floor of any earlier session has passed: too soon; recorded all the same", src("S60 S61 S62 S63 S64 S70 S71 S72"), medium},
		"session.RS-01", Stop, func(f *sessionFacts) bool { return f.tooSoon }, false},
	{Row{"RS-08", "", "Two sessions in a row below the floor, or three within one base rest of the newest, its first moment included: over-use, its rest times 1.5, multipliers multiplied and rounded up once", src("S61 S23"), medium},
		"session.RS-08", Stop, func(f *sessionFacts) bool { return f.overuse }, false},
	{Row{"RS-13", "", "Longer than 0.5 mm by oneself, or of unknown length (as 1.5 mm): longer needles belong to a professional", src("S18 S19 S66"), medium},
		"session.RS-13", Caution, func(f *sessionFacts) bool { return f.longByOneself }, false},
	{Row{"DV-08", "", "Disinfection before the session not confirmed", src("S74"), medium},
		"session.DV-08", Caution, func(f *sessionFacts) bool { return f.notDisinfected }, false},
	{Row{"RS-02", "", "Rolled after the floor and before the rest: earlier than recommended", src("S60 S61 S62 S63 S64 S70 S71 S72"), low},
		"session.RS-02", Info, func(f *sessionFacts) bool { return f.early && !f.tooSoon }, false},
	{unknownRow.Row,
		"session.NL-10", Info, func(f *sessionFacts) bool { return f.unknownLength }, false},
}

// sessionInfos lists the rules that inform about a risk or the kind of hair
// loss.
var sessionInfos = [...]sessionRule{
	informing("RK-19"), informing("RK-20"), informing("RK-22"), informing("RK-26"),
	informing("HL-04"), informing("HL-05"), informing("HL-06"),
}

var hurtRow = Row{"SX-01", "", "Pain of 7 or more while rolling, or more than pinpoint bleeding: stop for today, press with a clean cloth, a check-in at 12 h. More than 15 passes: caution", src("S32"), design}

// informing returns the session rule for an informative risk or hair-loss rule.
func informing(id string) sessionRule {
	rows := slices.Concat(riskRows, hairRows)
	row := rows[slices.IndexFunc(rows, func(r Row) bool { return r.ID == id })]
	return sessionRule{row, "session." + id, Info, func(f *sessionFacts) bool { return f.infos.Has(id) }, false}
}

// restRows lists the session rules that advise on no session.
var restRows = []Row{
	{"RS-04", "", "Rest over, and no report since the session that says symptomatic or calm: blocked until a calm report; the reminder asks to check in first", nil, design},
	{"RS-14", "", "The questions about health were never answered: blocked, and no go-ahead is sent", src("S00"), high},
	{"RS-09", "", "Every session opens its own window, of any length; the latest end counts", nil, design},
	{"RS-10", "", "A professional session with a clinic's interval of 1 to 180 d: that interval, never below the floor", nil, design},
	{"RS-11", "", "Another area of the scalp is the same window", nil, design},
	{"RS-12", "", "At risk when the session ended: rest and floor times 1.5, rounded up", nil, low},
}
