package care

import "time"

// scars is since when marks or raised scars are told (DS-13): they count from
// the session that was the newest then, so that who rolls every few days reaches
// 14 d as well.
type scars struct {
	told time.Time // the newest report of them
	from time.Time // that session; zero: none within 60 d
}

// withMarks fills in how long the marks of a report have been there. A report
// that answers the question without them ends the count; so does a gap that no
// window of the history reaches over.
func (j *judge) withMarks(f *facts, r *Report) {
	if !f.marks {
		if r.Skin != nil {
			j.scars = scars{}
		}
		return
	}
	if j.scars.told.IsZero() || age(r.At, j.scars.told) > marksCount {
		j.scars.from = time.Time{}
		if f.h != never {
			j.scars.from = j.newest.Time()
		}
	}
	j.scars.told = r.At
	f.marksFor = never
	if from := j.scars.from; !from.IsZero() {
		f.marksFor = max(0, age(r.At, from))
	}
}
