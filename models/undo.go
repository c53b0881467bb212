package models

import (
	"context"
	"time"
)

// UnacknowledgeWarning takes back the person's answer to a warning: the history
// is judged as if it had never been given. Without an answer, nothing changes.
func (s *Store) UnacknowledgeWarning(ctx context.Context, caller Caller, id string) error {
	err := s.write(ctx, caller.AccountID, func(tx *Tx) error {
		tx.Device = caller.DeviceID
		return tx.unacknowledge(id)
	})
	if IsCode(err, CodeNotFound) {
		return nil
	}
	return err
}

func (tx *Tx) unacknowledge(warning string) error {
	w, err := get[Warning](tx.q, tx.Account, warning)
	if err != nil || w.AcknowledgedAt.IsZero() {
		return err
	}
	before, err := tx.answered(&w)
	if err != nil {
		return err
	}
	w.AcknowledgedAt, w.Action = Time{}, ""
	if w.State == WarningAcknowledged {
		w.State = WarningActive
	}
	w.Version++
	back := &reply{warning: &w, before: before}
	return tx.judge(earliest(tx.Now, back.since()), back)
}

// UnacknowledgeReminder takes back the acknowledgement of a reminder and all
// that it did: the answer to its warning, the report of "nothing left". This is
// possible until the reminder expires; without an acknowledgement, nothing
// changes.
func (s *Store) UnacknowledgeReminder(ctx context.Context, caller Caller, id string) error {
	return s.takeBack(ctx, caller, id, (*Tx).unanswer)
}

// unanswer takes back the acknowledgement of a reminder.
func (tx *Tx) unanswer(r *Reminder) error {
	calm, err := tx.calmReport(r)
	switch {
	case err != nil, calm == nil && !r.may(tapUnacknowledge):
		return err
	case r.over(tx.Now):
		return tooLate()
	case calm == nil && r.Reason == ReasonAnswered:
		return Invalid("path.id", "a report has answered it; correct or delete that")
	case calm != nil:
		if err := tx.uncalm(r, calm); err != nil {
			return err
		}
	}
	switch {
	case r.Kind == KindWarning:
		return tx.unacknowledge(r.Anchor)
	case !r.may(tapUnacknowledge), r.Reason == ReasonAnswered: // open again without the report, or answered by another
		return nil
	}
	return tx.reopen(r)
}

// UnsnoozeReminder takes back a snooze: the reminder is shown as if it had
// never been snoozed. Without a snooze, nothing changes.
func (s *Store) UnsnoozeReminder(ctx context.Context, caller Caller, id string) error {
	return s.takeBack(ctx, caller, id, (*Tx).unsnooze)
}

// unsnooze takes back a snooze.
func (tx *Tx) unsnooze(r *Reminder) error {
	switch {
	case !r.may(tapUnsnooze):
		return nil
	case r.over(tx.Now):
		return tooLate()
	}
	r.Snoozes = r.Snoozes[:len(r.Snoozes)-1]
	r.ExpiresAt, r.SnoozedUntil, r.UnsnoozedExpiresAt = r.UnsnoozedExpiresAt, Time{}, Time{}
	return tx.reopen(r)
}

// takeBack takes back a tap on a reminder; an unknown reminder has none.
func (s *Store) takeBack(ctx context.Context, caller Caller, id string, undo func(*Tx, *Reminder) error) error {
	return s.write(ctx, caller.AccountID, func(tx *Tx) error {
		tx.Device = caller.DeviceID
		r, err := find[Reminder](tx.q, tx.Account, id)
		if err != nil || r == nil {
			return err
		}
		return undo(tx, r)
	})
}

// over reports whether the reminder has expired.
func (r *Reminder) over(now time.Time) bool { return !now.Before(r.ExpiresAt.Time) }

func tooLate() error {
	return Invalid("path.id", "the reminder has expired; this can be taken back no more")
}

// reopen stores a reminder as it was before the tap, and lets the plan decide
// its state.
func (tx *Tx) reopen(r *Reminder) error {
	if err := tx.save(r); err != nil {
		return err
	}
	if err := tx.showAgain(r); err != nil {
		return err
	}
	account, err := tx.account()
	if err != nil {
		return err
	}
	account.readTables() // a derived row does not know this write
	return tx.judgeAgain(tx.Now)
}

// calmReport returns the report that "nothing left" has stored, nil if there is
// none.
func (tx *Tx) calmReport(r *Reminder) (*Report, error) {
	report, err := find[Report](tx.q, tx.Account, r.calmID())
	if err != nil || report == nil || report.deleted() {
		return nil, err
	}
	return report, nil
}

// uncalm deletes that report, and reads the reminder as it is afterwards.
func (tx *Tx) uncalm(r *Reminder, calm *Report) error {
	if err := remove(tx, calm); err != nil {
		return err
	}
	account, err := tx.account()
	if err != nil {
		return err
	}
	account.readTables() // a derived row does not know this write
	if *r, err = get[Reminder](tx.q, tx.Account, r.ID); err != nil {
		return err
	}
	r.CalmsUndone++
	return tx.save(r)
}
