package models

import (
	"aftercare/models/care"
)

// Episode is one run of symptoms, as care derives it from the history.
type Episode struct {
	Base
	AnchorSessionID string            `json:"anchor_session_id,omitempty"`
	AnchorAt        Time              `json:"-"`
	State           care.EpisodeState `json:"state" enum:"open,closed,void"`
	OnsetAt         Time              `json:"onset_at"`
	LastReportAt    Time              `json:"last_report_at"`
	ClosedAt        Time              `json:"closed_at,omitzero"`
	SettledAt       Time              `json:"-"` // when it stopped mattering to care
	// The time during which it puts the person at risk (RK-24).
	InfectedAt        Time `json:"-"`
	InfectionLiftedAt Time `json:"-"`

	Tier     care.Tier `json:"tier"`
	PeakTier care.Tier `json:"peak_tier"`
	// WasReportIDs are those it had when an edit made it void: it is restored
	// with them.
	WasReportIDs []string `gorm:"serializer:json" json:"-"`
	ReportIDs    []string `gorm:"column:report_ids;serializer:json" json:"report_ids"`
	WarningIDs   []string `gorm:"column:warning_ids;serializer:json" json:"warning_ids"`
}

func (*Episode) orderColumn() string { return "onset_at" }

func (e *Episode) orderTime() Time { return e.OnsetAt }

// settled copies from care how long an episode that has ended counts.
func (e *Episode) settled(c care.Episode) {
	e.SettledAt = T(c.SettledAt)
	e.InfectedAt, e.InfectionLiftedAt = T(c.Infection.From), T(c.Infection.Until)
}

// judged copies what care computed.
func (e *Episode) judged(c care.Episode) {
	e.settled(c)
	e.AnchorSessionID, e.AnchorAt, e.State = c.AnchorSession, T(c.AnchorAt), c.State
	e.OnsetAt, e.LastReportAt, e.ClosedAt = T(c.OnsetAt), T(c.LastReportAt), T(c.ClosedAt)
	e.Tier, e.PeakTier, e.ReportIDs, e.WasReportIDs = c.Tier, c.PeakTier, c.Reports, nil
}
