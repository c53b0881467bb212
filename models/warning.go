package models

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"aftercare/models/care"
)

// Warning says to see a doctor: doctor_soon and above, one per episode and
// tier. It is a record first, complete whether or not a push arrives.
type Warning struct {
	Base
	EpisodeID      string   `json:"episode_id"`
	Tier           TierName `json:"tier"`
	Code           string   `gorm:"column:title" json:"code"`
	Rule           string   `json:"rule"`
	Rules          []string `gorm:"-" json:"rules"`
	Fired          []Fired  `gorm:"serializer:json" json:"-"`
	KBVersion      string   `gorm:"column:kb_version" json:"kb_version"`
	RaisedAt       Time     `json:"raised_at"`
	AskedAt        Time     `json:"-"` // since when it asks for an answer, in the history
	Title          string   `gorm:"-" json:"title"`
	Message        string   `gorm:"-" json:"message"`
	GetHelpIf      []string `gorm:"-" json:"get_help_if"`
	ReportIDs      []string `gorm:"column:report_ids;serializer:json" json:"report_ids"`
	State          string   `json:"state" enum:"active,acknowledged,resolved,superseded"`
	Reason         string   `json:"reason,omitempty"`
	AcknowledgedAt Time     `json:"acknowledged_at,omitzero"`
	Action         string   `json:"action,omitempty"`
	ResolvedAt     Time     `json:"resolved_at,omitzero"`

	Notifications []Notification `gorm:"-" json:"notifications"`
}

// Fired is a rule of a warning with the moment at which it became true.
type Fired struct {
	Rule   string `json:"rule"`
	At     Time   `json:"at"`
	ByTime bool   `json:"by_time,omitempty"`
}

// Notification is one push of a warning.
type Notification struct {
	At       Time   `json:"at"`
	DeviceID string `json:"device_id"`
	State    string `json:"state"`
}

// States of a warning beside those that care gives.
const (
	WarningActive       = "active"
	WarningAcknowledged = "acknowledged"
	WarningResolved     = "resolved"
	WarningSuperseded   = "superseded"

	reasonEscalated      = "escalated"
	reasonHistoryChanged = "history_changed"
	reasonToldAgain      = "told_again"
)

func (w *Warning) orderColumn() string { return "raised_at" }
func (w *Warning) orderTime() Time     { return w.RaisedAt }

// rules of the warning, oldest first.
func (w *Warning) rules() []string {
	out := make([]string, 0, len(w.Fired))
	for _, f := range w.Fired {
		out = append(out, f.Rule)
	}
	return out
}

func (w *Warning) hasRule(rule string) bool {
	return slices.ContainsFunc(w.Fired, func(f Fired) bool { return f.Rule == rule })
}

// Ack is a person's acknowledgement of a warning.
type Ack struct {
	AccountID string `gorm:"primaryKey"`
	ID        string `gorm:"primaryKey"`
	WarningID string
	At        Time
	Tier      int
	Action    string
}

// AckActions are the answers to a warning.
var AckActions = []string{"will_book", "booked", "seen", "watching"}

// AcknowledgeWarning records the person's answer; "booked" and "seen" count
// as clinician events. Its repeats end on all devices.
func (s *Store) AcknowledgeWarning(ctx context.Context, caller Caller, id, action string) (Warning, error) {
	var out Warning
	err := s.write(ctx, caller.AccountID, func(tx *Tx) error {
		tx.Device = caller.DeviceID
		if err := tx.needHealthConsent(); err != nil {
			return err
		}
		if err := tx.acknowledgeWarning(id, action); err != nil {
			return err
		}
		var err error
		out, err = tx.warning(id)
		return err
	})
	return out, err
}

func (tx *Tx) acknowledgeWarning(id, action string) error {
	if !slices.Contains(AckActions, action) {
		return Invalid("body.action", "must be will_book, booked, seen or watching")
	}
	warning, err := get[Warning](tx.DB, tx.Account, id)
	if err != nil {
		return err
	}
	if warning.State == WarningAcknowledged && warning.Action == action {
		return nil // a retry
	}
	ack := Ack{AccountID: tx.Account, ID: NewID(), WarningID: id, At: T(tx.Now), Tier: int(warning.Tier), Action: action}
	if err := tx.Create(&ack).Error; err != nil {
		return err
	}
	warning.AcknowledgedAt, warning.Action = ack.At, action
	if warning.State == WarningActive {
		warning.State = WarningAcknowledged
	}
	warning.Version++
	if err := tx.save(&warning); err != nil {
		return err
	}
	if err := tx.endWarningReminders(id, StateAcknowledged, ""); err != nil {
		return err
	}
	return tx.judge(tx.Now)
}

// Warning reads one warning with its notifications.
func (s *Store) Warning(ctx context.Context, account, id string) (Warning, error) {
	tx := &Tx{DB: s.read(ctx), Account: account}
	return tx.warning(id)
}

func (tx *Tx) warning(id string) (Warning, error) {
	w, err := get[Warning](tx.DB, tx.Account, id)
	if err != nil {
		return w, err
	}
	one := []Warning{w}
	err = tx.fillWarnings(one)
	return one[0], err
}

// Warnings lists warnings with their notifications, newest first.
func (s *Store) Warnings(ctx context.Context, account string, q Query) (Page[Warning], error) {
	page, err := List[Warning](ctx, s, account, q)
	if err != nil {
		return page, err
	}
	tx := &Tx{DB: s.read(ctx), Account: account}
	return page, tx.fillWarnings(page.Items)
}

func (tx *Tx) fillWarnings(ws []Warning) error {
	ids := make([]string, 0, len(ws))
	at := map[string]int{}
	for i := range ws {
		ws[i].Rules, ws[i].Notifications = ws[i].rules(), []Notification{}
		ids, at[ws[i].ID] = append(ids, ws[i].ID), i
	}
	var rows []struct {
		Anchor, DeviceID, State string
		CreatedAt               Time
	}
	err := tx.Table("deliveries d").
		Select("r.anchor, d.device_id, d.state, COALESCE(d.accepted_at, d.due_at) AS created_at").
		Joins("JOIN reminders r ON r.account_id = d.account_id AND r.id = d.reminder_id").
		Where("d.account_id = ? AND NOT d.clearing AND r.kind = ? AND r.anchor IN ?", tx.Account, KindWarning, ids).
		Order("created_at, d.device_id").Scan(&rows).Error
	for _, row := range rows {
		w := &ws[at[row.Anchor]]
		w.Notifications = append(w.Notifications, Notification{At: row.CreatedAt, DeviceID: row.DeviceID, State: row.State})
	}
	return err
}

// tierOf is the care tier of a warning.
func (w *Warning) tierOf() care.Tier { return care.Tier(w.Tier) }

// warningLife is how long a warning's notification may still be delivered:
// push services keep a message for four weeks at most.
const warningLife = 28 * 24 * time.Hour

// storeWarnings matches care's warnings with the stored ones of the same
// episode and tier, and notifies of those that are new or worse.
func (tx *Tx) storeWarnings(account *Account, v care.Verdict, episodes map[string]*Episode) error {
	held := map[string][]care.Tier{}
	for _, c := range v.Warnings {
		e := episodes[c.Episode]
		held[e.ID] = append(held[e.ID], c.Tier)
	}
	ids := make([]string, 0, len(episodes))
	for _, e := range episodes {
		ids = append(ids, e.ID)
	}
	of := list{args: []any{tx.Account}}
	known, err := selectRows[Warning](tx.DB, "account_id = $1 AND episode_id IN "+of.add(ids...)+" ORDER BY raised_at, id", of.args...)
	if err != nil {
		return err
	}
	stored := map[string][]Warning{}
	for i := range known {
		w := &known[i]
		if !slices.Contains(held[w.EpisodeID], w.tierOf()) {
			if err := tx.withdrawWarning(w); err != nil {
				return err
			}
		}
		stored[w.EpisodeID] = append(stored[w.EpisodeID], *w)
	}
	for _, c := range v.Warnings {
		e := episodes[c.Episode]
		i := slices.IndexFunc(stored[e.ID], func(w Warning) bool { return w.tierOf() == c.Tier })
		w := Warning{Base: Base{ID: NewID()}, EpisodeID: e.ID, Tier: TierName(c.Tier), RaisedAt: T(tx.Now)}
		if i >= 0 {
			w = stored[e.ID][i]
		}
		if err := tx.storeWarning(account, e, w, c); err != nil {
			return err
		}
	}
	return nil
}

// storeWarning writes one warning if it is news, and tells the person of
// rules that it did not speak of before.
func (tx *Tx) storeWarning(account *Account, e *Episode, w Warning, c care.Warning) error {
	before := w
	fresh := w.follow(c)
	if len(fresh) == 0 && reflect.DeepEqual(before, w) {
		return nil
	}
	w.Version++
	if err := tx.save(&w); err != nil {
		return fmt.Errorf("store a warning: %w", err)
	}
	if !slices.Contains(e.WarningIDs, w.ID) {
		e.WarningIDs = append(e.WarningIDs, w.ID)
		if err := tx.save(e); err != nil {
			return fmt.Errorf("store the warnings of an episode: %w", err)
		}
	}
	if w.State == WarningResolved || w.State == WarningSuperseded {
		return tx.endWarningReminders(w.ID, StateCancelled, w.State)
	}
	if len(fresh) > 0 && w.State == WarningActive {
		return tx.warn(account, &w, spokesman(fresh))
	}
	return nil
}

// spokesman is the rule that a notification is about: one that a report caused
// goes before one that time did, as it may wake a person (RM-02).
func spokesman(fresh []Fired) Fired {
	if i := slices.IndexFunc(fresh, func(f Fired) bool { return !f.ByTime }); i >= 0 {
		return fresh[i]
	}
	return fresh[0]
}

// follow takes over what care says and answers the rules to tell of: those
// that are new in it, or that came back after it was resolved, withdrawn or
// answered. They make the warning active again.
func (w *Warning) follow(c care.Warning) (fresh []Fired) {
	withdrawn := w.Reason == reasonHistoryChanged
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
		w.State, w.Reason = WarningSuperseded, reasonEscalated
	default:
		w.State = WarningActive
		if !w.AcknowledgedAt.IsZero() {
			w.State = WarningAcknowledged
		}
	}
	return fresh
}

// warnAgain tells of the warnings that are still active after a time without
// consent, in which nothing could be told.
func (tx *Tx) warnAgain() error {
	account, err := tx.account()
	if err != nil {
		return err
	}
	var active []Warning
	err = tx.Where("account_id = ? AND state = ?", tx.Account, WarningActive).
		Where("NOT EXISTS (SELECT 1 FROM reminders r WHERE r.account_id = warnings.account_id AND r.kind = ? AND r.anchor = warnings.id AND r.ended_at IS NULL)", KindWarning).
		Order("raised_at, id").Find(&active).Error
	if err != nil {
		return fmt.Errorf("load active warnings: %w", err)
	}
	for i := range active {
		w := &active[i]
		w.Version++
		if err := tx.save(w); err != nil {
			return err
		}
		if err := tx.warn(account, w, Fired{Rule: w.Rule, ByTime: true}); err != nil {
			return err
		}
	}
	return nil
}

// withdrawWarning marks a warning of which, after an edit, no rule holds. It
// stays on record (DQ-03).
func (tx *Tx) withdrawWarning(w *Warning) error {
	if w.Reason == reasonHistoryChanged {
		return nil
	}
	w.State, w.Reason = WarningSuperseded, reasonHistoryChanged
	w.Version++
	if err := tx.save(w); err != nil {
		return fmt.Errorf("withdraw a warning: %w", err)
	}
	return tx.endWarningReminders(w.ID, StateCancelled, reasonHistoryChanged)
}

// withdrawWarnings withdraws all warnings of an episode that is void.
func (tx *Tx) withdrawWarnings(episode string) error {
	ws, err := selectRows[Warning](tx.DB, "account_id = $1 AND episode_id = $2", tx.Account, episode)
	if err != nil {
		return err
	}
	for i := range ws {
		if err := tx.withdrawWarning(&ws[i]); err != nil {
			return err
		}
	}
	return nil
}

// warn makes the notifications of a warning: now, and its repeats until it is
// acknowledged (RM-01), each at the hour that quiet hours allow (RM-02).
func (tx *Tx) warn(account *Account, w *Warning, fired Fired) error {
	if err := tx.endWarningReminders(w.ID, StateCancelled, reasonToldAgain); err != nil {
		return err
	}
	tier := w.tierOf()
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
		if !due.After(tx.Now) {
			if err := tx.notify(r, ""); err != nil {
				return err
			}
		}
		r.sleep()
		if err := tx.save(r); err != nil {
			return fmt.Errorf("store the notification of a warning: %w", err)
		}
	}
	return nil
}
