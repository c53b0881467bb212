package api

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"aftercare/models"
)

// Statistics is what charts show without the history.
type Statistics struct {
	From     models.Time       `json:"from"`
	To       models.Time       `json:"to"`
	Months   []MonthOfSessions `json:"months" doc:"Every month between, in the person's zone"`
	Rests    []RestKept        `json:"rests" doc:"Of each session, oldest first; of those within 12 hours, which count once, one after the last"`
	Days     []DayOfSigns      `json:"days" doc:"By whole days after the newest session before each report, all cycles together"`
	CheckIns CheckInCount      `json:"check_ins"`
}

// MonthOfSessions is one month.
type MonthOfSessions struct {
	Month    string `json:"month" example:"2026-11"`
	Sessions int    `json:"sessions"`
}

// RestKept is the rest after one session.
type RestKept struct {
	SessionID   string      `json:"session_id"`
	At          models.Time `json:"at"`
	AdvisedDays *int        `json:"advised_days" doc:"By the table, the longest of those that count once; null: not judged yet"`
	KeptDays    *float64    `json:"kept_days" doc:"Until the next session; null: none yet"`
}

// DayOfSigns is one day after a session. The expected course stands in the
// catalogue.
type DayOfSigns struct {
	Day     int         `json:"day" doc:"0: the first 24 hours"`
	Reports int         `json:"reports"`
	Signs   []SignShare `json:"signs"`
}

// SignShare is how many reports of a day had a sign, of those that answered it.
type SignShare struct {
	Field    string   `json:"field" example:"pain"`
	Answered int      `json:"answered" doc:"Reports that answered it: the others are unknown, and count nowhere"`
	Present  *float64 `json:"present" doc:"Share of the answered ones with more than 0; null: none answered"`
	Above    *float64 `json:"above" doc:"Share of them above the expected course of their session; null: none answered"`
}

// CheckInCount is how many check-ins came due, and how many were answered.
type CheckInCount struct {
	Asked    int `json:"asked"`
	Answered int `json:"answered"`
}

type statisticsInput struct {
	From string `query:"from" format:"date-time" doc:"Inclusive; default: 365 days before to"`
	To   string `query:"to" format:"date-time" doc:"Exclusive, at most 750 days after from; default: now"`
}

// span returns the period that is asked for.
func (in *statisticsInput) span(now time.Time) (from, to time.Time, err error) {
	if to, err = queryTime("to", in.To); err != nil {
		return from, to, err
	}
	if to.IsZero() {
		to = now
	}
	if from, err = queryTime("from", in.From); err != nil {
		return from, to, err
	}
	if from.IsZero() {
		from = to.AddDate(0, 0, -365)
	}
	return from, to, models.CheckSpan(from, to)
}

type statisticsOutput struct{ Body Statistics }

func (s *server) statistics(ctx context.Context, in *statisticsInput) (*statisticsOutput, error) {
	from, to, err := in.span(s.Store.Now())
	if err != nil {
		return nil, err
	}
	got, err := s.Store.Statistics(ctx, callerOf(ctx).AccountID, from, to)
	if err != nil {
		return nil, err
	}
	out := Statistics{From: models.T(from), To: models.T(to), Months: []MonthOfSessions{}, Rests: []RestKept{}, CheckIns: CheckInCount{got.Asked, got.Answered}}
	for _, m := range got.Months {
		out.Months = append(out.Months, MonthOfSessions(m))
	}
	for _, r := range got.Rests {
		kept := r.Kept
		if kept != nil {
			kept = new(math.Round(*kept*10) / 10)
		}
		out.Rests = append(out.Rests, RestKept{r.SessionID, r.From, some(r.Advised), kept})
	}
	for _, d := range got.Days {
		out.Days = append(out.Days, showDay(d))
	}
	return &statisticsOutput{out}, nil
}

func showDay(d models.DaySigns) DayOfSigns {
	day := DayOfSigns{Day: d.Day, Reports: d.Reports, Signs: []SignShare{}}
	for field, n := range d.Signs {
		day.Signs = append(day.Signs, SignShare{field, n.Answered, share(n.Present, n.Answered), share(n.Above, n.Answered)})
	}
	slices.SortFunc(day.Signs, func(a, b SignShare) int { return strings.Compare(a.Field, b.Field) })
	return day
}

// share returns nil where nothing was answered: that is unknown, not 0.
func share(n, of int) *float64 {
	if of == 0 {
		return nil
	}
	return new(math.Round(float64(n)/float64(of)*1000) / 1000)
}
