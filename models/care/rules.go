package care

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Tier is the urgency of action, from 0 (expected) to 4 (emergency).
type Tier int

// Tiers, knowledge base section 1.
const (
	Expected Tier = iota
	Watch
	DoctorSoon
	SameDay
	Emergency
)

var tierNames = [...]string{"expected", "watch", "doctor_soon", "same_day", "emergency"}

// Tiers returns all tiers.
func Tiers() []Tier { return []Tier{Expected, Watch, DoctorSoon, SameDay, Emergency} }

// String returns the API's name of the tier.
func (t Tier) String() string {
	if t < Expected || t > Emergency {
		return fmt.Sprintf("tier(%d)", int(t))
	}
	return tierNames[t]
}

// MarshalText returns the API's name of the tier.
func (t Tier) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText parses the API's name of a tier.
func (t *Tier) UnmarshalText(name []byte) error {
	i := slices.Index(tierNames[:], string(name))
	if i < 0 {
		return fmt.Errorf("tier %q is not one of %v", name, tierNames)
	}
	*t = Tier(i)
	return nil
}

// Row is one rule in the form that reviewers read. Tier is its name in the API,
// or "" for a rule without a tier.
type Row struct {
	ID         string
	Tier       string
	Summary    string
	Sources    []string // ids of the knowledge base, section 13; none: a design decision
	Confidence string   // high, medium, low, or "" for a design decision
}

// Confidence of a row.
const (
	high   = "high"
	medium = "medium"
	low    = "low"
	design = ""
)

// src splits a string of source IDs.
func src(ids string) []string { return strings.Fields(ids) }

// stateRows lists the rules of section 5.3 about state, clock and notification.
var stateRows = []Row{
	{"DQ-01", "", "A new session does not reset the age of an open episode: DS-01, DS-02 and DS-10 count from the session that anchors it, the rest from the newest. After rolling while the last judgement was T2 or more, silence included, SD-06, SD-07, SD-08, SD-11, DS-03 and DS-04 count from the anchor too, and lows do not restart, until a calm report", nil, design},
	{"DQ-02", "", "Silence is not recovery: an episode stays open until a calm report, and DS-01 (168 h), DS-02 (from 96 h), DS-10, and from 204 h what SD-15 makes of them, are judged again in silence, on the last report that was symptomatic or said everything to be 0; a partial one in between changes nothing", nil, design},
	{"DQ-03", "", "A backdated, edited or deleted report is judged again from its time; what was raised stays on record with rule and version", nil, design},
	{"DQ-04", "", "A report within a session of at most 12 h, after its start and before its end, has age 0 with it. No session within 60 d: no allowance for healing. Every \"h ≥ x\" holds, no \"h < x\" does; DS-01, DS-02 and DS-10 count from the onset", src("S22 S25"), medium},
	{"DQ-05", "", "\"Not sure\" of a red flag counts as yes and is asked again. What is left out is unknown, never 0: it raises nothing but WT-11, lowers nothing, makes no scalp calm, and does not end the count of SD-07 and WT-04: only a T0 report that answers the four main signs does, whatever else it leaves out", nil, design},
	{"DQ-06", "", "A clinician event has no effect before its time. A T3 or T4 ends with a clinician event seen or cleared that is told beside or after the trigger, not in the same report; or with two reports 24 h apart that answer everything but the products (\"spreads fast\" and the trend where they were a trigger) and on which no rule of its tier holds, its own triggers or another, and an acknowledgement of a warning of that episode, since its newest rule and since its words became graver: SD-14 told after not sure, or any rule of a report after SD-15 by time", nil, design},
	{"DQ-07", "", "Temperatures below 30 or above 43 °C are a slip and count as unknown", nil, design},
	{"DQ-08", "", "Judged at the effective time of a report; rows later than now wait for it", nil, design},
	{"DQ-09", "", "Sessions that end less than 12 h after the first of their group count once in RS-01, RS-08 and the uses of a roller", nil, design},
	{"DQ-10", "", "Holds and the expected course follow the longest needle of the sessions that count once; of several holds that run the latest end counts", nil, design},
	{"DQ-12", "", "Wordings of DS-01: (c) first told more than 168 h after the session and a calm report between, else (a) anything but itch, flaking and burning, else (b); a warning takes the graver words when the scalp gets worse, never softer ones", nil, design},
	{"WT-08", "", "A new session while an episode is open: RS-03 on the session and a check-in after 24 h; no tier of a report", src("S26 S28"), low},
	{"RM-01", "", "Notify on escalation. Unacknowledged, a T4 is repeated after 1 h, a T3 after 4 h and 24 h, a T2 after 24 h and 72 h", src("S50"), design},
	{"RM-02", "", "A T3 or T4 that a report has just caused ignores quiet hours, and so do repeats of T4; what time caused, and repeats of T2 and T3, wait for their end", nil, design},
	{"RM-03", "", "No symptom and no body part on a lock screen", nil, design},
	{"RM-04", "", "Check-ins at 24, 48, 72, 120, 156 and 240 h; at most 0.3 mm without 48 h; at risk also at 60 h; at 180 h where something was open at the last report. From 72 h on \"nothing left\" is one tap", src("S36 S47 W7"), medium},
	{"RM-05", "", "Never any \"all clear\"", src("S33"), high},
	{"RM-08", "", "One short line of advice of each further rule that fired and has one, worst first", nil, design},
	{"RM-09", "", "While a T3 or T4 stands, every lower answer names it, says what ends it, and never has EX-00's words", nil, design},
	{"RM-10", "", "By time alone a text is conditional: \"if it is still there\", and \"if it is gone, tell us\"; \"not sure\" alone asks to look again", nil, design},
	{"RM-11", "", "Hours in words are about; a temperature may be measured again in the first 2 h of the quiet hours, until 23:00, once an evening", nil, design},
	{"RM-12", "", "After two calm reports 24 h apart the check-ins of 72 and 120 h are dropped; 156 and 240 h stay", src("S47"), design},
	{"RM-13", "", "Two cycles of sessions, within 45 d, without any report: the next asks at 24, 72 and 156 h only, and once in the app whether fewer questions are wanted; the answer stands", nil, design},
	{"RM-14", "", "What time alone raises for a report received more than 6 h after it was made is recorded at once; its push waits until 1 min after the last such report arrived", nil, design},
	{"RM-06", "", "Emergency number by region, the advice line 111 for the UK only, without a region \"your local emergency number\"", nil, design},
}

// progressRows lists section 7; only reminders and their dates are in force.
var progressRows = []Row{
	{"PG-01", "", "Time to a result: 6 to 9 months, gradual", src("S00 S06 S08 S15"), medium},
	{"PG-02", "", "Photo set: crown, midline, frontal hairline, both temples", src("S98 S99"), high},
	{"PG-03", "", "Photo conditions: clean, dry, combed, same place, light and distance", src("S98 S100 S101"), high},
	{"PG-04", "", "A photo every 30 d, a review after 90, 180 and 270 d", src("S101 S102"), low},
	{"PG-05", "", "No photo within 7 d after rolling, or until the day on which a shorter rest ends, or with open symptoms", nil, low},
	{"PG-14", "", "Expectation: sessions to nine months at the rest in force, and the rollers that they use up; most people wait six to nine months, some see none", src("S00"), low},
	{"PG-15", "", "Self-assessed entries: Norwood 1 to 7, Ludwig 1 to 3, Sinclair 1 to 5, SALT 0 to 100; change -3 to 3; shedding. Never a prognosis. After 270 d, a change of more than 0 told in the last 90 d replaces PG-11", src("S06 S103 S104"), low},
	{"PG-11", "", "No change or worse after 270 d: suggest a dermatologist", src("S00"), low},
	{"PG-12", "", "Sudden or patchy loss, pain, scale: DS-11", src("S45 S101"), medium},
	{"PG-13", "", "Shedding in weeks 2 to 8 of minoxidil: information", src("S82"), low},
}

// groups is the order in which rows are printed.
const groups = "NL RS SX AC DV EM SD DS WT EX DQ RM RK HL PG"

// Rules returns all rows in force, by chapter of the knowledge base and by ID.
func Rules() []Row {
	rows := slices.Concat([]Row{unknownRow.Row, roundUp}, restRows, aftercareAdvice, rollerRows, stateRows, riskRows, hairRows, progressRows)
	for i := range restTable {
		rows = append(rows, restTable[i].Row)
	}
	for _, r := range slices.Concat(sessionRules[:], sessionInfos[:]) {
		rows = append(rows, r.Row)
	}
	for i := range aftercareSteps {
		rows = append(rows, aftercareSteps[i].Row)
	}
	for i := range rollerRules {
		rows = append(rows, rollerRules[i].Row)
	}
	for i := range triage {
		rows = append(rows, triage[i].row())
	}
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(strings.Index(groups, a.ID[:2]), strings.Index(groups, b.ID[:2])), strings.Compare(a.ID, b.ID))
	})
	// A rule may appear in two tables, or twice in one with two texts.
	return slices.CompactFunc(rows, func(a, b Row) bool { return a.ID == b.ID })
}

// Keys returns the text keys that Assess uses; each has a title and a message.
func Keys() []string {
	var keys []string
	for i := range triage {
		if triage[i].ID != "DS-01" {
			keys = append(keys, titles[i])
			continue
		}
		keys = append(keys, titles[i]+".a", titles[i]+".b", titles[i]+".c", titles[i]+".baseline")
	}
	keys = append(keys, "warning.SD-14.not_sure", "warning.SD-15.silent", "warning.SD-18.other", standingKey)
	for _, rule := range []string{"RS-05", "RS-06", "RS-14", "RS-03", "RS-04"} {
		keys = append(keys, "rest."+rule)
	}
	seen := map[string]bool{}
	for _, r := range riskCodes {
		if r.effect != noEffect && !seen[r.rule] {
			seen[r.rule] = true
			keys = append(keys, "rest.RS-07."+r.rule)
		}
	}
	for _, rule := range []string{"HL-01", "HL-02", "HL-03", "HL-04"} {
		keys = append(keys, "rest.RS-07."+rule)
	}
	for _, r := range slices.Concat(sessionRules[:], sessionInfos[:]) {
		keys = append(keys, r.Code)
	}
	for _, r := range rollerRules {
		keys = append(keys, r.Code)
	}
	return keys
}
