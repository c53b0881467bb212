package care

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// lowsByLooking is the plain form of slidingLows: it looks back over all reports.
func lowsByLooking(before []*Report, t time.Time) lows {
	var l lows
	for _, r := range slices.Backward(before) {
		if r.At.Before(t) {
			break
		}
		var f facts
		f.answer(&r.Answers)
		l.add(&f)
	}
	return l
}

func TestSlidingLowsAreThoseOfLookingAtEachReport(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var reports []*Report
		for i := range rapid.IntRange(1, 40).Draw(r, "reports") {
			at := t0.Add(time.Duration(rapid.IntRange(0, 150*4).Draw(r, "at")) * 6 * time.Hour)
			reports = append(reports, &Report{ID: fmt.Sprintf("report-%02d", i), At: at, Answers: genAnswers(r)})
		}
		slices.SortStableFunc(reports, func(a, b *Report) int { return a.At.Compare(b.At) })
		var sliding slidingLows
		for i := range reports {
			if chance(r, 3) { // a session within 60 d: nobody asks
				continue
			}
			since := reports[i].At.Add(-lateWindow)
			if got, want := sliding.since(since, reports[:i]), lowsByLooking(reports[:i], since); got != want {
				r.Fatalf("before report %d: %+v, want %+v", i, got, want)
			}
		}
	})
}

// spansByReport is the plain form of calmSpans: each report makes a span.
func spansByReport(pl *planner, from time.Time) (calm, symptoms []span) {
	var last *span
	for _, r := range pl.reports {
		var f facts
		f.answer(&r.Answers)
		into := &symptoms
		if f.calm {
			into = &calm
		} else if !f.symptomatic && pl.v.Report(r.ID).Tier < Watch {
			continue
		}
		if r.At.Before(from) {
			continue
		}
		if last != nil {
			last.to = r.At
		}
		*into = append(*into, span{from: r.At})
		last = &(*into)[len(*into)-1]
	}
	return calm, symptoms
}

func TestLongSpansReleaseAsOneForEachReportDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		h, p, now := drawPlanned(t, r)
		j := newJudging(h, &p, now)
		v := j.all()
		pl := newPlanner(&v, h, p, now, &j.rows)
		from := pick(r, "from", time.Time{}, planStart(t).Add(500*time.Hour))
		calm, symptoms := pl.calmSpans(from)
		plainCalm, plainSymptoms := spansByReport(pl, from)
		for range 8 {
			at := planStart(t).Add(time.Duration(rapid.IntRange(0, 24*450).Draw(r, "at")) * time.Hour)
			same := func(what string, got, want time.Time, known, wanted bool) {
				if known != wanted || known && !got.Equal(want) {
					r.Fatalf("%s at %v (%v), want %v (%v)", what, got, known, want, wanted)
				}
			}
			got, known := release(at, calm, symptoms)
			want, wanted := release(at, plainCalm, plainSymptoms)
			same("calm", got, want, known, wanted)
			got, known = release(at, []span{{}}, symptoms)
			want, wanted = release(at, []span{{}}, plainSymptoms)
			same("free", got, want, known, wanted)
		}
	})
}

// A flood of reports is judged in about the time of its length, wherever the
// last session lies: one writer judges for everybody.
func BenchmarkFlood(b *testing.B) {
	for _, n := range []int{1000, 12000} {
		h := History{}
		for i := range n {
			a := all(erythema(1), itch(2))
			h.Reports = append(h.Reports, Report{ID: fmt.Sprintf("report-%05d", i), At: t0.Add(time.Duration(i) * 60 * day / time.Duration(n)), Answers: a})
		}
		slices.SortFunc(h.Reports, func(x, y Report) int { return cmp.Compare(x.ID, y.ID) })
		now := t0.Add(61 * day)
		b.Run(fmt.Sprintf("no session/reports=%d", n), func(b *testing.B) {
			for b.Loop() {
				Judge(h, Person{}, now)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/report")
		})
	}
}
