package models

import (
	"context"
	"slices"

	"aftercare/models/care"
	"aftercare/models/db"
)

// Warning reads one warning with its notifications.
func (s *Store) Warning(ctx context.Context, account, id string) (Warning, error) {
	return warning(s.read(ctx), account, id)
}

// Warnings lists warnings with their notifications, newest first.
func (s *Store) Warnings(ctx context.Context, account string, q Query) (Page[Warning], error) {
	page, err := List[Warning](ctx, s, account, q)
	if err != nil {
		return page, err
	}
	return page, fillWarnings(s.read(ctx), account, page.Items)
}

func warning(q db.Q, account, id string) (Warning, error) {
	w, err := get[Warning](q, account, id)
	if err != nil {
		return w, err
	}
	one := []Warning{w}
	err = fillWarnings(q, account, one)
	return one[0], err
}

func fillWarnings(q db.Q, account string, ws []Warning) error {
	ids := make([]string, 0, len(ws))
	at := map[string]int{}
	for i := range ws {
		ws[i].Rules, ws[i].Notifications = ws[i].rules(), []Notification{}
		ids, at[ws[i].ID] = append(ids, ws[i].ID), i
	}
	args := db.Args{account, KindWarning}
	rows, err := db.Rows[struct {
		Anchor, DeviceID string
		State            DeliveryState
		At               Time
	}](q, `SELECT r.anchor, d.device_id, d.state, COALESCE(d.accepted_at, d.due_at) AS at
		FROM deliveries d JOIN reminders r ON r.account_id = d.account_id AND r.id = d.reminder_id
		WHERE d.account_id = $1 AND NOT d.clearing AND r.kind = $2 AND r.anchor IN `+db.In(&args, ids...)+` ORDER BY at, d.device_id`, args...)
	for _, row := range rows {
		w := &ws[at[row.Anchor]]
		w.Notifications = append(w.Notifications, Notification{At: row.At, DeviceID: row.DeviceID, State: row.State})
	}
	return err
}

// Warning is the advice to see a doctor: doctor_soon and above, one per episode
// and tier. It is a record first, complete whether or not a push arrives.
type Warning struct {
	Base
	EpisodeID      string       `json:"episode_id"`
	Tier           care.Tier    `json:"tier"`
	Code           string       `gorm:"column:title" json:"code"`
	Rule           string       `json:"rule"`
	Rules          []string     `gorm:"-" json:"rules"`
	Fired          []Fired      `gorm:"serializer:json" json:"-"`
	KBVersion      string       `gorm:"column:kb_version" json:"kb_version"`
	RaisedAt       Time         `json:"raised_at"`
	AskedAt        Time         `json:"-"` // when, in the history, it last started to require an answer
	Title          string       `gorm:"-" json:"title"`
	Message        string       `gorm:"-" json:"message"`
	GetHelpIf      []string     `gorm:"-" json:"get_help_if"`
	ReportIDs      []string     `gorm:"column:report_ids;serializer:json" json:"report_ids"`
	State          WarningState `json:"state" enum:"active,acknowledged,resolved,superseded"`
	Reason         Reason       `json:"reason,omitempty"`
	AcknowledgedAt Time         `json:"acknowledged_at,omitzero"`
	Action         Action       `json:"action,omitempty"`
	ResolvedAt     Time         `json:"resolved_at,omitzero"`
	// Overtaken holds answers that newer signs have overtaken, latest last: they
	// are valid while those signs are taken back.
	Overtaken []Overtaken `gorm:"serializer:json" json:"-"`

	Notifications []Notification `gorm:"-" json:"notifications"`
}

// Fired is a rule of a warning with the moment at which it became true.
type Fired struct {
	Rule   string `json:"rule"`
	At     Time   `json:"at"`
	ByTime bool   `json:"by_time,omitempty"`
	// NotBefore is the end of the push's wait for the rest of a slow upload (RM-14).
	NotBefore Time `json:"not_before,omitzero"`
	// Gone says that it was told, and no longer holds after an edit.
	Gone bool `json:"gone,omitempty"`
}

// Overtaken is an answer to a warning, with the newer signs that required
// another.
type Overtaken struct {
	AcknowledgedAt Time     `json:"at"`
	Action         Action   `json:"action"`
	Rules          []string `json:"rules"` // those that were new
	AskedAt        Time     `json:"asked"`
	// Recalled says that these signs are gone, so that the answer is valid.
	Recalled bool `json:"recalled,omitempty"`
}

// Notification is one push of a warning.
type Notification struct {
	At       Time          `json:"at"`
	DeviceID string        `json:"device_id"`
	State    DeliveryState `json:"state"`
}

func (*Warning) orderColumn() string { return "raised_at" }

func (w *Warning) orderTime() Time { return w.RaisedAt }

// rules returns the rules of the warning, oldest first.
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

// reported reports whether a report, and not time alone, made a rule of the warning true.
func (w *Warning) reported(rule string) bool {
	return slices.ContainsFunc(w.Fired, func(f Fired) bool { return f.Rule == rule && !f.ByTime })
}

// toldAfter reports whether a report after that moment made a rule of the warning true: a
// visit of before a sign does not answer it.
func (w *Warning) toldAfter(t Time) bool {
	return slices.ContainsFunc(w.Fired, func(f Fired) bool { return !f.ByTime && !f.Gone && f.At.After(t.Time) })
}

// Ack is a person's acknowledgement of a warning.
type Ack struct {
	AccountID string `gorm:"primaryKey"`
	ID        string `gorm:"primaryKey"`
	WarningID string
	At        Time
	Tier      care.Tier
	Action    Action
}

// facts returns the answer as input for care. Booked and seen are clinician
// events besides.
func (a *Ack) facts() care.Ack { return care.Ack{At: a.At.Time, Tier: a.Tier} }

// event returns the clinician event that "booked" and "seen" record, nil for
// other answers. It has the answer's id.
func (a *Ack) event(episode string) *ClinicianEvent {
	if a.Action != ActionBooked && a.Action != ActionSeen {
		return nil
	}
	return &ClinicianEvent{Base: Base{ID: a.ID}, EpisodeID: episode, At: a.At, EffectiveAt: a.At, Outcome: string(a.Action)}
}
