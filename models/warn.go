package models

import (
	"fmt"
	"slices"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// storeWarnings stores the warnings that care found, and notifies of those that
// are new or worse.
func (tx *Tx) storeWarnings(h *history, raised raised) error {
	holds := raised.stored()
	for _, w := range h.Warnings {
		if !holds[w] && !h.outlives(w) {
			if err := tx.withdrawWarning(w); err != nil {
				return err
			}
		}
	}
	for _, r := range raised {
		if err := tx.storeWarning(h, r); err != nil {
			return err
		}
	}
	if h.undoing {
		return tx.resumeWarnings(h)
	}
	return nil
}

// storeWarning stores one warning if it has changed, and notifies of rules that
// it did not name before.
func (tx *Tx) storeWarning(h *history, r raisedWarning) error {
	w, e, before := r.stored, r.episode, &h.was.warning
	*before = *w
	h.was.fired = append(h.was.fired[:0], w.Fired...) // those of the warning are changed in place
	before.Fired = h.was.fired
	fresh := w.follow(r.Warning, h)
	wait := w.wait(r.Warning, tx.Now)
	if len(fresh) == 0 && packsAlike(before, w) {
		return nil
	}
	w.Version++
	state := before.State
	if err := tx.saveChanges(before, w); err != nil {
		return fmt.Errorf("store a warning: %w", err)
	}
	if !slices.Contains(e.WarningIDs, w.ID) {
		e.WarningIDs = append(e.WarningIDs, w.ID)
		if err := tx.save(e); err != nil {
			return fmt.Errorf("store the warnings of an episode: %w", err)
		}
	}
	switch {
	case w.State != state && (w.State == WarningResolved || w.State == WarningSuperseded):
		return tx.endWarningReminders(w.ID, StateCancelled, Reason(w.State))
	case w.State != state && w.State == WarningAcknowledged: // the answer is valid again
		return tx.endWarningReminders(w.ID, StateAcknowledged, "")
	case len(fresh) > 0 && w.State == WarningActive:
		return tx.warn(h.person, w, leadingRule(fresh))
	case wait > 0, w.Code != before.Code:
		return tx.adjust(h.person, w, wait)
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
func (w *Warning) follow(c care.Warning, h *history) (fresh []Fired) {
	w.recall(c)
	back := !h.past(c.AskedAt) && w.isBack(c)
	for _, f := range c.Fired {
		if i := w.takes(f, h); i >= 0 {
			fresh = append(fresh, w.Fired[i])
		}
	}
	if len(fresh) == 0 && !back && h.keeps(w) {
		return nil
	}
	if len(fresh) > 0 || back {
		w.overtake(c, fresh)
	}
	if back && len(fresh) == 0 {
		fresh = []Fired{{Rule: c.Rule(), At: T(c.AskedAt)}}
	}
	if len(fresh) > 0 {
		w.KBVersion = care.KBVersion
	}
	w.correct(c, h)
	w.AskedAt = T(c.AskedAt) // the next judgement must not take it for new
	w.Code, w.ReportIDs = c.Title, c.Reports
	w.stand(c)
	return fresh
}

// isBack reports whether care's warning stands anew and no answer covers it: after it
// was withdrawn, resolved or answered. A report that is deleted and put back moves
// AskedAt there and back, and leaves an answer valid that was given since.
func (w *Warning) isBack(c care.Warning) bool {
	answered := !w.AcknowledgedAt.IsZero()
	switch {
	case answered && !c.AskedAt.After(w.AcknowledgedAt.Time):
		return false
	case w.Reason == ReasonHistoryChanged:
		return true
	}
	return c.AskedAt.After(w.AskedAt.Time) && (answered || w.State == WarningResolved)
}

// correct marks the rules that no longer hold after an edit, gives the others the
// moments of the history as it is now, and names the first of these. What was
// told stays on record (DQ-03), as does what an earlier version judged.
func (w *Warning) correct(c care.Warning, h *history) {
	for i := range w.Fired {
		f := &w.Fired[i]
		if h.past(f.At.Time) {
			continue
		}
		now := slices.IndexFunc(c.Fired, func(n care.Fired) bool { return n.Rule == f.Rule })
		if f.Gone = now < 0; !f.Gone {
			f.At, f.ByTime = T(c.Fired[now].At), c.Fired[now].ByTime
		}
	}
	if i := slices.IndexFunc(w.Fired, func(f Fired) bool { return !f.Gone }); i >= 0 {
		w.Rule = w.Fired[i].Rule
	}
}

// stand sets the state of care's warning.
func (w *Warning) stand(c care.Warning) {
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
}

// overtake keeps the person's answer when newer signs require another one.
func (w *Warning) overtake(c care.Warning, fresh []Fired) {
	if !w.AcknowledgedAt.IsZero() {
		o := Overtaken{AcknowledgedAt: w.AcknowledgedAt, Action: w.Action, AskedAt: T(c.AskedAt)}
		for _, f := range fresh {
			o.Rules = append(o.Rules, f.Rule)
		}
		w.Overtaken = append(slices.Clone(w.Overtaken), o)
	}
	w.AcknowledgedAt, w.Action = Time{}, ""
}

// recall restores the answers whose newer signs are gone: taken back, or due to
// a condition that the person no longer has.
func (w *Warning) recall(c care.Warning) {
	w.AskedAt = T(earliest(w.AskedAt.Time, c.AskedAt))
	for n, o := range slices.Backward(w.Overtaken) {
		switch {
		case o.Recalled:
			continue
		case o.holds(c):
			return
		case w.AcknowledgedAt.IsZero():
			w.AcknowledgedAt, w.Action = o.AcknowledgedAt, o.Action
		}
		w.Overtaken = slices.Clone(w.Overtaken)
		if w.Overtaken[n].Recalled = true; len(o.Rules) == 0 {
			w.Overtaken = slices.Delete(w.Overtaken, n, n+1)
		}
	}
}

// cameBack reports whether a rule is back that an answer was valid without, and
// has to be told again.
func (w *Warning) cameBack(rule string) (back bool) {
	var left []Overtaken
	for _, o := range w.Overtaken {
		if o.Recalled && slices.Contains(o.Rules, rule) {
			back = true
			o.Rules = slices.DeleteFunc(slices.Clone(o.Rules), func(r string) bool { return r == rule })
			if len(o.Rules) == 0 {
				continue
			}
		}
		left = append(left, o)
	}
	w.Overtaken = left
	return back
}

// holds reports whether what has overtaken the answer is still there.
func (o Overtaken) holds(c care.Warning) bool {
	if len(o.Rules) == 0 {
		return !c.AskedAt.Before(o.AskedAt.Time)
	}
	return slices.ContainsFunc(c.Fired, func(f care.Fired) bool { return slices.Contains(o.Rules, f.Rule) })
}

// takes adds a rule that is new in the warning, that is back since an answer was
// valid without it, that became true anew after an edit had ended it, or that a
// report has confirmed while time alone had delayed its push (RM-14), and returns
// its place, -1 if there was none.
func (w *Warning) takes(f care.Fired, h *history) int {
	fired := Fired{Rule: f.Rule, At: T(f.At), ByTime: f.ByTime}
	if f.PushNotBefore.After(h.now) {
		fired.NotBefore = T(f.PushNotBefore)
	}
	i := slices.IndexFunc(w.Fired, func(o Fired) bool { return o.Rule == f.Rule })
	switch {
	case h.past(f.At):
		return -1
	case i < 0:
	case w.cameBack(f.Rule), w.Fired[i].NotBefore.After(h.now) && !f.ByTime:
		w.Fired = slices.Delete(w.Fired, i, i+1)
	case w.Fired[i].Gone && fired.At.After(w.Fired[i].At.Time): // a later sign, not the edit taken back
		w.Fired[i] = fired
		return i
	default:
		return -1
	}
	w.Fired = append(w.Fired, fired)
	return len(w.Fired) - 1
}

// wait returns how much longer a delayed push must wait because another of the
// late reports has arrived (RM-14).
func (w *Warning) wait(c care.Warning, now time.Time) (longer time.Duration) {
	for _, f := range c.Fired {
		for i := range w.Fired {
			held := &w.Fired[i]
			if held.Rule == f.Rule && held.NotBefore.After(now) && f.PushNotBefore.After(held.NotBefore.Time) {
				longer = max(longer, f.PushNotBefore.Sub(held.NotBefore.Time))
				held.NotBefore = T(f.PushNotBefore)
			}
		}
	}
	return longer
}

// adjust has the notifications of a warning that were not shown yet say what it says
// now, and delays them.
func (tx *Tx) adjust(account *Account, w *Warning, by time.Duration) error {
	rows, err := db.Rows[Reminder](tx.q, `SELECT * FROM reminders
		WHERE account_id = $1 AND kind = $2 AND anchor = $3 AND ended_at IS NULL AND state = $4 AND round = 0`,
		tx.Account, KindWarning, w.ID, StateScheduled)
	if err != nil {
		return fmt.Errorf("load the notifications of a warning that were not shown: %w", err)
	}
	for i := range rows {
		r := &rows[i]
		before, due := *r, r.DueAt.Add(by)
		if !r.Urgent {
			due = account.afterQuiet(due, KindWarning)
		}
		r.TextKey, r.DueAt, r.ExpiresAt = w.Code, T(due), T(due.Add(warningLife))
		if slices.ContainsFunc(w.Fired, func(f Fired) bool { return f.Rule == r.Rule && f.Gone }) {
			r.Rule = w.Rule
		}
		r.sleep()
		if err := tx.saveChanges(&before, r); err != nil {
			return fmt.Errorf("adjust the notification of a warning: %w", err)
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
	if err := tx.endRepeats(w.ID, fired); err != nil {
		return err
	}
	from := tx.Now
	if fired.NotBefore.After(from) {
		from = fired.NotBefore.Time
	}
	tier := w.Tier
	for n, after := range care.Repeats(tier) {
		urgent := care.IgnoresQuietHours(tier, fired.ByTime, n)
		due := from.Add(after)
		if !urgent {
			due = account.afterQuiet(due, KindWarning)
		}
		r := &Reminder{
			Base: Base{ID: NewID()}, Kind: KindWarning, Anchor: w.ID, Slot: fmt.Sprintf("%s.%d.%d", fired.Rule, w.Version, n),
			Rule: fired.Rule, TextKey: w.Code, Tier: w.Tier, Urgent: urgent, OneTap: fired.ByTime && !w.reported(fired.Rule), State: StateScheduled,
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

// endRepeats cancels the remaining notifications of a warning before a rule
// notifies again. A danger sign from a report that is being sent is not
// cancelled for a rule that time alone made true.
func (tx *Tx) endRepeats(warning string, of Fired) error {
	return tx.endReminders(warning, StateCancelled, ReasonRepeated, func(r *Reminder) bool {
		return of.ByTime && r.Urgent && r.State == StateDue
	})
}

// warningLife is how long a warning's notification may still be delivered: push
// services keep a message for at most four weeks.
const warningLife = 28 * 24 * time.Hour

// endWarningReminders ends the open reminders of a warning. If a new
// notification with the same tag follows, no screen is cleared, because a
// delayed clear could remove the new notification.
func (tx *Tx) endWarningReminders(warning string, state ReminderState, reason Reason) error {
	return tx.endReminders(warning, state, reason, func(*Reminder) bool { return false })
}

func (tx *Tx) endReminders(warning string, state ReminderState, reason Reason, spare func(*Reminder) bool) error {
	open, err := db.Rows[Reminder](tx.q, `SELECT * FROM reminders
		WHERE account_id = $1 AND kind = $2 AND anchor = $3 AND ended_at IS NULL ORDER BY due_at, id`, tx.Account, KindWarning, warning)
	if err != nil {
		return err
	}
	clear := reason != ReasonRepeated
	for i := range open {
		if spare(&open[i]) {
			continue
		}
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
