package care

import "time"

// Repeats are the moments, after a warning arose, at which it is notified
// again while nobody acknowledged it (RM-01, design). The first is the
// notification itself; tiers below doctor_soon raise no warning.
func Repeats(t Tier) []time.Duration { return repeats[t] }

// IgnoresQuietHours says whether a notification of a warning goes out at any
// hour (RM-02, P4): the first of a same_day or emergency that a report has just
// caused, and every repeat of such an emergency. repeat is the index in Repeats;
// byTime, that silence and not a report made the rule true.
func IgnoresQuietHours(t Tier, byTime bool, repeat int) bool {
	if byTime {
		return false
	}
	return t == Emergency || t == SameDay && repeat == 0
}
