package care

import (
	"math"
	"math/rand/v2"
	"time"
)

// The bodies of the simulation. Every number here is an assumption: no data
// exist on rolling at home. The normal course stays within the envelope of
// section 4, and is over after a week (S20); docs/safety/burden.md lists the
// assumptions with their sources.

// Places of a sign in levels.
const (
	redness = iota
	swells
	warms
	flakes
	hurts
	itches
	burns
	sevenScales
)

// levels are the seven scales, in the order above.
type levels [sevenScales]int

// arc is one sign of one course: from a moment on it falls in steps from its
// peak to nothing, or, where it grows, climbs to it and stays.
type arc struct {
	sign     int
	from, to time.Duration // since the session
	peak     int
	grows    bool
}

func (a arc) at(h time.Duration) int {
	switch {
	case h < a.from || !a.grows && h >= a.to:
		return 0
	case a.grows:
		return min(a.peak, int(float64(a.peak)*float64(h-a.from)/float64(a.to-a.from)))
	}
	return int(math.Ceil(float64(a.peak) * float64(a.to-h) / float64(a.to-a.from)))
}

// aftermath is what a session does to the scalp.
type aftermath struct {
	began   time.Time
	arcs    []arc
	infects *infection // nil: it heals
}

// infection has what its arcs cannot say. A zero time after onset is "never".
type infection struct {
	onset                     time.Duration // since the session
	pus, fever, nodes, beyond time.Duration
	celsius                   float64
}

// body is one person's scalp.
type body struct {
	rng    *rand.Rand
	needle float64
	recall time.Duration // how far back pain, itch and burning are asked
	past   []aftermath
}

func (b *body) chance(p float64) bool { return b.rng.Float64() < p }

// hours draws a duration between two numbers of hours.
func (b *body) hours(from, to float64) time.Duration {
	return time.Duration((from + b.rng.Float64()*(to-from)) * float64(time.Hour))
}

func (b *body) between(from, to int) int { return from + b.rng.IntN(to-from+1) }

// healing is how long and how much the signs of a needle last, in hours.
type healing struct {
	upTo                     float64 // mm
	redness                  int     // peak
	rednessFrom, rednessTill float64
	pain                     int
	painTill                 float64
	swelling, warmth         float64 // shares of sessions
	flaking                  float64
}

// healings: S26 (24 to 48 h pink), S31 (1 to 3 d), S21 (over by 72 h), S20 (at
// most 7 d); pain for a day, with long needles two to three.
var healings = []healing{
	{0.3, 1, 12, 48, 1, 24, 0.1, 0.2, 0.3},
	{0.5, 2, 24, 72, 2, 36, 0.2, 0.3, 0.5},
	{1.0, 2, 36, 96, 3, 48, 0.3, 0.4, 0.6},
	{9.9, 2, 48, 120, 4, 60, 0.4, 0.5, 0.6},
}

// roll begins a course that heals.
func (b *body) roll(at time.Time) {
	i := 0
	for b.needle > healings[i].upTo {
		i++
	}
	m := healings[i]
	red := b.hours(m.rednessFrom, m.rednessTill)
	if b.chance(0.05) { // the slow ones of S20
		red = b.hours(96, 164)
	}
	c := aftermath{began: at, arcs: []arc{
		{sign: redness, to: min(red, 60*time.Hour), peak: b.between(1, m.redness)},
		{sign: redness, to: red, peak: 1},
		{sign: hurts, to: b.hours(6, m.painTill), peak: b.between(0, m.pain)},
		{sign: burns, to: b.hours(2, 24), peak: b.between(0, 2)},
	}}
	if b.chance(m.swelling) {
		c.arcs = append(c.arcs, arc{sign: swells, to: b.hours(6, 36), peak: 1})
	}
	if b.chance(m.warmth) {
		c.arcs = append(c.arcs, arc{sign: warms, to: b.hours(4, 24), peak: 1})
	}
	if b.chance(0.6) { // itch on days 1 to 5
		c.arcs = append(c.arcs, arc{sign: itches, from: b.hours(12, 36), to: b.hours(60, 120), peak: b.between(1, 3)})
	}
	if b.chance(m.flaking) { // flaking on days 2 to 7
		c.arcs = append(c.arcs, arc{sign: flakes, from: b.hours(36, 60), to: b.hours(84, 168), peak: b.between(1, 2)})
	}
	b.past = append(b.past, c)
}

// infect makes the newest course go wrong so long after its session. The signs
// are those by which S43 counts an infection: pus, or pain, swelling, redness
// and heat that grow; how often and how fast is assumed.
func (b *body) infect(onset time.Duration) {
	c := &b.past[len(b.past)-1]
	grow := func(sign, peak int, from, to float64) {
		c.arcs = append(c.arcs, arc{sign: sign, from: onset, to: onset + b.hours(from, to), peak: peak, grows: true})
	}
	grow(hurts, b.between(4, 8), 24, 72)
	grow(redness, b.between(2, 3), 24, 72)
	grow(warms, b.between(1, 2), 24, 60)
	grow(swells, b.between(1, 2), 24, 60)
	in := infection{onset: onset, celsius: 38 + float64(b.between(0, 9))/10}
	for _, x := range []struct {
		share    float64
		at       *time.Duration
		from, to float64
	}{{0.6, &in.pus, 12, 48}, {0.3, &in.fever, 24, 60}, {0.25, &in.nodes, 24, 60}, {0.4, &in.beyond, 24, 60}} {
		if b.chance(x.share) {
			*x.at = onset + b.hours(x.from, x.to)
		}
	}
	c.infects = &in
}

// at is what there is at one moment.
func (b *body) at(t time.Time) (now levels) {
	for _, c := range b.past {
		for _, a := range c.arcs {
			now[a.sign] = max(now[a.sign], a.at(t.Sub(c.began)))
		}
	}
	return now
}

// told is what an honest report says: pain, itch and burning are asked as the
// worst of the last 24 h.
func (b *body) told(t time.Time) levels {
	now := b.at(t)
	for back := 2 * time.Hour; back <= b.recall; back += 2 * time.Hour {
		then := b.at(t.Add(-back))
		for _, s := range []int{hurts, itches, burns} {
			now[s] = max(now[s], then[s])
		}
	}
	return now
}

// answers is the honest report of a moment; before is the one before it.
func (b *body) answers(t time.Time, before levels) Answers {
	now := b.told(t)
	a := b.withSigns(now, t)
	if a.symptomless() {
		return a // the one-tap check-in asks no trend
	}
	a.Trend = trendOf(now, before)
	return a
}

// nothingLeft says that there is nothing to see or to feel: what one tap says.
// It is asked of the moment, not of the day before.
func (b *body) nothingLeft(t time.Time) bool {
	a := b.withSigns(b.at(t), t)
	return a.symptomless()
}

// withSigns are the scales with the signs that only an infection has.
func (b *body) withSigns(l levels, t time.Time) Answers {
	a := asTold(l)
	for _, c := range b.past {
		if in := c.infects; in != nil {
			in.tell(&a, t.Sub(c.began))
		}
	}
	return a
}

// asTold is a report of the scales, with everything else absent.
func asTold(l levels) Answers {
	a := calmly()
	for i, s := range scalesOf(&a) {
		*s = l[i]
	}
	return a
}

// scalesOf are the answers to the seven scales, in the order of levels.
func scalesOf(a *Answers) [sevenScales]*int {
	return [sevenScales]*int{a.Erythema, a.Swelling, a.Warmth, a.Flaking, a.Pain, a.Itch, a.Burning}
}

// symptomless says that "nothing left" is the honest answer.
func (a *Answers) symptomless() bool {
	for _, s := range scalesOf(a) {
		if *s > 0 {
			return false
		}
	}
	return a.Extent == "rolled_area" && a.TenderNodes == "no" && a.TemperatureC == nil && len(a.Discharge) == 0
}

// trendOf compares what frightens: itch and flaking come later by nature, and
// are not taken for a worse scalp.
func trendOf(now, before levels) string {
	sum := func(l levels) int { return l[redness] + l[swells] + l[warms] + l[hurts] }
	switch d := sum(now) - sum(before); {
	case d > 0:
		return "worse"
	case d < 0:
		return "better"
	}
	return "same"
}

func (in *infection) tell(a *Answers, h time.Duration) {
	came := func(at time.Duration) bool { return at > 0 && h >= at }
	if came(in.pus) {
		a.Discharge = Set{"yellow_green"}
	}
	if came(in.fever) {
		a.TemperatureC, a.Feverish = new(in.celsius), "yes"
	}
	if came(in.nodes) {
		a.TenderNodes = "yes"
	}
	if came(in.beyond) {
		a.Extent = "beyond"
	}
}
