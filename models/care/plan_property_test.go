package care

import (
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

type planIdentity struct {
	Kind         Kind
	Anchor, Slot string
}

func identities(items []Item) map[planIdentity]Item {
	m := map[planIdentity]Item{}
	for _, it := range items {
		m[planIdentity{it.Kind, it.Anchor, it.Slot}] = it
	}
	return m
}

// A step is known by its identity: no two share one, it has a text, and it ends
// after it is due.
func TestPlanIdentitiesNeverCollide(t *testing.T) {
	t.Parallel()
	keys := PlanKeys()
	rapid.Check(t, func(r *rapid.T) {
		h, p, now := drawPlanned(t, r)
		items := planOf(h, p, now)
		if len(identities(items)) != len(items) {
			r.Fatalf("%d identities for %d steps", len(identities(items)), len(items))
		}
		for _, it := range items {
			if it.Kind == "" || it.Anchor == "" || it.Slot == "" || !slices.Contains(keys, it.Key) || !it.Expires.After(it.Due) {
				r.Fatalf("%+v", it)
			}
			if (it.HeldBy == "AC-00") != (it.Key == holdKey) { // AC-00: no "may again" while it waits
				r.Fatalf("held by %q it says %s", it.HeldBy, it.Key)
			}
		}
	})
}

// Travel and other hours move what is due; they make no other step of it, and
// the same steps of a cycle stay planned.
func TestPlanIdentitiesOutliveTravel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		h, p, now := drawPlanned(t, r)
		before := identities(planOf(h, p, now))
		q := p
		moved := drawPerson(t, r, planStart(t))
		q.Zone, q.QuietHours, q.ReminderTime, q.Spread = moved.Zone, moved.QuietHours, moved.ReminderTime, moved.Spread
		after := identities(planOf(h, q, now))
		for id, a := range before {
			b, ok := after[id]
			if !ok && (id.Kind == KindAftercare || id.Kind == KindRollerCare || id.Kind == KindRecheck) {
				r.Fatalf("%v is gone", id)
			}
			if ok && (a.SessionID != b.SessionID || a.Rule != b.Rule || a.Key != b.Key && a.Key != holdKey && b.Key != holdKey) {
				r.Fatalf("%v became another step: %+v, %+v", id, a, b)
			}
		}
	})
}

// P4: nothing that is pushed is due within quiet hours.
func TestNothingIsDueInQuietHours(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		h, p, now := drawPlanned(t, r)
		for _, it := range planOf(h, p, now) {
			if !it.Silent && !it.InQuiet && p.QuietHours.Contains(it.Due, p.Zone) {
				r.Fatalf("%v–%v: %+v", p.QuietHours.Start, p.QuietHours.End, it)
			}
		}
	})
}

// No step tells a person to roll before the rest is over, or while anything
// blocks it.
func TestNoGoAheadBeforeTheRest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		h, p, now := drawPlanned(t, r)
		v, all := Judge(h, p, now)
		for _, it := range of(all, KindRestOver) {
			if it.Due.Before(v.Rest.Until) {
				r.Fatalf("due before %v: %+v", v.Rest.Until, it)
			}
			if it.Slot != "check_in_first" && it.HeldBy == "" && !it.Due.After(now) && v.Rest.State != RestReady {
				r.Fatalf("go-ahead while %s: %+v", v.Rest.State, it)
			}
		}
	})
}

// No "is possible again" is told before its hour or on a scalp that is not calm.
func TestNoAftercareOnAScalpThatIsNotCalm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		h, p, now := drawPlanned(t, r)
		v, all := Judge(h, p, now)
		items := of(all, KindAftercare)
		for _, it := range items {
			i := slices.IndexFunc(aftercareSteps, func(s aftercareStep) bool { return s.ID == it.Slot })
			s := v.Sessions[it.SessionID]
			at := slices.IndexFunc(h.Sessions, func(s Session) bool { return s.ID == it.SessionID })
			if it.Due.Before(h.Sessions[at].Time().Add(aftercareSteps[i].after(s.HoldMM))) {
				r.Fatalf("before its hour: %+v", it)
			}
			open := slices.ContainsFunc(v.Episodes, func(e Episode) bool { return e.State == EpisodeOpen })
			if aftercareSteps[i].needsCalm && open && it.HeldBy == "" && it.Due.After(now) {
				r.Fatalf("told with an open episode: %+v", it)
			}
		}
	})
}

// Between now and Next, planning again gives the same.
func TestPlanHoldsUntilNext(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		h, p, now := drawPlanned(t, r)
		v, want := Judge(h, p, now)
		span := 400 * day
		if !v.Next.IsZero() {
			span = v.Next.Sub(now)
		}
		if span <= 0 {
			r.Fatalf("next moment %v is not after %v", v.Next, now)
		}
		then := now.Add(time.Duration(rapid.Int64Range(0, int64(span)-1).Draw(r, "later")))
		if rapid.Bool().Draw(r, "last moment") {
			then = now.Add(span - time.Millisecond)
		}
		if then.Before(now) {
			then = now
		}
		if got := planOf(h, p, then); !reflect.DeepEqual(got, want) {
			r.Fatalf("at %v, before %v, the plan differs:\n%s", then, v.Next, differ(want, got))
		}
	})
}

func differ(a, b []Item) string {
	was, is := identities(a), identities(b)
	out := ""
	for id, it := range was {
		if !reflect.DeepEqual(is[id], it) {
			out += "was " + show(it) + "\n is " + show(is[id]) + "\n"
		}
	}
	for id, it := range is {
		if _, ok := was[id]; !ok {
			out += "new " + show(it) + "\n"
		}
	}
	return out
}

func show(it Item) string {
	return string(it.Kind) + " " + it.Slot + " due " + it.Due.UTC().Format(time.RFC3339) + " until " + it.Expires.UTC().Format(time.RFC3339) + " held by " + it.HeldBy
}

func TestPlanForgetsTheOrderOfRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		h, p, now := drawPlanned(t, r)
		want := planOf(h, p, now)
		g := History{Sessions: slices.Clone(h.Sessions), Reports: slices.Clone(h.Reports), Rollers: slices.Clone(h.Rollers),
			Clinician: slices.Clone(h.Clinician), Acks: slices.Clone(h.Acks)}
		slices.Reverse(g.Sessions)
		slices.Reverse(g.Reports)
		slices.Reverse(g.Rollers)
		slices.Reverse(g.Clinician)
		slices.Reverse(g.Acks)
		if got := planOf(g, p, now); !reflect.DeepEqual(got, want) {
			r.Fatalf("reversed:\n%s", differ(want, got))
		}
	})
}

// At most one push a person and local day beside check-ins and rest_over; a
// request to measure a temperature again is never put off.
func TestDailyCap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		h, p, now := drawPlanned(t, r)
		days := map[Date]int{}
		for _, it := range planOf(h, p, now) {
			if it.HeldBy == "" && !it.Silent && it.RidesWith == "" && it.Kind != KindCheckIn && it.Kind != KindRestOver && it.Kind != KindRecheck {
				days[DateOf(it.Due.In(p.Zone))]++
			}
		}
		for d, n := range days {
			if n > 1 {
				r.Fatalf("%d pushes on %v", n, d)
			}
		}
	})
}

// P5: photos and reviews come once each, on their own local date, at the
// reminder time of the zone, across every clock change of two years.
func TestEachPhotoComesOnceOnItsDate(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := planPerson(t)
		p.Zone, p.QuietHours = zone(t, rapid.SampledFrom(zones).Draw(r, "zone")), Hours{}
		p.ReminderTime = Clock(rapid.IntRange(0, 1439).Draw(r, "reminder time"))
		first := time.Date(rapid.IntRange(2009, 2030).Draw(r, "year"), time.Month(rapid.IntRange(1, 12).Draw(r, "month")), 1, 12, 0, 0, 0, time.UTC)
		p.CreatedAt, p.RisksReviewedAt = first, first.Add(48*time.Hour) // no review falls on the day to which a missing date moves
		h := History{FirstSessionAt: first}
		day0, dues := DateOf(first.In(p.Zone)), map[string]time.Time{}
		for now := first; now.Before(first.AddDate(2, 0, 0)); {
			v, all := Judge(h, p, now)
			for _, it := range of(all, KindProgress) {
				if was, ok := dues[it.Slot]; ok && !was.Equal(it.Due) {
					r.Fatalf("slot %s moved from %v to %v", it.Slot, was, it.Due)
				}
				dues[it.Slot] = it.Due
			}
			if !v.Next.After(now) {
				r.Fatalf("no next moment after %v", now)
			}
			now = v.Next
		}
		for k := 1; k*photoIntervalDays < 720; k++ {
			days := k * photoIntervalDays
			date := day0.AddDays(days)
			if !date.existsIn(p.Zone) {
				date = date.AddDays(1)
			}
			want := At(date, p.ReminderTime, p.Zone)
			if got := dues[strconv.Itoa(days)]; !got.Equal(want) {
				r.Fatalf("slot %d came at %v, want %v", days, got, want)
			}
		}
	})
}
