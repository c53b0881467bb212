package care

import (
	"slices"
	"time"
)

// doses is what reports told of minoxidil.
type doses struct {
	told  time.Time // the newest report that named it
	used  time.Time // the newest use of those told
	early time.Time // the newest use before its hold (AC-01)
}

// use notes a use at t, after a session (nil: none counts) of so long a needle.
func (d *doses) use(t time.Time, s *Session, hold time.Duration) {
	d.used = later(d.used, t)
	if s != nil && age(t, s.Time()) < hold {
		d.early = later(d.early, t)
	}
}

// withMinoxidil fills in what minoxidil has to do with a report (EM-06, SD-18,
// WT-12).
func (j *judge) withMinoxidil(f *facts, r *Report) {
	f.minoxidil = j.person.UsesMinoxidil
	var s *Session
	if f.h != never {
		s = j.newest
	}
	if len(r.Products) == 0 && (s == nil || len(s.Products) == 0) && j.doses.told.IsZero() {
		return
	}
	var hold time.Duration
	if s != nil {
		hold = j.person.minoxidilHold(j.needle(), r.At)
	}
	for _, p := range r.Products {
		if p.Kind == minoxidilKind {
			at := r.At
			if s != nil && p.HoursAfterSession != nil {
				at = earlier(p.usedAt(s), r.At)
			}
			j.doses.told = r.At
			j.doses.use(at, s, hold)
		}
	}
	d := j.doses
	f.minoxidil = f.minoxidil || !d.told.IsZero() && age(r.At, d.told) <= minoxidilCountsH
	if s != nil && d.useSession(s, r.At, hold) {
		f.minoxidil = true
	}
	f.stung = f.burning >= burningStrong && !d.used.IsZero() && age(r.At, d.used) <= minoxidilBurnsH ||
		max(f.burning, f.itch) >= burningEarly && !d.early.IsZero() && age(r.At, d.early) <= minoxidilCountsH
}

// useSession notes the uses until t among the products of a session, and says
// whether minoxidil is one of them.
func (d *doses) useSession(s *Session, t time.Time, hold time.Duration) bool {
	found := false
	for _, p := range s.Products {
		if p.Kind == minoxidilKind {
			found = true
			if at := p.usedAt(s); !at.After(t) {
				d.use(at, s, hold)
			}
		}
	}
	return found
}

// needle is the longest needle of the sessions that count as the newest one
// (DQ-10).
func (j *judge) needle() float64 { return j.rest.groups[len(j.rest.groups)-1].longest }

const minoxidilKind = "minoxidil"

// usedAt is when a product was used: so many hours after the session, at once
// where nothing is said.
func (p Product) usedAt(s *Session) time.Time { return s.Time().Add(p.after()) }

// after is the age of the session at which a product was used. What cannot be an
// age counts as none.
func (p Product) after() time.Duration {
	if p.HoursAfterSession == nil || !(*p.HoursAfterSession > 0) {
		return 0
	}
	return time.Duration(min(*p.HoursAfterSession, productHours) * float64(time.Hour))
}

// minoxidilHold is the age of a session at which minoxidil may start again
// (AC-01): late with a heart or blood pressure at risk (RK-14), later with darker
// skin (RK-20).
func (p *Person) minoxidilHold(mm float64, t time.Time) time.Duration {
	after := minoxidilRow.after(mm)
	if p.flagged(t, "heart_disease", "low_blood_pressure") {
		after = max(after, minoxidilHeartH)
	}
	if p.flagged(t, "darker_skin_tone") {
		after += minoxidilDarkerH
	}
	return after
}

// flagged says that the person set one of the flags and its time is not over.
func (p *Person) flagged(t time.Time, codes ...string) bool {
	return slices.ContainsFunc(p.Risks, func(r Risk) bool {
		until := r.Until.Passed()
		stood := r.EndedAt.IsZero() || !t.Before(r.SetAt) && t.Before(r.EndedAt)
		return stood && slices.Contains(codes, r.Code) && (until.IsZero() || t.Before(until))
	})
}

var minoxidilRow = stepOf(minoxidilStep)
