package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// Refusal is the reason why a claimed delivery must not be sent now; Until is
// when to ask again, zero for never.
type Refusal struct {
	Reason Reason
	Until  time.Time
}

// wanted is what decides, right before sending, whether and how a claim is
// sent.
type wanted struct {
	AccountID, ReminderID, DeviceID string
	Round                           int
	Lease, Transport, Destination   string
	Kind                            care.Kind
	Anchor, TextKey                 string
	Tier                            care.Tier
	ReminderState                   ReminderState
	Urgent, InQuiet, OneTap         bool
	DueAt                           Time
	ExpiresAt                       Time
	Locale, Region                  string
	LockScreen, TimeZone            string
	QuietHours                      QuietHours `gorm:"serializer:json"`
	PushConsent                     bool
	PushAddress                     PushAddress `gorm:"serializer:json"`
	PushRegisteredAt                Time
	PushState                       PushState
	WarningState                    WarningState
}

// StillWanted is AreWanted for one claim.
func (s *Store) StillWanted(ctx context.Context, c *Claim) (*Refusal, error) {
	refusals, err := s.AreWanted(ctx, []*Claim{c})
	if err != nil {
		return nil, err
	}
	return refusals[0], nil
}

// AreWanted checks, right before sending, what may have changed since the
// reminders were due: acknowledged, held, signed out, consent, quiet hours
// (P4). It fills in what is needed to send each claim, of a warning the words of what
// stands, and returns a refusal for each that must not be sent, nil for the others.
//
// It reads what is committed in one statement, and nothing may block between
// its return and the requests: that is the moment at which a sending starts.
// See Sending for those that have started. A row that cannot be read fails all
// of them: ask for each alone then.
func (s *Store) AreWanted(ctx context.Context, claims []*Claim) ([]*Refusal, error) {
	keys := make([][]any, len(claims))
	for i, c := range claims {
		keys[i] = []any{c.AccountID, c.ReminderID, c.DeviceID, c.Round}
	}
	args := db.Args{KindWarning}
	rows, err := db.Rows[wanted](s.read(ctx), db.Set(&args, "c", []string{"account_id", "reminder_id", "device_id", "round BIGINT"}, keys)+`
		SELECT c.account_id, c.reminder_id, c.device_id, c.round, d.lease, d.transport, d.destination,
			r.kind, r.anchor, COALESCE(w.title, r.text_key) AS text_key, r.tier, r.state AS reminder_state, r.urgent, r.in_quiet, r.one_tap, r.due_at, r.expires_at,
			a.locale, a.region, a.lock_screen, a.time_zone, a.quiet_hours, a.push_consent,
			v.push_address, v.push_registered_at, v.push_state, COALESCE(w.state, '') AS warning_state
		FROM c CROSS JOIN deliveries d
		JOIN reminders r ON r.account_id = d.account_id AND r.id = d.reminder_id
		JOIN accounts a ON a.id = d.account_id
		JOIN devices v ON v.account_id = d.account_id AND v.id = d.device_id
		LEFT JOIN warnings w ON r.kind = $1 AND w.account_id = r.account_id AND w.id = r.anchor
		WHERE d.account_id = c.account_id AND d.reminder_id = c.reminder_id AND d.device_id = c.device_id AND d.round = c.round`, args...)
	if err != nil {
		return nil, fmt.Errorf("ask whether deliveries are still wanted: %w", err)
	}
	found := map[deliveryKey]*wanted{}
	for i := range rows {
		w := &rows[i]
		found[deliveryKey{w.AccountID, w.ReminderID, w.DeviceID, w.Round}] = w
	}
	out := make([]*Refusal, len(claims))
	for i, c := range claims {
		if out[i], err = s.answer(ctx, c, found[c.key()]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// answer returns the refusal of one claim; if it may be sent, it fills the
// claim in and returns nil.
func (s *Store) answer(ctx context.Context, c *Claim, w *wanted) (*Refusal, error) {
	if w == nil {
		return &Refusal{Reason: ReasonErased}, nil
	}
	if w.Lease != c.Lease {
		return &Refusal{Reason: ReasonLeaseLost}, nil
	}
	moved := w.Destination != c.Destination
	w.fill(c)
	if moved { // the phone registered another address; the place in flight is at the old one
		return &Refusal{Reason: ReasonAddressChanged, Until: s.Now()}, nil
	}
	if refusal := w.refusal(c.Clearing, s.Now()); refusal != nil {
		return refusal, nil
	}
	var err error
	c.ActionToken, err = s.actionToken(ctx, c)
	return nil, err
}

func (w *wanted) fill(c *Claim) {
	c.Transport, c.Destination = w.Transport, w.Destination
	c.Kind, c.Anchor, c.TextKey, c.Tier, c.Urgent, c.OneTap, c.ExpiresAt = w.Kind, w.Anchor, w.TextKey, w.Tier, w.Urgent, w.OneTap, w.ExpiresAt
	c.Locale, c.Region, c.LockScreen, c.Address, c.Registered = w.Locale, w.Region, w.LockScreen, w.PushAddress, w.PushRegisteredAt
}

// refusal returns why the claim must not be sent now, nil if it may.
func (w *wanted) refusal(clearing bool, now time.Time) *Refusal {
	switch {
	case !w.PushConsent:
		return &Refusal{Reason: ReasonConsent}
	case w.PushState != PushActive:
		return &Refusal{Reason: reasonPush(w.PushState)}
	case clearing:
		return nil
	case !now.Before(w.ExpiresAt.Time):
		return &Refusal{Reason: ReasonExpired}
	case !slices.Contains([]ReminderState{StateDue, StateSent}, w.ReminderState):
		return &Refusal{Reason: Reason(w.ReminderState)}
	case w.Kind == KindWarning && w.WarningState != WarningActive:
		return &Refusal{Reason: reasonWarning(w.WarningState)}
	case wakesAtNight(w.InQuiet, w.DueAt, now):
		return nil
	case w.Urgent: // at any age, also after an outage and at night: it was never shown
		return nil
	}
	a := Account{ID: w.AccountID, TimeZone: w.TimeZone, QuietHours: w.QuietHours}
	if at := a.afterQuiet(now, w.Kind); at.After(now) {
		return &Refusal{Reason: ReasonQuietHours, Until: at}
	}
	return nil
}
