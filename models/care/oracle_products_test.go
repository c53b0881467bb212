package care_test

import (
	"math"
	"slices"
	"time"

	"aftercare/models/care"
)

// hoursOfMarks is the age of DS-13 and WT-10. It counts from the session
// that was newest when the mark was first told, with no report without it since.
func (f *factsOfPage) hoursOfMarks() float64 {
	first := f.o.firstMarked(f.at)
	if s := f.o.newestSession(first); s != nil {
		return ageSince(s, f.at)
	}
	return math.Inf(1)
}

// firstMarked is when a mark that is there at a moment was first told, with no report
// without it since, and no 45 days without a word of it.
func (o *oracle) firstMarked(at time.Time) time.Time {
	first := at
	for k := len(o.judged) - 1; k >= 0; k-- {
		j := o.judged[k]
		marked := hasAny(j.Skin, "lasting_marks", "raised_scar")
		switch {
		case !j.At.Before(at):
		case marked && first.Sub(j.At) <= 45*dayOfPage:
			first = j.At
		case marked || j.Skin != nil:
			return first
		}
	}
	return first
}

// marksSeen says whether a report since the marks of this one were first told, but
// not the one that first tells them alone, says that a clinician has seen the person.
func (o *oracle) marksSeen(j judgement) bool {
	first := o.firstMarked(j.At)
	return hasAny(j.Skin, "lasting_marks", "raised_scar") && first.Before(j.At) && slices.ContainsFunc(o.reports, func(r care.Report) bool {
		return r.SeenByClinician && !r.At.Before(first) && !r.At.After(j.At)
	})
}

// minoxidil says whether it was used: by the person, in the report, in the newest
// session, or in reports of the last 72 h.
func (f *factsOfPage) minoxidil() bool {
	used := f.o.p.UsesMinoxidil || hasMinoxidil(f.Products)
	if s := f.o.newestSession(f.at); s != nil {
		used = used || hasMinoxidil(s.Products)
	}
	for _, j := range f.o.judged {
		used = used || hasMinoxidil(j.Products) && hoursBetween(j.At, f.at) <= 72
	}
	return used
}

func hasMinoxidil(products []care.Product) bool {
	return slices.ContainsFunc(products, func(p care.Product) bool { return p.Kind == "minoxidil" })
}

// minoxidilBurns is WT-12, for the uses of the last 72 h.
func (f *factsOfPage) minoxidilBurns() bool {
	for _, u := range f.o.usesOfMinoxidil(f) {
		since := hoursBetween(u.at, f.at)
		if since >= 0 && since <= 6 && f.burning >= 4 || since >= 0 && since <= 72 && u.early && max(f.burning, f.itch) >= 2 {
			return true
		}
	}
	return false
}

// use is one of minoxidil, and whether it was before its hold (AC-01).
type use struct {
	at    time.Time
	early bool
}

// usesOfMinoxidil are those of the newest session, of the report, and of those of the
// last 72 h. Without hours it was at the session, and at the report.
func (o *oracle) usesOfMinoxidil(f *factsOfPage) []use {
	var uses []use
	add := func(s *care.Session, products []care.Product, told *time.Time) {
		for _, p := range products {
			if p.Kind != "minoxidil" {
				continue
			}
			at := f.at
			if told != nil {
				at = *told
			}
			if s != nil && (p.HoursAfterSession != nil || told == nil) {
				at = s.Time()
			}
			if s != nil && p.HoursAfterSession != nil {
				at = at.Add(time.Duration(*p.HoursAfterSession * float64(time.Hour)))
			}
			if told != nil && at.After(*told) {
				at = *told
			}
			uses = append(uses, use{at, s != nil && hoursBetween(s.Time(), at) < o.minoxidilHold(s, f.at)})
		}
	}
	if s := o.newestSession(f.at); s != nil {
		add(s, s.Products, nil)
	}
	add(o.newestSession(f.at), f.Products, &f.at)
	for _, j := range o.judged {
		if hoursBetween(j.At, f.at) <= 72 {
			add(o.newestSession(j.At), j.Products, &j.At)
		}
	}
	return uses
}

// minoxidilHold is the hours of AC-01, with RK-14 and RK-20.
func (o *oracle) minoxidilHold(s *care.Session, at time.Time) float64 {
	hold := 72.0
	switch mm := o.needleOf(s, at); {
	case o.hasRisk(at, "heart_disease", "low_blood_pressure"):
	case mm <= 0.3:
		hold = 24
	case mm <= 0.5:
		hold = 48
	}
	if o.hasRisk(at, "darker_skin_tone") {
		hold += 24
	}
	return hold
}
