package care

import (
	"math"
	"time"
)

// Progress is a person's own rating of their hair (PG-15). It is shown beside
// photos and never becomes a prognosis (PG-10).
type Progress struct {
	At       time.Time
	Scale    string // norwood, ludwig, sinclair, salt
	Value    float64
	Change   *int   // -3 to 3 compared with the start (PG-09); nil: not said
	Shedding string // less, same, more
}

// scales maps each scale to its values: PG-06, PG-07, PG-08.
var scales = map[string]struct {
	least, most float64
	whole       bool
}{
	"norwood":  {1, 7, true},
	"ludwig":   {1, 3, true},
	"sinclair": {1, 5, true},
	"salt":     {0, 100, false},
}

// OnScale reports whether the value belongs to its scale.
func (p Progress) OnScale() bool {
	s, known := scales[p.Scale]
	return known && p.Value >= s.least && p.Value <= s.most && (!s.whole || p.Value == math.Trunc(p.Value))
}

// ProgressLooksBack is how far before now an entry can change the plan.
const ProgressLooksBack = reviewIntervalDays * day

// better reports whether the newest entry before t that states a change, and is
// recent enough, states an improvement. Of two of one time the worse counts, in
// whatever order they are given.
func better(entries []Progress, t time.Time) bool {
	var at time.Time
	change := 0
	for _, p := range entries {
		if p.Change != nil && !p.At.After(t) && t.Sub(p.At) <= ProgressLooksBack &&
			(p.At.After(at) || p.At.Equal(at) && *p.Change < change) {
			at, change = p.At, *p.Change
		}
	}
	return change > 0
}

// Expectation is what nine months take at a given rest (PG-14): sessions, and
// the rollers that they use up (DV-04).
type Expectation struct {
	NeedleMM float64
	RestDays int
	Sessions int
	Rollers  int
}

// Expect returns the sessions and rollers until the outcome is reviewed, for
// the rest of a needle, which is longer for people at risk (RS-12).
func Expect(mm float64, atRisk bool) Expectation {
	rest := multiply(restFor(mm).rest, atRisk, false)
	e := Expectation{NeedleMM: mm, RestDays: rest, Sessions: int(math.Round(outcomeDays / float64(rest)))}
	e.Rollers = (e.Sessions + maxUses(mm) - 1) / maxUses(mm)
	return e
}

// Expectations returns the expectation card: one row for each usual needle
// length, for people who are not at risk.
func Expectations() []Expectation {
	needles := [...]float64{0.25, 0.5, 1, 1.5}
	rows := make([]Expectation, len(needles))
	for i, mm := range needles {
		rows[i] = Expect(mm, false)
	}
	return rows
}
