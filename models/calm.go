package models

import (
	"context"
	"fmt"
)

// CalmReminder stores the calm report that a reminder offers with one tap, and
// acknowledges the reminder. Repeating it is harmless.
func (s *Store) CalmReminder(ctx context.Context, caller Caller, id string, at Time) (Reminder, error) {
	var out Reminder
	err := s.write(ctx, caller.AccountID, func(tx *Tx) error {
		tx.Device = caller.DeviceID
		if err := tx.needHealthConsent(); err != nil {
			return err
		}
		r, err := get[Reminder](tx.q, tx.Account, id)
		if err != nil {
			return err
		}
		if !r.OneTap {
			return Invalid("path.id", "this reminder does not offer nothing left; send a report")
		}
		if at.IsZero() || at.After(tx.Now) {
			at = T(tx.Now)
		}
		if err := tx.answerCalm(r, at); err != nil {
			return err
		}
		out, err = reminder(tx.q, tx.Account, id)
		return err
	})
	return out, err
}

// calmID returns the id of the report that the reminder's "nothing left"
// stores.
func (r *Reminder) calmID() string {
	if r.CalmsUndone == 0 {
		return "calm-" + r.ID
	}
	return fmt.Sprintf("calm-%s-%d", r.ID, r.CalmsUndone)
}

// answerCalm stores the report under an id derived from the reminder's, so that
// a retry finds it even if the person has deleted it since. An answer that
// comes too late to acknowledge the reminder is stored all the same: it is
// still true.
func (tx *Tx) answerCalm(r Reminder, at Time) error {
	id := r.calmID()
	known, err := find[Report](tx.q, tx.Account, id)
	if err != nil || known != nil {
		return err
	}
	account, err := tx.account()
	if err != nil {
		return err
	}
	if r.Kind == KindWarning && !r.ended() {
		a, err := tx.reply(r.Anchor, ActionWatching)
		if err != nil {
			return err
		}
		if a != nil {
			if err := a.store(tx); err != nil {
				return err
			}
		}
		account.readTables() // the answer is judged with the report
	}
	if _, _, err := put(tx, id, Report{ObservedAt: at, Answers: Calm()}, Write{}); err != nil {
		return err
	}
	if r, err = get[Reminder](tx.q, tx.Account, r.ID); err != nil || r.ended() {
		return err
	}
	r.AcknowledgedAt = at
	return tx.endReminder(&r, StateAcknowledged, "")
}
