package care

import (
	"slices"
	"time"
)

// doses is the reported use of minoxidil.
type doses struct {
	reportedAt time.Time // the newest report that named it
	usedAt     time.Time // the newest reported use
	early      time.Time // the newest use before its hold (AC-01)
}

// use records a use at t, which is too early if it lies within the hold after
// session s; a nil s means that no session counts.
func (d *doses) use(t time.Time, s *Session, hold time.Duration) {
	d.usedAt = later(d.usedAt, t)
	if s != nil && age(t, s.Time()) < hold {
		d.early = later(d.early, t)
	}
}

// withMinoxidil sets the facts of a report that concern minoxidil (EM-06,
// SD-18, WT-12).
func (j *judging) withMinoxidil(f *facts, r *Report) {
	f.minoxidil = j.person.UsesMinoxidil
	var s *Session
	if f.h != never {
		s = j.newest
	}
	if len(r.Products) == 0 && (s == nil || len(s.Products) == 0) && j.doses.reportedAt.IsZero() {
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
			j.doses.reportedAt = r.At
			j.doses.use(at, s, hold)
		}
	}
	d := j.doses
	f.minoxidil = f.minoxidil || !d.reportedAt.IsZero() && age(r.At, d.reportedAt) <= minoxidilCountsH
	if s != nil && d.useSession(s, r.At, hold) {
		f.minoxidil = true
	}
	f.stung = f.burning >= burningStrong && !d.usedAt.IsZero() && age(r.At, d.usedAt) <= minoxidilBurnsH ||
		max(f.burning, f.itch) >= burningEarly && !d.early.IsZero() && age(r.At, d.early) <= minoxidilCountsH
}

// useSession records the uses of minoxidil until t among the products of a
// session, and reports whether there are any.
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

// needle returns the longest needle of the sessions that are merged with the
// newest one (DQ-10).
func (j *judging) needle() float64 { return j.rest.groups[len(j.rest.groups)-1].longest }

const minoxidilKind = "minoxidil"

// usedAt returns when a product was used: at the stated delay after the
// session, or right after it if none is stated.
func (p Product) usedAt(s *Session) time.Time { return s.Time().Add(p.after()) }

// after returns the delay between session and product. An impossible value
// counts as none.
func (p Product) after() time.Duration {
	if p.HoursAfterSession == nil || !(*p.HoursAfterSession > 0) {
		return 0
	}
	return time.Duration(min(*p.HoursAfterSession, productHours) * float64(time.Hour))
}

// minoxidilHold returns how long after a session minoxidil may start again
// (AC-01): later with a heart or blood pressure risk (RK-14) or darker skin
// (RK-20).
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

// flagged reports whether the person has set one of the flags and it has not
// expired.
func (p *Person) flagged(t time.Time, codes ...string) bool {
	return slices.ContainsFunc(p.Risks, func(r Risk) bool {
		until := r.Until.Passed()
		stood := r.EndedAt.IsZero() || !t.Before(r.SetAt) && t.Before(r.EndedAt)
		return stood && slices.Contains(codes, r.Code) && (until.IsZero() || t.Before(until))
	})
}

var minoxidilRow = stepOf(minoxidilStep)
