package care

import "time"

// Repeats returns the delays after a warning arose at which it is notified
// until somebody acknowledges it (RM-01, design). The first is the notification
// itself; tiers below doctor_soon raise no warning.
func Repeats(t Tier) []time.Duration { return repeats[t] }

// IgnoresQuietHours reports whether a notification of a warning is sent at any
// hour (RM-02, P4): the first of a same_day or emergency that a report has just
// caused, and every repeat of such an emergency. repeat is the index in
// Repeats; byTime means that silence and not a report made the rule true.
func IgnoresQuietHours(t Tier, byTime bool, repeat int) bool {
	if byTime {
		return false
	}
	return t == Emergency || t == SameDay && repeat == 0
}
