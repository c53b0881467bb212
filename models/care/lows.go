package care

import "time"

// lows holds the lowest values reported since the newest session (SD-07,
// SD-12).
type lows struct {
	said                             scale
	erythema, swelling, warmth, pain int
}

func (l *lows) add(f *facts) {
	lower := func(low *int, v int, s scale) {
		if f.unsaid&s == 0 && (l.said&s == 0 || v < *low) {
			*low = v
			l.said |= s
		}
	}
	lower(&l.erythema, f.erythema, scErythema)
	lower(&l.swelling, f.swelling, scSwelling)
	lower(&l.warmth, f.warmth, scWarmth)
	lower(&l.pain, f.pain, scPain)
}

// compare sets how far the values of f lie above the lows.
func (l *lows) compare(f *facts) {
	both := l.said &^ f.unsaid
	up := func(v, low int, s scale) int {
		if both&s == 0 {
			return 0
		}
		return max(v-low, 0)
	}
	f.upErythema = up(f.erythema, l.erythema, scErythema)
	f.upSwelling = up(f.swelling, l.swelling, scSwelling)
	f.upWarmth = up(f.warmth, l.warmth, scWarmth)
	f.upPain = up(f.pain, l.pain, scPain)
	f.wasPale = l.said&scErythema != 0 && l.erythema == 0
	f.wasPainless = l.said&scPain != 0 && l.pain == 0
}

// slidingLows holds the lowest values of the last 60 days, for reports without
// a session in that time (DQ-04). Every report is read once, however many
// follow: each queue keeps the reports that may still become the lowest, lowest
// first.
type slidingLows struct {
	read   int // number of reports read so far
	queues [4]lowQueue
}

type lowQueue []reportedLow

type reportedLow struct {
	at    time.Time
	value int
}

// add appends a value and drops those that can no longer become the lowest.
func (q *lowQueue) add(l reportedLow) {
	for n := len(*q); n > 0 && (*q)[n-1].value >= l.value; n-- {
		*q = (*q)[:n-1]
	}
	*q = append(*q, l)
}

// since returns the lowest value at or after t.
func (q *lowQueue) since(t time.Time) (value int, said bool) {
	for len(*q) > 0 && (*q)[0].at.Before(t) {
		*q = (*q)[1:]
	}
	if len(*q) == 0 {
		return 0, false
	}
	return (*q)[0].value, true
}

// since reads the reports before the next one to be judged and returns their
// lowest values at or after t. t must not decrease between calls.
func (l *slidingLows) since(t time.Time, before []*Report) lows {
	for ; l.read < len(before); l.read++ {
		if r := before[l.read]; !r.At.Before(t) {
			l.add(r)
		}
	}
	var out lows
	for i, v := range [...]*int{&out.erythema, &out.swelling, &out.warmth, &out.pain} {
		value, said := l.queues[i].since(t)
		if said {
			*v, out.said = value, out.said|fourScales[i]
		}
	}
	return out
}

func (l *slidingLows) add(r *Report) {
	var f facts
	f.answer(&r.Answers)
	for i, v := range [...]int{f.erythema, f.swelling, f.warmth, f.pain} {
		if f.unsaid&fourScales[i] == 0 {
			l.queues[i].add(reportedLow{r.At, v})
		}
	}
}

var fourScales = [...]scale{scErythema, scSwelling, scWarmth, scPain}
