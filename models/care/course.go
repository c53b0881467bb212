package care

import (
	"sync"
	"time"
)

// Course is the most that people usually report after a session with needles of
// a length (section 4): the area behind a chart. More is WT-01.
type Course struct {
	UpToMM float64 // 0: longer, or of unknown length
	Rows   []CourseRow
}

// CourseRow is what is usual until some hours after the session.
type CourseRow struct {
	Until                                                    time.Duration // 0: from there on
	Erythema, Swelling, Warmth, Pain, Itch, Burning, Flaking int
}

// Scale is a symptom that is graded from 0, in the answers and in a course.
type Scale struct {
	Name   string
	Top    int
	Answer func(*Answers) *int
	Usual  func(CourseRow) int
}

// Scales are those of a report, in the order of a table.
var Scales = []Scale{
	{"pain", 10, func(a *Answers) *int { return a.Pain }, func(r CourseRow) int { return r.Pain }},
	{"itch", 10, func(a *Answers) *int { return a.Itch }, func(r CourseRow) int { return r.Itch }},
	{"burning", 10, func(a *Answers) *int { return a.Burning }, func(r CourseRow) int { return r.Burning }},
	{"erythema", 3, func(a *Answers) *int { return a.Erythema }, func(r CourseRow) int { return r.Erythema }},
	{"swelling", 3, func(a *Answers) *int { return a.Swelling }, func(r CourseRow) int { return r.Swelling }},
	{"warmth", 3, func(a *Answers) *int { return a.Warmth }, func(r CourseRow) int { return r.Warmth }},
	{"flaking", 3, func(a *Answers) *int { return a.Flaking }, func(r CourseRow) int { return r.Flaking }},
}

// Courses returns the expected courses: of short needles, then of the others.
var Courses = sync.OnceValue(func() []Course {
	return []Course{{lightMM, allowed(true)}, {0, allowed(false)}}
})

// CourseFor returns the expected course after needles of a length; 0 is
// unknown.
func CourseFor(mm float64) Course {
	if mm > 0 && mm <= lightMM {
		return Courses()[0]
	}
	return Courses()[1]
}

// allowed asks WT-01 what it allows at the beginning of each row, so that a chart
// and the rule cannot differ.
func allowed(light bool) []CourseRow {
	var rows []CourseRow
	var from time.Duration
	for i := range envelope {
		allows := func(sign func(*facts) *int) int {
			v := 0
			for f := (facts{said: &Answers{}, h: from, light: light}); ; v++ {
				*sign(&f) = v + 1
				if signs, felt := f.aboveEnvelope(); signs || felt {
					return v
				}
			}
		}
		rows = append(rows, CourseRow{
			Until:    envelope[i].until,
			Erythema: allows(func(f *facts) *int { return &f.erythema }),
			Swelling: allows(func(f *facts) *int { return &f.swelling }),
			Warmth:   allows(func(f *facts) *int { return &f.warmth }),
			Pain:     allows(func(f *facts) *int { return &f.pain }),
			Itch:     allows(func(f *facts) *int { return &f.itch }),
			Burning:  allows(func(f *facts) *int { return &f.burning }),
			Flaking:  allows(func(f *facts) *int { return &f.flaking }),
		})
		from = envelope[i].until
	}
	rows[len(rows)-1].Until = 0
	return rows
}

// At returns the row in force some time after the session.
func (c Course) At(age time.Duration) CourseRow {
	for _, r := range c.Rows[:len(c.Rows)-1] {
		if age < r.Until {
			return r
		}
	}
	return c.Rows[len(c.Rows)-1]
}

// Cycles follows sessions in order of time, so that a chart counts from the same
// session as the rules, and with the same needle. It is asked in order of time.
type Cycles struct {
	Sessions    []Session
	first, last time.Time // of the sessions that count once: the first end and the newest (DQ-09)
	usual       Course
	begun       bool
}

// At returns how long after the newest session a moment is, 0 inside one
// (DQ-04), and the expected course there: after sessions that count once that of
// the longest needle (DQ-10). It returns false before the first session.
func (c *Cycles) At(t time.Time) (age time.Duration, usual Course, ok bool) {
	for ; len(c.Sessions) > 0 && !c.Sessions[0].StartedAt.After(t); c.Sessions = c.Sessions[1:] {
		s := &c.Sessions[0]
		switch course := CourseFor(s.NeedleMM); {
		case !c.begun || !CountOnce(c.first, s.Time()):
			c.first, c.usual, c.begun = s.Time(), course, true
		case course.UpToMM == 0:
			c.usual = course
		}
		c.last = s.Time()
	}
	return max(0, t.Sub(c.last)), c.usual, c.begun
}
