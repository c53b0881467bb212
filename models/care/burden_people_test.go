package care

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"
)

// kind is what sets simulated people apart.
type kind struct {
	needle   float64
	habit    habit
	atRisk   bool
	reporter reporter
}

// habit is when somebody rolls again.
type habit struct {
	name   string
	follow bool    // not before the rest is over, and only when nothing blocks
	part   float64 // of the rest of the needle, else
	every  int     // days, whatever was said
}

var habits = []habit{
	{name: "follows the rest", follow: true, part: 1},
	{name: "too early", part: 0.75},
	{name: "every 5 days", every: 5},
	{name: "weekly", every: 7},
}

// restDays is after how many days somebody means to roll again.
func (k kind) restDays() int {
	return k.habit.every + int(k.habit.part*float64(restFor(k.needle).rest))
}

// reporter is how somebody answers: the share of pushes that a report follows,
// of those that offer "nothing left" as one tap where that is so, and of sessions
// before which the scalp is reported.
type reporter struct {
	name                   string
	answers, taps, preRoll float64
}

// That one tap is less work makes nobody answer more often here, but for the
// last, who show what it may be worth.
var (
	good      = reporter{"good", 0.95, 0.95, 0.8}
	average   = reporter{"average", 0.6, 0.6, 0.8}
	forgetful = reporter{"forgetful", 0.25, 0.25, 0.25}
	silent    = reporter{"silent", 0, 0, 0}
	tapping   = reporter{"average, taps 80 %", 0.6, 0.8, 0.8}
)

// slips are the wrong answers of honest people.
type slips struct {
	scale float64 // of each of the seven scales: one step off
	sign  float64 // of the other questions: any other answer
	each  bool    // sign counts for each of these questions, not for all together
	calm  float64 // "nothing left" tapped while something is there
}

// onePercent reads "1 % wrong answers" as the budgets were made: each scale, and
// the questions that are answered with one "none of these" as one.
var (
	onePercent     = slips{scale: 0.01, sign: 0.01, calm: 0.01}
	onePercentEach = slips{scale: 0.01, sign: 0.01, each: true, calm: 0.01}
)

// signs are the questions beside the scales with every answer that they know.
var signs = func() (fields []string) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Answers]()) {
		if words[f.Name] != nil {
			fields = append(fields, f.Name)
		}
	}
	return append(fields, "SpreadingFast")
}()

// slip turns some answers wrong. One-tap answers have no other question.
func (s slips) slip(rng *rand.Rand, a *Answers) {
	if a.symptomless() {
		return
	}
	if rng.Float64() < s.calm {
		*a = calmly()
		return
	}
	for i, v := range scalesOf(a) {
		if rng.Float64() < s.scale {
			*v = neighbour(rng, *v, [sevenScales]int{3, 3, 3, 3, 10, 10, 10}[i])
		}
	}
	if !s.each {
		if rng.Float64() < s.sign {
			mistake(rng, a, signs[rng.IntN(len(signs))])
		}
		return
	}
	for _, f := range signs {
		if rng.Float64() < s.sign {
			mistake(rng, a, f)
		}
	}
}

// neighbour is a value one step off.
func neighbour(rng *rand.Rand, v, top int) int {
	if v == 0 || v < top && rng.IntN(2) == 0 {
		return v + 1
	}
	return v - 1
}

// mistake gives a question another answer than it has.
func mistake(rng *rand.Rand, a *Answers, field string) {
	if field == "SpreadingFast" {
		a.SpreadingFast = new(!*a.SpreadingFast)
		return
	}
	f := reflect.ValueOf(a).Elem().FieldByName(field)
	word := words[field][rng.IntN(len(words[field]))]
	if f.Kind() == reflect.Slice {
		f.Set(reflect.ValueOf(Set{word}))
		return
	}
	for word == f.String() {
		word = words[field][rng.IntN(len(words[field]))]
	}
	f.SetString(word)
}

var (
	needles   = []float64{0.25, 0.5, 1.0, 1.5}
	reporters = []reporter{good, average, forgetful, silent}
)

// kinds are all kinds of people who report in one of these ways.
func kinds(of ...reporter) (all []kind) {
	for _, r := range of {
		for _, atRisk := range []bool{false, true} {
			for _, mm := range needles {
				for _, h := range habits {
					all = append(all, kind{mm, h, atRisk, r})
				}
			}
		}
	}
	return all
}

func (k kind) String() string {
	return fmt.Sprintf("%v mm, %s, %s, %s", k.needle, k.habit.name, riskName(k.atRisk), k.reporter.name)
}

// hash tells the people of a seed apart, whoever else is drawn.
func (k kind) hash() uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(k.String())) // never fails
	return h.Sum64()
}

// followers are the average reporters who keep to the rest.
func followers() []kind {
	return slices.DeleteFunc(kinds(average), func(k kind) bool { return !k.habit.follow })
}

func riskName(atRisk bool) string {
	if atRisk {
		return "at risk"
	}
	return "not at risk"
}

// person is the account: default hours and reminders in Berlin, the health
// questions answered. Who is at risk has diabetes, and a clinician's consent to
// roll: without it there would be no go-ahead to follow.
func (k kind) person(start time.Time, zone *time.Location, spread time.Duration) Person {
	p := Person{
		Zone: zone, CreatedAt: start, RisksReviewedAt: start, Spread: spread,
		QuietHours: Hours{21 * 60, 8 * 60}, ReminderTime: 9 * 60,
		Notify: Notify{RestOver: true, CheckIn: true, Aftercare: true, RollerCare: true, Progress: true},
	}
	if k.atRisk {
		today := DateOf(start.In(zone))
		p.Risks, p.ClinicianClearedOn = []Risk{{Code: "diabetes", SetOn: today}}, today
	}
	return p
}
