package care

import (
	"slices"
	"time"
)

// rollerFacts is the input of the roller rules.
type rollerFacts struct {
	worn, old       bool // DV-04 by uses, by age
	damaged, shared bool
	quarantined     bool
}

// rollerRule is a rule that advises on a roller.
type rollerRule struct {
	Row
	Code     string
	Severity Severity
	When     func(f *rollerFacts) bool
}

var replaceRoller = Row{"DV-04", "", "Replace after 10 uses up to 0.5 mm, 5 up to 1.0 mm, 1 above and where the length is unknown, or after 90 d", src("S78 S79 S80 S81"), low}

// rollerRules lists the rows of "Roller hygiene rules" that advise on a roller.
var rollerRules = [...]rollerRule{
	{Row{"DV-06", "", "Shared: never share, discard, talk to a doctor about infections passed by blood", src("S29 S30"), high},
		"roller.DV-06", Stop, func(f *rollerFacts) bool { return f.shared }},
	{Row{"DV-07", "", "Used on a scalp with a T3 or T4, or with DS-05, DS-06, DS-11 by a scaly ring, or DS-12, in any session that counts once with the last one before the episode, during the episode, or within 7 d before the report: quarantined, discard", nil, design},
		"roller.DV-07", Stop, func(f *rollerFacts) bool { return f.quarantined }},
	{Row{"DV-05", "", "Bent, rusty, dull, dropped, borrowed or used on a wound: discard now", src("S78 S81"), medium},
		"roller.DV-05", Stop, func(f *rollerFacts) bool { return f.damaged }},
	{replaceRoller, "roller.DV-04.uses", Caution, func(f *rollerFacts) bool { return f.worn }},
	{replaceRoller, "roller.DV-04.age", Caution, func(f *rollerFacts) bool { return f.old }},
}

// rollerRows lists the rows that only lead to a reminder.
var rollerRows = []Row{
	{"DV-01", "", "After a session: rinse, brush off debris with soap, soak the head 10 min in 70 % isopropyl alcohol, dry, closed case", src("S74 S75 S76 S77"), medium},
	{"DV-02", "", "Before a session: soak again 10 min, let it dry", src("S74 S77"), medium},
	{"DV-03", "", "Do not boil; alcohol disinfects and does not sterilise; tap water alone does not clean", src("S75 S25"), medium},
}

// maxUses returns how often a roller may be used (DV-04).
func maxUses(mm float64) int {
	switch {
	case knownMM(mm) == 0 || mm > middleMM:
		return maxUsesLong
	case mm > shortMM:
		return maxUsesMiddle
	}
	return maxUsesShort
}

// rollerCare returns the consequences of the rollers' uses, age and problems.
func (j *judging) rollerCare() map[string]RollerCare {
	out := make(map[string]RollerCare, len(j.gear))
	for id, g := range j.gear {
		out[id] = j.careOf(g)
	}
	return out
}

func (j *judging) careOf(r *gear) RollerCare {
	c := RollerCare{Uses: r.uses, MaxUses: maxUses(r.NeedleMM), QuarantinedBy: r.QuarantinedBefore, QuarantinedAt: r.QuarantinedBeforeAt}
	for _, e := range j.episodes {
		if c.QuarantinedBy == "" && e.quarantine != "" && slices.Contains(e.rollers, r.ID) {
			c.QuarantinedBy, c.QuarantinedAt = e.quarantine, e.OnsetAt
		}
	}
	var oldFrom time.Time
	if first := r.FirstUsedOn; !first.IsZero() {
		oldFrom = first.AddDays(maxAgeDays).utc()
		c.ReplaceBy = DateOf(oldFrom)
	}
	if r.Discarded {
		return c
	}
	j.wakeAt(oldFrom)
	f := rollerFacts{
		worn:        c.Uses >= c.MaxUses,
		old:         !oldFrom.IsZero() && !j.now.Before(oldFrom),
		damaged:     r.damaged(),
		shared:      r.Shared,
		quarantined: c.QuarantinedBy != "",
	}
	for _, rule := range rollerRules {
		if rule.When(&f) {
			c.Advisories = append(c.Advisories, Advisory{Rule: rule.ID, Code: rule.Code, Severity: rule.Severity})
		}
	}
	return c
}

// gear is a roller during the pass: its state before the next session.
type gear struct {
	Roller
	uses        int
	lastUse     time.Time // the first end of the last group (DQ-09)
	quarantined bool
}

func gearOf(rollers []Roller) map[string]*gear {
	if len(rollers) == 0 {
		return nil
	}
	out := make(map[string]*gear, len(rollers))
	for _, r := range rollers {
		out[r.ID] = &gear{Roller: r, uses: r.UsesBefore, lastUse: r.LastUseBefore, quarantined: r.QuarantinedBefore != ""}
	}
	return out
}

// useRoller counts a use of a session's roller, and returns its state before the
// session (DV-04 to DV-07).
func (j *judging) useRoller(s *Session) (before rollerFacts, discarded bool) {
	g := j.gear[s.RollerID]
	if g == nil {
		return before, false
	}
	at, again := s.Time(), g.uses > 0 && s.Time().Sub(g.lastUse) < sameSession
	if g.FirstUsedOn.IsZero() && g.uses == 0 {
		g.FirstUsedOn = DateOf(at.UTC())
	}
	before = rollerFacts{
		worn:        !again && g.uses >= maxUses(g.NeedleMM),
		old:         !g.FirstUsedOn.IsZero() && !at.Before(g.FirstUsedOn.AddDays(maxAgeDays).utc()),
		damaged:     g.damaged(),
		shared:      g.Shared,
		quarantined: g.quarantined,
	}
	if !again {
		g.uses, g.lastUse = g.uses+1, at
	}
	return before, g.Discarded && !at.Before(g.DiscardedAt)
}

// quarantine marks the rollers of an episode that quarantines them.
func (j *judging) quarantine(e *running) {
	if e.quarantine == "" {
		return
	}
	for _, id := range e.rollers {
		if g := j.gear[id]; g != nil {
			g.quarantined = true
		}
	}
}

func (r *Roller) damaged() bool {
	return r.Problems.any("bent", "rusty", "dull", "dropped", "borrowed", "used_on_wound")
}
