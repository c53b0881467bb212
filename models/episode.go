package models

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"aftercare/models/care"
)

// Episode is one run of symptoms, as care reads it out of the history.
type Episode struct {
	Base
	AnchorSessionID string   `json:"anchor_session_id,omitempty"`
	AnchorAt        Time     `json:"-"`
	State           string   `json:"state" enum:"open,closed,void"`
	OnsetAt         Time     `json:"onset_at"`
	LastReportAt    Time     `json:"last_report_at"`
	ClosedAt        Time     `json:"closed_at,omitzero"`
	SettledAt       Time     `json:"-"` // from when care counts it no more
	Tier            TierName `json:"tier"`
	PeakTier        TierName `json:"peak_tier"`
	ReportIDs       []string `gorm:"column:report_ids;serializer:json" json:"report_ids"`
	WarningIDs      []string `gorm:"column:warning_ids;serializer:json" json:"warning_ids"`
}

// TierName is a tier that is stored as its number and shown as its name.
type TierName care.Tier

// MarshalText gives the name.
func (t TierName) MarshalText() ([]byte, error) { return []byte(care.Tier(t).String()), nil }

// UnmarshalText reads the name.
func (t *TierName) UnmarshalText(name []byte) error {
	tier, err := care.ParseTier(string(name))
	*t = TierName(tier)
	return err
}

// EpisodeVoid is an episode that an edit left without a report.
const EpisodeVoid = "void"

func (e *Episode) orderColumn() string { return "onset_at" }
func (e *Episode) orderTime() Time     { return e.OnsetAt }

// judged takes over what care computed and says whether that is news.
func (e *Episode) judged(c care.Episode) bool {
	before := *e
	e.SettledAt = T(c.SettledAt)
	e.AnchorSessionID, e.AnchorAt, e.State = c.AnchorSession, T(c.AnchorAt), string(c.State)
	e.OnsetAt, e.LastReportAt, e.ClosedAt = T(c.OnsetAt), T(c.LastReportAt), T(c.ClosedAt)
	e.Tier, e.PeakTier, e.ReportIDs = TierName(c.Tier), TierName(c.PeakTier), c.Reports
	return !reflect.DeepEqual(before, *e)
}

// ClinicianEvent is what a person told of a clinician.
type ClinicianEvent struct {
	AccountID string `gorm:"primaryKey" json:"-"`
	ID        string `gorm:"primaryKey" json:"id"`
	EpisodeID string `json:"episode_id"`
	At        Time   `json:"at"`
	Outcome   string `json:"outcome" enum:"booked,seen,cleared"`
	Note      string `json:"note,omitempty" maxLength:"4000"`
}

// AddClinicianEvent records that a clinician was booked, seen or has cleared
// the scalp, and answers the episode as it then stands.
func (s *Store) AddClinicianEvent(ctx context.Context, account, episode string, event ClinicianEvent, w Write) (Episode, error) {
	var out Episode
	err := s.write(ctx, account, func(tx *Tx) error {
		if err := tx.needHealthConsent(); err != nil {
			return err
		}
		e, err := get[Episode](tx.DB, account, episode)
		if err != nil {
			return err
		}
		if err := w.check(e.Version, true, e); err != nil {
			return err
		}
		event.AccountID, event.ID, event.EpisodeID = account, NewID(), episode
		if event.At.IsZero() {
			event.At = T(tx.Now)
		}
		event.At = w.effective(event.At, tx.Now)
		var same int64
		err = tx.Model(&ClinicianEvent{}).Where("account_id = ? AND episode_id = ? AND at = ? AND outcome = ?", account, episode, event.At, event.Outcome).Count(&same).Error
		if err != nil || same > 0 { // a retry
			out = e
			return err
		}
		if err := tx.Create(&event).Error; err != nil {
			return err
		}
		if err := tx.quietWarnings(episode, event); err != nil {
			return err
		}
		if err := tx.judge(event.At.Time); err != nil {
			return err
		}
		out, err = get[Episode](tx.DB, account, episode)
		return err
	})
	return out, err
}

// heardOfClinician stops the repeats of what a report says was seen.
func (tx *Tx) heardOfClinician(r *Report) error {
	if !r.Answers.SeenByClinician || r.EpisodeID == "" {
		return nil
	}
	return tx.quietWarnings(r.EpisodeID, ClinicianEvent{At: r.EffectiveAt, Outcome: care.OutcomeSeen})
}

// bookedQuiet is for how long an appointment stops the repeats of a warning
// (contract, Irritation reports).
const bookedQuiet = 72 * time.Hour

// quietWarnings stops the repeats of an episode's warnings: booked those of
// the next 72 h, seen and cleared all of them. The warnings stay as they are.
func (tx *Tx) quietWarnings(episode string, event ClinicianEvent) error {
	due := tx.Where("account_id = ? AND kind = ? AND ended_at IS NULL AND state IN ?", tx.Account, KindWarning,
		[]string{StateScheduled, StateDue, StateSnoozed}).
		Where("anchor IN (SELECT id FROM warnings WHERE account_id = ? AND episode_id = ?)", tx.Account, episode)
	if event.Outcome == care.OutcomeBooked {
		due = due.Where("due_at < ?", T(event.At.Add(bookedQuiet)))
	}
	var repeats []Reminder
	if err := due.Order("due_at, id").Find(&repeats).Error; err != nil {
		return fmt.Errorf("load the repeats of warnings: %w", err)
	}
	for i := range repeats {
		if err := tx.endUnseen(&repeats[i], StateCancelled, "clinician_"+event.Outcome); err != nil {
			return err
		}
	}
	return nil
}
