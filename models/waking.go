package models

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"aftercare/models/db"
)

// Due is an account whose verdict or reminders may change now.
type Due struct {
	Account string
	// Judge is set when the verdict may change: that takes much longer than to
	// wake reminders.
	Judge     bool
	reminders []string // those that wake
}

// Same reports whether the two describe the same work.
func (d Due) Same(o Due) bool {
	return d.Account == o.Account && d.Judge == o.Judge && slices.Equal(d.reminders, o.reminders)
}

// Lease lets the deliveries that advancing makes be claimed at once, which
// saves a separate claim. The zero Lease leaves them to ClaimDeliveries.
type Lease struct {
	For    time.Duration
	Max    int      // claims
	Except []string // destinations that accept no more now
}

// waking is a set of accounts that one transaction advances. Its reminders and
// deliveries are written at the end, in one statement for each table.
type waking struct {
	*Tx
	lease Lease
	name  string // of the lease

	accounts  map[string]*Account
	targets   map[string][]target // by account
	delivered map[string]bool     // by key: those that end and have deliveries
	missed    map[string]int      // by account: reminders that downtime ended before they were shown
	changed   []*Reminder         // to be written
	made      []*Delivery         // to be written
	claims    []Claim
}

func (w *waking) loadAccounts(ids []string) error {
	var args db.Args
	rows, err := db.Rows[Account](w.q, "SELECT id, judge_at, time_zone, quiet_hours, push_consent FROM accounts WHERE id IN "+db.In(&args, ids...), args...)
	if err != nil {
		return fmt.Errorf("load due accounts: %w", err)
	}
	w.accounts = make(map[string]*Account, len(rows))
	for i := range rows {
		w.accounts[rows[i].ID] = &rows[i]
	}
	return nil
}

// countMissed adds what judging the current account has missed.
func (w *waking) countMissed() {
	w.missed[w.Account] += w.Tx.missed
	w.Tx.missed = 0
}

// wake looks at each reminder whose time has come.
func (w *waking) wake(due []Due) error {
	reminders, err := w.dueReminders(due)
	if err != nil {
		return fmt.Errorf("load due reminders: %w", err)
	}
	if err := w.loadTargets(reminders); err != nil {
		return fmt.Errorf("load push addresses: %w", err)
	}
	if err := w.loadDelivered(reminders); err != nil {
		return fmt.Errorf("look for deliveries: %w", err)
	}
	for i := range reminders {
		if err := w.wakeOne(&reminders[i]); err != nil {
			return fmt.Errorf("wake a reminder: %w", err)
		}
	}
	return w.flush()
}

// dueReminders reads the reminders that wake: those named, and for a judged
// account all, since the verdict may have moved more of them. Looking reminders
// up by id keeps bursts cheap: an index on (account, wake_at) would slow every
// write.
func (w *waking) dueReminders(due []Due) (out []Reminder, err error) {
	var judged []string
	var named [][]any
	for _, d := range due {
		if a := w.accounts[d.Account]; a != nil && (len(d.reminders) == 0 || !a.JudgeAt.IsZero() && !w.Now.Before(a.JudgeAt.Time)) {
			judged = append(judged, d.Account)
			continue
		}
		for _, id := range d.reminders {
			named = append(named, []any{d.Account, id})
		}
	}
	if len(named) > 0 {
		args := db.Args{T(w.Now)}
		out, err = db.Rows[Reminder](w.q, db.Set(&args, "c", []string{"a", "r"}, named)+" SELECT "+db.Columns[Reminder]()+
			" FROM c CROSS JOIN reminders WHERE account_id = c.a AND id = c.r AND wake_at <= $1 ORDER BY account_id, due_at, id", args...)
		if err != nil {
			return nil, err
		}
	}
	if len(judged) > 0 {
		args := db.Args{T(w.Now)}
		more, err := db.Rows[Reminder](w.q, "SELECT * FROM reminders WHERE ended_at IS NULL AND wake_at <= $1 AND account_id IN "+db.In(&args, judged...)+
			" ORDER BY account_id, due_at, id", args...)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// loadTargets reads the push addresses of the accounts whose reminders may be
// shown. Without the consent there are none.
func (w *waking) loadTargets(reminders []Reminder) error {
	w.targets = map[string][]target{}
	var ids []string
	for _, r := range reminders {
		if a := w.accounts[r.AccountID]; a != nil && a.PushConsent && w.targets[a.ID] == nil && r.waitsToBeShown() {
			w.targets[a.ID] = []target{}
			ids = append(ids, a.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var args db.Args
	rows, err := db.Rows[target](w.q, "SELECT * FROM devices WHERE account_id IN "+db.In(&args, ids...)+" AND push_state <> '' ORDER BY account_id, id", args...)
	for _, d := range rows {
		w.targets[d.AccountID] = append(w.targets[d.AccountID], d)
	}
	return err
}

// loadDelivered reads which of the reminders that expire have deliveries.
func (w *waking) loadDelivered(reminders []Reminder) error {
	w.delivered = map[string]bool{}
	var ids [][]any
	for i := range reminders {
		if r := &reminders[i]; r.Round > 0 && r.State != StateSent && !w.Now.Before(r.ExpiresAt.Time) {
			ids = append(ids, []any{r.AccountID, r.ID})
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var args db.Args
	rows, err := db.Rows[deliveryKey](w.q, db.Set(&args, "c", []string{"a", "r"}, ids)+" SELECT DISTINCT account_id, reminder_id"+
		" FROM c CROSS JOIN deliveries WHERE account_id = c.a AND reminder_id = c.r", args...)
	for _, d := range rows {
		w.delivered[d.AccountID+" "+d.ReminderID] = true
	}
	return err
}

func (r *Reminder) waitsToBeShown() bool { return r.State == StateScheduled || r.State == StateSnoozed }

func (w *waking) wakeOne(r *Reminder) error {
	a := w.accounts[r.AccountID]
	if a == nil || !w.enter(a.ID) {
		return nil // erased meanwhile
	}
	switch expired := !w.Now.Before(r.ExpiresAt.Time); {
	case r.State == StateSent && expired:
		r.EndedAt, r.WakeAt = T(w.Now), Time{}
	case expired:
		if err := w.expire(r); err != nil {
			return err
		}
	case r.waitsToBeShown():
		if at := a.heldUntil(r, w.Now); !r.Urgent && !wakesAtNight(r.InQuiet, r.DueAt, w.Now) && at.After(w.Now) {
			r.WakeAt = T(earliest(at, r.ExpiresAt.Time)) // what expires before the morning ends at its time
		} else if err := w.show(r); err != nil {
			return err
		}
	default:
		r.sleep()
	}
	r.written(w.Tx)
	w.changed = append(w.changed, r)
	return nil
}

// expire ends a reminder that nobody answered, and counts it as missed if it
// was never shown.
func (w *waking) expire(r *Reminder) error {
	if r.State == StateScheduled && !r.Silent {
		w.missed[w.Account]++
	}
	if w.delivered[r.AccountID+" "+r.ID] { // a silent one, for instance, has no delivery
		if err := w.clearOnDevices(r); err != nil {
			return err
		}
		if err := w.skipDeliveries(r, Reason(StateExpired)); err != nil {
			return err
		}
	}
	r.end(StateExpired, r.whyExpired(), w.Now)
	r.Version++
	return nil
}

// show makes a reminder due and makes its deliveries.
func (w *waking) show(r *Reminder) error {
	if r.Kind == KindWarning {
		if err := w.flush(); err != nil { // an earlier one of the set may be superseded
			return err
		}
		if err := w.supersede(r); err != nil {
			return err
		}
	}
	if err := w.cancelClears(r, phones{}); err != nil {
		return err
	}
	made := w.makeDue(r, w.targets[r.AccountID], r.shownFrom())
	for _, d := range made {
		w.claim(d)
	}
	w.made = append(w.made, made...)
	return nil
}

// claim takes a lease on a delivery that is being made, if its destination
// accepts more now.
func (w *waking) claim(d *Delivery) {
	if len(w.claims) >= w.lease.Max || d.State != DeliveryPending || slices.Contains(w.lease.Except, d.Destination) {
		return
	}
	d.State, d.Lease, d.NextAt, d.Attempts = DeliverySending, w.name, T(w.Now.Add(w.lease.For)), 1
	w.claims = append(w.claims, Claim{Delivery: *d})
}

// flush writes the reminders that have changed and the deliveries made.
func (w *waking) flush() error {
	if err := db.PutAll(w.q, w.made); err != nil {
		return fmt.Errorf("store deliveries: %w", err)
	}
	if len(w.changed) > 0 {
		rows := make([][]any, len(w.changed))
		for i, r := range w.changed {
			rows[i] = []any{r.AccountID, r.ID, r.State, r.Reason, r.Round, r.EndedAt, r.WakeAt, r.Version, r.Seq}
		}
		args := db.Args{T(w.Now)}
		columns := []string{"a", "r", "s", "why", "n BIGINT", "e BIGINT", "w BIGINT", "v BIGINT", "q BIGINT"}
		err := w.q.Exec(db.Set(&args, "c", columns, rows)+` UPDATE reminders SET state = c.s, reason = c.why, round = c.n, ended_at = c.e,
			wake_at = c.w, version = c.v, seq = c.q, updated_at = $1 FROM c WHERE account_id = c.a AND id = c.r`, args...)
		if err != nil {
			return fmt.Errorf("store reminders: %w", err)
		}
	}
	w.made, w.changed = nil, nil
	return nil
}

// supersede cancels earlier, still unsent notifications of the same warning:
// after downtime, or once a push service is back, the latest is enough.
func (tx *Tx) supersede(r *Reminder) error {
	earlier, err := db.Rows[Reminder](tx.q, "SELECT * FROM reminders WHERE account_id = $1 AND kind = $2 AND anchor = $3 AND id <> $4 AND state IN ($5, $6)",
		tx.Account, KindWarning, r.Anchor, r.ID, StateDue, StateSent)
	if err != nil {
		return fmt.Errorf("look for earlier notifications: %w", err)
	}
	for i := range earlier {
		if earlier[i].State == StateDue {
			err = tx.endUnseen(&earlier[i], StateCancelled, ReasonRepeated)
		} else { // it stays open, so that an acknowledgement clears the screens that show it
			err = tx.skipDeliveries(&earlier[i], ReasonRepeated)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// whyExpired returns the reason for the end of a reminder that nobody answered.
func (r *Reminder) whyExpired() Reason {
	switch r.State {
	case StateHeld:
		return r.HeldBy
	case StateScheduled:
		return ReasonLate
	default:
		return ReasonNotDelivered
	}
}

// summaryLife is how long a summary of what was missed is worth showing.
const summaryLife = 3 * 24 * time.Hour

// summariseMissed folds what an account missed into one reminder a day.
func (tx *Tx) summariseMissed(a *Account) error {
	slot := tx.Now.In(a.zone()).Format(time.DateOnly)
	known, err := db.Row[int64](tx.q, "SELECT COUNT(*) FROM reminders WHERE account_id = $1 AND kind = $2 AND anchor = $3 AND slot = $4",
		tx.Account, KindSummary, "late", slot)
	if err != nil || known > 0 {
		return err
	}
	due := a.afterQuiet(tx.Now, KindSummary)
	r := &Reminder{
		Base: Base{ID: NewID()}, Kind: KindSummary, Anchor: "late", Slot: slot, TextKey: "summary",
		DueAt: T(due), ExpiresAt: T(due.Add(summaryLife)), State: StateScheduled,
	}
	r.sleep()
	return tx.save(r)
}

// summarise folds what was missed, account by account.
func (w *waking) summarise() error {
	for _, id := range slices.Sorted(maps.Keys(w.missed)) {
		if w.missed[id] == 0 || !w.enter(id) {
			continue
		}
		if err := w.summariseMissed(w.accounts[id]); err != nil {
			return err
		}
	}
	return nil
}
