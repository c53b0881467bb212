package care

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestReadyIsNeverBeforeTheRest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, p, now := genLife(t)
		v := Assess(h, p, now)
		if v.Rest.State != RestReady {
			return
		}
		for _, s := range h.Sessions {
			end := s.Time()
			if !end.After(time.Time{}) || end.After(now) {
				continue
			}
			least := restFor(s.NeedleMM).rest
			if c := s.ClinicIntervalDays; s.Professional && c >= 1 && c <= 180 {
				least = max(c, restFor(s.NeedleMM).floor)
			}
			if now.Before(end.Add(time.Duration(least) * day)) {
				t.Fatalf("ready at %v, %v after a session that rests %d d", now, now.Sub(end), least)
			}
		}
		for _, e := range v.Episodes {
			if e.State == EpisodeOpen {
				t.Fatalf("ready with the open episode %+v", e)
			}
		}
		for _, w := range v.Warnings {
			if w.Tier >= SameDay && w.State == WarningActive && len(h.Clinician) == 0 {
				t.Fatalf("ready with %+v and no clinician event", w)
			}
		}
		if len(v.Rest.Blocks) > 0 {
			t.Fatalf("ready with %+v", v.Rest.Blocks)
		}
	})
}

func TestTheVerdictIsTheSameInEveryZone(t *testing.T) {
	t.Parallel()
	kiritimati := time.FixedZone("far east", 14*3600)
	baker := time.FixedZone("far west", -12*3600)
	rapid.Check(t, func(t *rapid.T) {
		h, p, now := genLife(t)
		p.Zone = kiritimati
		east := Assess(h, p, now)
		p.Zone = baker
		h = cloned(h)
		for i := range h.Sessions {
			h.Sessions[i].StartedAt = h.Sessions[i].StartedAt.In(baker)
		}
		for i := range h.Reports {
			h.Reports[i].At = h.Reports[i].At.In(baker)
		}
		west := Assess(h, p, now.In(kiritimati))
		if diff := cmp.Diff(east, west); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestTheOrderOfRowsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, p, now := genLife(t)
		want := Assess(h, p, now)
		other := shuffled(t, h)
		kept := cloned(other)
		got := Assess(other, p, now)
		if diff := difference(want, got); diff != "" {
			t.Fatal(diff)
		}
		if !sameRows(kept, other) {
			t.Fatal("the rows given were moved")
		}
	})
}

// difference is what two values differ in, "" for nothing. Most are equal, and
// cmp takes its time.
func difference(a, b any, options ...cmp.Option) string {
	if reflect.DeepEqual(a, b) {
		return ""
	}
	return cmp.Diff(a, b, options...)
}

// sameRows compares by id: not a number is never equal to itself.
func sameRows(a, b History) bool {
	return slices.EqualFunc(a.Sessions, b.Sessions, func(x, y Session) bool { return x.ID == y.ID }) &&
		slices.EqualFunc(a.Reports, b.Reports, func(x, y Report) bool { return x.ID == y.ID }) &&
		slices.Equal(a.Clinician, b.Clinician) && slices.Equal(a.Acks, b.Acks)
}

func TestNothingChangesBeforeNext(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, p, now := genLife(t)
		v := Assess(h, p, now)
		end := v.Next
		if end.IsZero() {
			end = now.AddDate(60, 0, 0)
		} else if !end.After(now) {
			t.Fatalf("next %v is not after %v", end, now)
		}
		span := end.Sub(now)
		for _, at := range []time.Time{now.Add(1), end.Add(-1), now.Add(time.Duration(rapid.Int64Range(0, int64(span-1)).Draw(t, "between")))} {
			if at.Before(end) && !at.Before(now) {
				if got := Assess(h, p, at); !reflect.DeepEqual(v, got) {
					t.Fatalf("at %v, before %v:\n%s", at, end, cmp.Diff(v, got))
				}
			}
		}
	})
}

func TestNextComesToAnEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := t0.AddDate(-31, 0, 0)
		h, p := genHistory(t), genPerson(t, now)
		for steps := 0; ; steps++ {
			next := Assess(h, p, now).Next
			if next.IsZero() {
				return
			}
			if steps > 300 {
				t.Fatalf("time alone still changes the verdict at %v", next)
			}
			now = next
		}
	})
}

func TestOddHistoriesDoNotPanic(t *testing.T) {
	t.Parallel()
	odd := []time.Time{{}, time.Unix(0, 0), time.Unix(1<<40, 0), time.Unix(-1<<60, 0), time.Unix(1<<60, 999), t0.AddDate(9000, 0, 0)}
	rapid.Check(t, func(t *rapid.T) {
		h, p, now := genLife(t)
		h.Sessions = append(h.Sessions, h.Sessions...) // ids twice
		h.Reports = append(h.Reports, h.Reports...)
		h.Rollers = append(h.Rollers, h.Rollers...)
		for i := range h.Reports {
			if chance(t, 6) {
				h.Reports[i].At = pick(t, "odd time", odd...)
			}
		}
		for i := range h.Sessions {
			if chance(t, 6) {
				h.Sessions[i].EndedAt = pick(t, "odd time", odd...)
			}
		}
		if chance(t, 3) {
			now = pick(t, "odd now", odd...)
		}
		if chance(t, 3) {
			h.JudgeFrom = genTime(t, "from")
			h.EarlierInfections = []Span{{From: genTime(t, "infection"), Until: genTime(t, "lifted")}}
		}
		p.Risks = append(p.Risks, Risk{Code: "diabetes", Until: Date{-1, 99, 400}})
		v := Assess(h, p, now)
		if v.Rest.State == "" {
			t.Fatalf("no answer: %+v", v)
		}
	})
}

func report(v Verdict, id string) Assessment { return v.Report(id) }
