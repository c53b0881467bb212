package care

// Advice is one short line of a rule that fired, shown below the text of the
// deciding rule (RM-08). Its text has the key Code.
type Advice struct {
	Rule string
	Code string
}

// advised is the set of rules that have a line of advice, worst first as in
// triage.
var advised = ids("EM-05", "EM-06", "EM-07", "SD-01", "SD-03", "SD-10", "SD-16", "SD-18", "DS-07", "DS-08", "DS-09", "DS-11", "DS-13",
	"WT-02", "WT-03", "WT-11", "WT-12")

const (
	tetanus     = "RK-23" // added to signs of infection
	adviceStart = "advice."
)

// advise returns one line for each rule that fired, except the rule whose text
// is shown. WT-12 also advises beside a higher rule, where it does not itself
// hold.
func advise(set ruleSet, shown int, f *facts) []Advice {
	lines := set & advised &^ (1 << shown)
	if f.stung && set != afterDose {
		lines |= afterDose
	}
	if lines == 0 && set&infectious == 0 {
		return nil
	}
	var out []Advice
	lines.each(func(i int) {
		code := triage[i].ID
		if i == swollen.first() && !f.minoxidil {
			return
		}
		out = append(out, Advice{code, adviceStart + code})
	})
	if set&infectious != 0 {
		out = append(out, Advice{tetanus, adviceStart + tetanus})
	}
	return out
}

// AdviceKeys returns the text keys of all lines of advice; each is one message.
func AdviceKeys() []string {
	var keys []string
	advised.each(func(i int) { keys = append(keys, adviceStart+triage[i].ID) })
	return append(keys, adviceStart+tetanus)
}

// StandingWarning is an unresolved same-day or emergency warning that a later,
// lower verdict does not end (RM-09).
type StandingWarning struct {
	Episode string // FirstReport of the episode
	Tier    Tier
}

// unresolvedAbove returns the unresolved warnings whose tier is above the given
// one.
func (j *judging) unresolvedAbove(above Tier) []StandingWarning {
	var out []StandingWarning
	for t := Emergency; t >= SameDay && t > above; t-- {
		for _, w := range j.unresolved[t].list {
			out = append(out, StandingWarning{w.Episode, t})
		}
	}
	return out
}

// standingKey replaces the text of EX-00 while a warning is unresolved.
const standingKey = "warning.EX-00.standing"
