package care

import "time"

// scars records since when marks or raised scars have been reported (DS-13).
// They count from the session that was then the newest, so that somebody who
// rolls every few days reaches 14 d as well.
type scars struct {
	reportedAt time.Time // the newest report that mentions them
	from       time.Time // the time of that session; zero: none within 60 d
	seen       bool      // a report since the first one says that a clinician has seen the person
}

// withMarks sets how long the marks in a report have been there, and whether
// they are known to a clinician; the report that first tells them is not yet
// (RS-03). The count ends with a report that answers the question without them,
// and with a gap longer than any window of the history.
func (j *judging) withMarks(f *facts, r *Report) {
	if !f.marks {
		if r.Skin != nil {
			j.scars = scars{}
		}
		j.scars.seen = j.scars.seen || r.SeenByClinician
		return
	}
	if j.scars.reportedAt.IsZero() || age(r.At, j.scars.reportedAt) > marksCount {
		j.scars = scars{seen: r.SeenByClinician}
		if f.h != never {
			j.scars.from = j.newest.Time()
		}
	} else {
		j.scars.seen = j.scars.seen || r.SeenByClinician
		f.marksSeen = j.scars.seen
	}
	j.scars.reportedAt = r.At
	f.marksFor = never
	if from := j.scars.from; !from.IsZero() {
		f.marksFor = max(0, age(r.At, from))
	}
}
