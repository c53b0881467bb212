package models

import (
	"context"
	"fmt"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// Statistics is what charts show, so that they need not read the history.
type Statistics struct {
	Months []MonthCount
	Rests  []RestKept
	Days   []DaySigns
	// Asked and Answered count the check-ins that came due.
	Asked, Answered int
}

// MonthCount is the number of sessions in a month of the person's zone.
type MonthCount struct {
	Month    string
	Sessions int
}

// RestKept compares the rest after a session, or after some that count once, with
// the one advised.
type RestKept struct {
	SessionID string
	From      Time
	Advised   int      // days, 0: not judged
	Kept      *float64 // until the next session; nil: none yet
}

// DaySigns counts what the reports of one day after a session said, over all
// cycles. A sign that a report did not answer does not count.
type DaySigns struct {
	Day     int
	Reports int
	Signs   map[string]*SignCount
}

// SignCount counts the reports that answered a sign, had it, and were above the
// expected course.
type SignCount struct{ Answered, Present, Above int }

// chartDays is how many days after a session the charts show.
const chartDays = 14

// Statistics counts what was reported between two moments. There are no
// streaks: they reward rolling.
func (s *Store) Statistics(ctx context.Context, account string, from, to time.Time) (Statistics, error) {
	var out Statistics
	q := s.read(ctx)
	a, err := findAccount(q, account)
	if err != nil {
		return out, err
	}
	// The sessions before count too: reports and rests belong to them.
	sessions, err := db.Rows[Session](q, `SELECT * FROM sessions WHERE account_id = $1 AND deleted_at IS NULL AND effective_at >= $2 AND effective_at < $3
		ORDER BY effective_at, id`, account, T(from.Add(-chartDays*24*time.Hour)), T(to))
	if err != nil {
		return out, err
	}
	reports, err := db.Rows[Report](q, `SELECT id, effective_at, answers FROM reports WHERE account_id = $1 AND deleted_at IS NULL AND effective_at >= $2 AND effective_at < $3
		ORDER BY effective_at, id`, account, T(from), T(to))
	if err != nil {
		return out, err
	}
	out.months(sessions, from, to, a.zone())
	out.rests(sessions, from)
	out.days(sessions, reports)
	out.Asked, out.Answered, err = checkIns(q, account, T(from), T(to))
	return out, err
}

// months counts sessions by month, the months without any included.
func (o *Statistics) months(sessions []Session, from, to time.Time, zone *time.Location) {
	const month = "2006-01"
	at := map[string]int{}
	first := from.In(zone)
	for m := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, zone); m.Before(to); m = m.AddDate(0, 1, 0) {
		at[m.Format(month)] = len(o.Months)
		o.Months = append(o.Months, MonthCount{Month: m.Format(month)})
	}
	for i := range sessions {
		if e := sessions[i].EffectiveAt; !e.Before(from) {
			o.Months[at[e.In(zone).Format(month)]].Sessions++
		}
	}
}

// rests compares rests. Sessions that count once (DQ-09) have one, after the last of
// them and by the longest that one of them asks for.
func (o *Statistics) rests(sessions []Session, from time.Time) {
	for len(sessions) > 0 {
		n, first := 1, sessions[0].EffectiveAt.Time
		for n < len(sessions) && care.CountOnce(first, sessions[n].EffectiveAt.Time) {
			n++
		}
		last := &sessions[n-1]
		kept := RestKept{SessionID: last.ID, From: last.EffectiveAt}
		for i := range sessions[:n] {
			if rest := sessions[i].Rest; rest != nil {
				kept.Advised = max(kept.Advised, rest.Days)
			}
		}
		if sessions = sessions[n:]; len(sessions) > 0 {
			kept.Kept = new(sessions[0].EffectiveAt.Sub(last.EffectiveAt.Time).Hours() / 24)
		}
		if !last.EffectiveAt.Before(from) {
			o.Rests = append(o.Rests, kept)
		}
	}
}

// days groups the reports by whole days after the newest session before each.
func (o *Statistics) days(sessions []Session, reports []Report) {
	o.Days = make([]DaySigns, chartDays+1)
	for day := range o.Days {
		o.Days[day] = DaySigns{Day: day, Signs: map[string]*SignCount{}}
		for _, s := range care.Scales {
			o.Days[day].Signs[s.Name] = &SignCount{}
		}
	}
	var cycles care.Cycles
	for i := range sessions {
		cycles.Sessions = append(cycles.Sessions, sessions[i].facts())
	}
	for i := range reports {
		r := &reports[i]
		age, usual, ok := cycles.At(r.EffectiveAt.Time)
		if day := int(age.Hours() / 24); ok && day <= chartDays {
			o.Days[day].add(&r.Answers, usual.At(age))
		}
	}
}

// add counts one report.
func (d *DaySigns) add(a *care.Answers, usual care.CourseRow) {
	d.Reports++
	for _, s := range care.Scales {
		value := s.Answer(a)
		if value == nil {
			continue
		}
		n := d.Signs[s.Name]
		n.Answered++
		if *value > 0 {
			n.Present++
		}
		if *value > s.Usual(usual) {
			n.Above++
		}
	}
}

// CheckSpan refuses a period that is empty or too long for charts and reports.
func CheckSpan(from, to time.Time) error {
	switch {
	case !from.Before(to):
		return Invalid("query.to", "must be later than from")
	case to.Sub(from) > maxSpan:
		return Invalid("query.from", fmt.Sprintf("must be at most %d days before to", int(maxSpan.Hours()/24)))
	}
	return nil
}

// maxSpan is the longest period of charts: a little over two years.
const maxSpan = 750 * 24 * time.Hour
