package paper

import (
	"strings"
	"time"

	"aftercare/models"
	"aftercare/models/care"
)

// Chart is a strip for each sign over the time of the report, one below the
// other: overlapping lines could not be distinguished in black and white.
type Chart struct {
	Title, Help string
	Strips      []Strip
	Sessions    []Mark
	Ticks       []Mark
}

// Strip is the course of one sign.
type Strip struct {
	Name   string
	Top    int
	Points []Point
}

// Point is one report, at its place in the time of the chart from 0 to 1.
type Point struct {
	X      float64
	Value  *int // nil: not answered
	Begins bool // the first one after a session
}

// Mark is a moment with a label.
type Mark struct {
	X     float64
	Label string
}

func (w *writer) chart() *Chart {
	if len(w.DoctorPage.Reports) == 0 {
		return nil
	}
	c := &Chart{Title: w.Say("page.curve"), Help: w.Say("page.curve.help") + " " + w.Say("page.unanswered")}
	from, to := w.span()
	place := func(t time.Time) float64 {
		return min(1, max(0, float64(t.Sub(from))/float64(to.Sub(from))))
	}
	begins := w.firsts()
	for _, s := range care.Scales {
		strip := Strip{Name: w.Say("symptom." + s.Name + ".name"), Top: s.Top}
		for n, r := range w.DoctorPage.Reports {
			strip.Points = append(strip.Points, Point{place(r.EffectiveAt.Time), s.Answer(&r.Answers), begins[n]})
		}
		c.Strips = append(c.Strips, strip)
	}
	for _, s := range w.DoctorPage.Sessions {
		c.Sessions = append(c.Sessions, Mark{place(s.EffectiveAt.Time), w.needle(&s)})
	}
	for _, day := range ticks(from, to, w.Zone) {
		c.Ticks = append(c.Ticks, Mark{place(day), strings.TrimPrefix(day.Format(time.DateOnly), from.Format("2006-"))})
	}
	return c
}

// firsts reports for each report whether a session lies between it and the one
// before: no line joins two cycles.
func (w *writer) firsts() []bool {
	list := make([]bool, len(w.DoctorPage.Reports))
	next := 0
	for i, r := range w.DoctorPage.Reports {
		for next < len(w.DoctorPage.Sessions) && !w.DoctorPage.Sessions[next].EffectiveAt.After(r.EffectiveAt.Time) {
			list[i] = true
			next++
		}
	}
	return list
}

// span returns the time that the chart covers: from the first to the last
// report, with a day on both sides.
func (w *writer) span() (from, to time.Time) {
	from, to = w.at(w.ToAt), w.at(w.FromAt)
	cover := func(at models.Time) {
		if t := w.at(at); t.Before(from) {
			from = t
		}
		if t := w.at(at); t.After(to) {
			to = t
		}
	}
	for _, r := range w.DoctorPage.Reports {
		cover(r.EffectiveAt)
	}
	for _, s := range w.DoctorPage.Sessions {
		cover(s.EffectiveAt)
	}
	return from.Add(-24 * time.Hour), to.Add(24 * time.Hour)
}

// maxTicks is how many dates fit under the curve.
const maxTicks = 9

// ticks returns midnights at equal distances.
func ticks(from, to time.Time, zone *time.Location) []time.Time {
	days := int(to.Sub(from).Hours()/24) + 1
	step := 1
	for _, next := range []int{2, 7, 14, 28, 56} {
		if days/step > maxTicks {
			step = next
		}
	}
	y, m, d := from.In(zone).Date()
	var list []time.Time
	for day := time.Date(y, m, d+1, 0, 0, 0, 0, zone); day.Before(to); day = day.AddDate(0, 0, step) {
		list = append(list, day)
	}
	return list
}
