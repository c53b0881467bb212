package models

import (
	"time"

	"aftercare/models/care"
)

// Session is one use of a roller on the scalp. It is stored as reported,
// however unwise, and returned with advisories.
type Session struct {
	Base
	Entry
	StartedAt          Time           `json:"started_at,omitzero" required:"true"`
	EndedAt            Time           `json:"ended_at,omitzero" doc:"Symptom age and rest count from here, else from started_at"`
	EffectiveAt        Time           `json:"effective_at,omitzero" readOnly:"true" doc:"What care counts from: the sent time, corrected for a wrong clock"`
	RollerID           string         `json:"roller_id,omitempty" maxLength:"64"`
	NeedleMM           *float64       `gorm:"column:needle_mm" json:"needle_mm,omitempty" exclusiveMinimum:"0" maximum:"5"`
	NeedleMMUsed       *float64       `gorm:"column:needle_mm_used" json:"needle_mm_used,omitempty" readOnly:"true"`
	Areas              []string       `gorm:"serializer:json" json:"areas,omitzero" enum:"hairline,temples,midline,crown,back,sides" maxItems:"6" uniqueItems:"true"`
	PerformedBy        string         `json:"performed_by,omitempty" enum:"self,professional" default:"self"`
	ClinicIntervalDays *int           `json:"clinic_interval_days,omitempty" minimum:"1" maximum:"180"`
	Passes             *int           `json:"passes,omitempty" minimum:"0" maximum:"100"`
	Pain               *int           `json:"pain,omitempty" minimum:"0" maximum:"10"`
	Bleeding           string         `json:"bleeding,omitempty" enum:"none,pinpoint,more"`
	RollerDisinfected  *bool          `json:"roller_disinfected,omitempty"`
	Products           []care.Product `gorm:"serializer:json" json:"products,omitzero" maxItems:"20"`
	Baseline           *care.Baseline `gorm:"serializer:json" json:"baseline,omitempty" doc:"What was there before rolling"`
	Notes              string         `json:"notes,omitempty" maxLength:"4000"`

	SessionVerdict
}

// SessionVerdict is the result of judging a session.
type SessionVerdict struct {
	Rest       *SessionRest `gorm:"serializer:json" json:"rest,omitempty" readOnly:"true"`
	Advisories []Advisory   `gorm:"serializer:json" json:"advisories,omitzero" readOnly:"true"`
}

// SessionRest is the rest that the scalp needs after a session.
type SessionRest struct {
	Until      Time   `json:"until"`
	Days       int    `json:"days"`
	FloorUntil Time   `json:"floor_until"`
	Rule       string `json:"rule"`
}

func (*Session) orderColumn() string { return "started_at" }

func (s *Session) orderTime() Time { return s.StartedAt }

func (s *Session) touched() (at time.Time, episode string) { return s.EffectiveAt.Time, "" }

func (s *Session) adopt(old *Session) {
	if s.PerformedBy == "" {
		s.PerformedBy = "self"
	}
	if old == nil {
		old = &Session{}
	}
	s.EffectiveAt, s.NeedleMMUsed = old.EffectiveAt, old.NeedleMMUsed
	stillLost(&s.Entry, &old.Entry, "started_at", &s.StartedAt, old.StartedAt)
	s.SessionVerdict = old.SessionVerdict
}

func (s *Session) arrive(tx *Tx, old *Session, w Write) error {
	switch {
	case s.lost("started_at") && s.EndedAt.IsZero():
		s.EffectiveAt = Time{}
	case s.StartedAt.IsZero() && !s.lost("started_at"):
		return Invalid("body.started_at", "is required")
	case old == nil || old.deleted() || old.EffectiveAt.IsZero() || !old.claimedAt().Equal(s.claimedAt().Time):
		s.EffectiveAt = w.effective(s.claimedAt(), tx.Now)
	}
	if s.lost("started_at") {
		s.StartedAt = s.shownAt(s.StartedAt, tx)
	}
	s.flag()
	s.keepNeedle(old)
	return nil
}

func (s *Session) faults() (out []FieldError) {
	if !s.EndedAt.IsZero() && s.EndedAt.Before(s.StartedAt.Time) {
		out = append(out, FieldError{Location: "body.ended_at", Message: "must not be before started_at"})
	}
	return out
}

// claimedAt returns when the session ended according to the phone.
func (s *Session) claimedAt() Time {
	if !s.EndedAt.IsZero() {
		return s.EndedAt
	}
	return s.StartedAt
}

// keepNeedle keeps the needle length that was fixed when the session was first
// judged; a different needle or roller allows it to be fixed again.
func (s *Session) keepNeedle(old *Session) {
	switch {
	case s.NeedleMM != nil:
		s.NeedleMMUsed = s.NeedleMM
	case old == nil || old.NeedleMM != nil || old.RollerID != s.RollerID:
		s.NeedleMMUsed = nil
	}
}

func (s *Session) scrub() {
	*s = Session{Base: s.Base, StartedAt: s.StartedAt, PerformedBy: "self"}
}

// facts returns the session as input for care: counted from its effective time.
func (s *Session) facts() care.Session {
	f := care.Session{
		ID: s.ID, StartedAt: s.EffectiveAt.Time, RollerID: s.RollerID, NeedleMM: deref(s.NeedleMMUsed),
		Professional: s.PerformedBy == "professional", ClinicIntervalDays: deref(s.ClinicIntervalDays),
		Bleeding: s.Bleeding, RollerDisinfected: s.RollerDisinfected, Products: s.Products,
		Pain: s.Pain, Passes: s.Passes, LoggedAt: s.CreatedAt.Time,
	}
	if lasted := s.EndedAt.Sub(s.StartedAt.Time); !s.EffectiveAt.IsZero() && !s.EndedAt.IsZero() && lasted > 0 && !s.lost("started_at") {
		f.StartedAt, f.EndedAt = f.StartedAt.Add(-lasted), f.StartedAt
	}
	if s.Baseline != nil {
		f.Baseline = *s.Baseline
	}
	return f
}

func (s *Session) mark() uint64 { return packedHash(&s.SessionVerdict) }

func (s *Session) leaveOut() {
	s.EffectiveAt, s.SessionVerdict = Time{}, SessionVerdict{}
	s.flagTooMany()
}
