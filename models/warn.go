package models

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// storeWarnings matches care's warnings with the stored ones of the same
// episode and tier, and sends notifications for those that are new or worse.
func (tx *Tx) storeWarnings(h *history, v care.Verdict, episodes map[string]*Episode) error {
	held := map[string][]care.Tier{}
	for _, c := range v.Warnings {
		e := episodes[c.Episode]
		held[e.ID] = append(held[e.ID], c.Tier)
	}
	for _, w := range h.Warnings {
		if !slices.Contains(held[w.EpisodeID], w.Tier) {
			if err := tx.withdrawWarning(w); err != nil {
				return err
			}
		}
	}
	for _, c := range v.Warnings {
		e := episodes[c.Episode]
		i := slices.IndexFunc(h.Warnings, func(w *Warning) bool { return w.EpisodeID == e.ID && w.Tier == c.Tier })
		if i < 0 {
			i = len(h.Warnings)
			h.Warnings = append(h.Warnings, &Warning{Base: Base{ID: NewID()}, EpisodeID: e.ID, Tier: c.Tier, RaisedAt: T(tx.Now)})
		}
		if err := tx.storeWarning(h.person, e, h.Warnings[i], c); err != nil {
			return err
		}
	}
	return nil
}

// storeWarning stores one warning if it changed, and notifies the person of
// newly fired rules.
func (tx *Tx) storeWarning(account *Account, e *Episode, w *Warning, c care.Warning) error {
	before := *w
	fresh := w.follow(c)
	if len(fresh) == 0 && reflect.DeepEqual(before, *w) {
		return nil
	}
	w.Version++
	if err := tx.saveChanges(&before, w); err != nil {
		return fmt.Errorf("store a warning: %w", err)
	}
	if !slices.Contains(e.WarningIDs, w.ID) {
		e.WarningIDs = append(e.WarningIDs, w.ID)
		if err := tx.save(e); err != nil {
			return fmt.Errorf("store the warnings of an episode: %w", err)
		}
	}
	if w.State != before.State && (w.State == WarningResolved || w.State == WarningSuperseded) {
		return tx.endWarningReminders(w.ID, StateCancelled, Reason(w.State))
	}
	if len(fresh) > 0 && w.State == WarningActive {
		return tx.warn(account, w, leadingRule(fresh))
	}
	return nil
}

// leadingRule returns the rule that a notification is about: one fired by a
// report takes precedence over one fired by time, since only it may wake a
// person (RM-02).
func leadingRule(fresh []Fired) Fired {
	if i := slices.IndexFunc(fresh, func(f Fired) bool { return !f.ByTime }); i >= 0 {
		return fresh[i]
	}
	return fresh[0]
}

// follow updates the warning from care's and returns the rules to notify: those
// that are new, or that came back after the warning was resolved, withdrawn or
// answered. They make the warning active again.
func (w *Warning) follow(c care.Warning) (fresh []Fired) {
	withdrawn := w.Reason == ReasonHistoryChanged
	answered := !w.AcknowledgedAt.IsZero() && c.AskedAt.After(w.AcknowledgedAt.Time)
	back := withdrawn || c.AskedAt.After(w.AskedAt.Time) && (w.State == WarningResolved || answered)
	for _, f := range c.Fired {
		if !w.hasRule(f.Rule) {
			fresh = append(fresh, Fired{Rule: f.Rule, At: T(f.At), ByTime: f.ByTime})
		}
	}
	w.Fired = append(slices.Clone(w.Fired), fresh...)
	if back && len(fresh) == 0 {
		fresh = []Fired{{Rule: c.Rule(), At: T(c.AskedAt)}}
	}
	if len(fresh) > 0 {
		w.Rule, w.KBVersion, w.AskedAt = w.Fired[0].Rule, care.KBVersion, T(c.AskedAt)
		w.AcknowledgedAt, w.Action = Time{}, ""
	}
	w.Code, w.ReportIDs = c.Title, c.Reports
	w.Reason, w.ResolvedAt = "", Time{}
	switch c.State {
	case care.WarningResolved:
		w.State, w.ResolvedAt = WarningResolved, T(c.ResolvedAt)
	case care.WarningSuperseded:
		w.State, w.Reason = WarningSuperseded, ReasonEscalated
	default:
		w.State = WarningActive
		if !w.AcknowledgedAt.IsZero() {
			w.State = WarningAcknowledged
		}
	}
	return fresh
}

// warnAgain notifies of the warnings that are still active after a period
// without consent, during which nothing could be sent.
func (tx *Tx) warnAgain() error {
	account, err := tx.account()
	if err != nil {
		return err
	}
	active, err := db.Rows[Warning](tx.q, `SELECT * FROM warnings WHERE account_id = $1 AND state = $2 AND NOT EXISTS
		(SELECT 1 FROM reminders r WHERE r.account_id = $1 AND r.kind = $3 AND r.anchor = warnings.id AND r.ended_at IS NULL)
		ORDER BY raised_at, id`, tx.Account, WarningActive, KindWarning)
	if err != nil {
		return fmt.Errorf("load active warnings: %w", err)
	}
	for i := range active {
		w := &active[i]
		w.Version++
		if err := tx.save(w); err != nil {
			return err
		}
		if err := tx.warn(&account.Account, w, Fired{Rule: w.Rule, ByTime: true}); err != nil {
			return err
		}
	}
	return nil
}

// withdrawWarning marks a warning that no rule supports after an edit. It stays
// on record (DQ-03).
func (tx *Tx) withdrawWarning(w *Warning) error {
	if w.Reason == ReasonHistoryChanged {
		return nil
	}
	w.State, w.Reason = WarningSuperseded, ReasonHistoryChanged
	w.Version++
	if err := tx.save(w); err != nil {
		return fmt.Errorf("withdraw a warning: %w", err)
	}
	return tx.endWarningReminders(w.ID, StateCancelled, ReasonHistoryChanged)
}

// withdrawWarnings withdraws all warnings of an episode that has become void.
func (tx *Tx) withdrawWarnings(h *history, episode string) error {
	for _, w := range h.Warnings {
		if w.EpisodeID != episode {
			continue
		}
		if err := tx.withdrawWarning(w); err != nil {
			return err
		}
	}
	return nil
}

// warn creates the notifications of a warning: one now, and repeats until it is
// acknowledged (RM-01), each at a time that quiet hours allow (RM-02).
func (tx *Tx) warn(account *Account, w *Warning, fired Fired) error {
	if err := tx.endWarningReminders(w.ID, StateCancelled, ReasonRepeated); err != nil {
		return err
	}
	tier := w.Tier
	for n, after := range care.Repeats(tier) {
		urgent := care.IgnoresQuietHours(tier, fired.ByTime, n)
		due := tx.Now.Add(after)
		if !urgent {
			due = account.afterQuiet(due, KindWarning)
		}
		r := &Reminder{
			Base: Base{ID: NewID()}, Kind: KindWarning, Anchor: w.ID, Slot: fmt.Sprintf("%s.%d.%d", fired.Rule, w.Version, n),
			Rule: fired.Rule, TextKey: w.Code, Tier: w.Tier, Urgent: urgent, State: StateScheduled,
			DueAt: T(due), ExpiresAt: T(due.Add(warningLife)),
		}
		var err error
		if due.After(tx.Now) {
			r.sleep()
			err = tx.save(r)
		} else {
			err = tx.notify(r, phones{})
		}
		if err != nil {
			return fmt.Errorf("store the notification of a warning: %w", err)
		}
	}
	return nil
}

// warningLife is how long a warning's notification may still be delivered: push
// services keep a message for at most four weeks.
const warningLife = 28 * 24 * time.Hour

// bookedQuiet is how long an appointment suppresses the repeats of a warning
// (contract, Irritation reports).
const bookedQuiet = 72 * time.Hour

// quietWarnings cancels repeats of an episode's warnings: an appointment those
// of the next 72 h, a visit or a clearance all of them. The warnings keep their
// state.
func (tx *Tx) quietWarnings(episode string, event ClinicianEvent) error {
	until := db.MaxTime
	if event.Outcome == care.OutcomeBooked {
		until = T(event.At.Add(bookedQuiet))
	}
	repeats, err := db.Rows[Reminder](tx.q, `SELECT * FROM reminders
		WHERE account_id = $1 AND kind = $2 AND ended_at IS NULL AND state IN ($3, $4, $5) AND due_at < $6
		AND anchor IN (SELECT id FROM warnings WHERE account_id = $1 AND episode_id = $7) ORDER BY due_at, id`,
		tx.Account, KindWarning, StateScheduled, StateDue, StateSnoozed, until, episode)
	if err != nil {
		return fmt.Errorf("load the repeats of warnings: %w", err)
	}
	for i := range repeats {
		if err := tx.endUnseen(&repeats[i], StateCancelled, reasonClinician(event.Outcome)); err != nil {
			return err
		}
	}
	return nil
}

// endWarningReminders ends the open reminders of a warning. If a new
// notification with the same tag follows, no screen is cleared, because a
// delayed clear could remove the new notification.
func (tx *Tx) endWarningReminders(warning string, state ReminderState, reason Reason) error {
	open, err := db.Rows[Reminder](tx.q, `SELECT * FROM reminders
		WHERE account_id = $1 AND kind = $2 AND anchor = $3 AND ended_at IS NULL ORDER BY due_at, id`, tx.Account, KindWarning, warning)
	if err != nil {
		return err
	}
	clear := reason != ReasonRepeated
	for i := range open {
		end := tx.endUnseen
		if clear && open[i].State == StateSent {
			end, clear = tx.endReminder, false // all share the warning's tag, so one clear is enough
		}
		if err := end(&open[i], state, reason); err != nil {
			return err
		}
	}
	return nil
}
