package care

import (
	"fmt"
	"testing"
	"time"
)

// years is the history of a person who rolls every eight days and reports about
// twice a day: for three years, 137 sessions and 2,000 reports. Each cycle has
// a few days of symptoms and ends calm.
func years(n float64) (History, time.Time) {
	var s story
	sessions, reports := int(137*n/3), int(2000*n/3)
	each := n * 365 * 24 / float64(reports)
	for i := range sessions {
		s.roll(float64(i)*8*24, 0.25)
	}
	for i := range reports {
		at := 1 + float64(i)*each
		a := calmly()
		if day := int(at/24) % 8; day < 3 {
			a.Erythema, a.Itch = new(1), new(2)
		}
		s.tell(at, a)
	}
	return s.h, hour(n * 365 * 24)
}

// BenchmarkAssess shows the cost of judging against the length of the history,
// as a multiple of what it takes to look at every report and to hand over one
// empty assessment for each.
func BenchmarkAssess(b *testing.B) {
	for _, n := range []float64{0.75, 1.5, 3, 6} {
		h, now := years(n)
		var baseline float64
		b.Run(fmt.Sprintf("baseline/years=%v", n), func(b *testing.B) {
			for b.Loop() {
				lookAtEach(h)
			}
			baseline = float64(b.Elapsed().Nanoseconds()) / float64(b.N)
		})
		b.Run(fmt.Sprintf("whole/years=%v", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Assess(h, Person{}, now)
			}
			perOp := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			b.ReportMetric(perOp/float64(len(h.Reports)), "ns/report")
			if baseline > 0 { // it may have been left out by -bench
				b.ReportMetric(perOp/baseline, "x-baseline")
			}
		})
		part := cut(h, Verdict{}, windowOf(h, Assess(h, Person{}, now), now, now.Add(-time.Hour)))
		b.Run(fmt.Sprintf("window/years=%v", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Assess(part, Person{}, now)
			}
			b.ReportMetric(float64(len(part.Reports)), "reports")
		})
	}
}

func lookAtEach(h History) map[string]Assessment {
	out := make(map[string]Assessment, len(h.Reports))
	for i := range h.Reports {
		var f facts
		f.answer(&h.Reports[i].Answers)
		out[h.Reports[i].ID] = Assessment{AtRisk: f.calm}
	}
	return out
}
