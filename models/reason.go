package models

import (
	"aftercare/models/care"
)

// Kinds of reminders that the store makes; the others are care's.
const (
	KindWarning = "warning"
	KindSummary = "summary"
	KindTest    = "test"
)

// reasonQuiet lets a delivery wait for the end of the quiet hours.
const reasonQuiet = "quiet_hours"

// reasonMoved lets a delivery wait whose phone registered another address.
const reasonMoved = "address_changed"

// reasonNotPlanned ends a reminder whose cause is gone: a new session began
// another cycle, or the session was deleted. If the cause comes back, so does
// the reminder.
const (
	reasonNotPlanned = "not_planned"
	reasonConsent    = "consent_withdrawn"
	reasonAnswered   = "answered"
)

// reasonLate ends a reminder whose time was over before it could be told.
const reasonLate = "late"

// Reasons of a warning's end, and of a notification that a newer one replaces.
const (
	reasonEscalated      = "escalated"
	reasonHistoryChanged = "history_changed"
	reasonToldAgain      = "told_again"
)

// contains says whether the list holds any of the words.
func contains(list []string, words ...string) bool {
	for _, l := range list {
		for _, w := range words {
			if l == w {
				return true
			}
		}
	}
	return false
}

func deref[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

func optionalDate(s string) (care.Date, error) {
	if s == "" {
		return care.Date{}, nil
	}
	return care.ParseDate(s)
}
