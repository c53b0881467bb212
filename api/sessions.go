package api

import (
	"aftercare/models"
	"aftercare/models/care"
)

// Session is one use of a roller on the scalp. It is never refused for being
// unwise: it is stored as it was and answered with advisories.
type Session struct {
	Row
	StartedAt          models.Time  `json:"started_at" required:"true"`
	EndedAt            models.Time  `json:"ended_at" nullable:"true" doc:"Rest and the age of symptoms count from here, else from started_at"`
	EffectiveAt        models.Time  `json:"effective_at" readOnly:"true" nullable:"true" doc:"The time that verdicts count from: what was sent, corrected for a wrong clock"`
	RollerID           *string      `json:"roller_id" maxLength:"64"`
	NeedleMM           *float64     `json:"needle_mm" minimum:"0.01" maximum:"5" doc:"Needle length in millimetres; default: the roller's" example:"0.5"`
	NeedleMMUsed       *float64     `json:"needle_mm_used" readOnly:"true" doc:"Length that rest counts with: the session's, else the roller's when it was first judged; null: unknown"`
	Areas              []Area       `json:"areas" nullable:"true" maxItems:"6" uniqueItems:"true"`
	PerformedBy        Performer    `json:"performed_by" default:"self"`
	ClinicIntervalDays *int         `json:"clinic_interval_days" minimum:"1" maximum:"180" doc:"Days until the clinic's next appointment"`
	Passes             *int         `json:"passes" minimum:"0" maximum:"100"`
	Pain               *int         `json:"pain" minimum:"0" maximum:"10"`
	Bleeding           *SessionBled `json:"bleeding"`
	RollerDisinfected  *bool        `json:"roller_disinfected"`
	Products           []Product    `json:"products" nullable:"true" maxItems:"20"`
	Baseline           *Baseline    `json:"baseline" doc:"What was there before rolling"`
	Notes              *string      `json:"notes" maxLength:"4000"`

	Rest       *SessionRest `json:"rest" readOnly:"true" doc:"null: not judged, because its time is missing or the consent was withdrawn"`
	Advisories []Advisory   `json:"advisories" readOnly:"true"`
	Flags      []string     `json:"flags" readOnly:"true" doc:"What came by sync and needs a look, such as needs_review:pain"`
}

// SessionRest is the rest that the scalp needs after a session.
type SessionRest struct {
	Until      models.Time `json:"until" doc:"End of the full rest"`
	Days       int         `json:"days" doc:"Days of the full rest"`
	FloorUntil models.Time `json:"floor_until" doc:"Rolling before this time is never all right"`
	Rule       string      `json:"rule" example:"NL-03"`
}

// Baseline is what was there before rolling.
type Baseline struct {
	Itch    *int `json:"itch" minimum:"0" maximum:"10" doc:"Itch before rolling, 0 to 10"`
	Flaking *int `json:"flaking" minimum:"0" maximum:"3" doc:"Flaking before rolling, 0 none to 3 severe"`
}

// Product is something put on the scalp.
type Product struct {
	Kind              ProductKind `json:"kind" required:"true"`
	HoursAfterSession *float64    `json:"hours_after_session" minimum:"0" maximum:"2000"`
	Name              *string     `json:"name" maxLength:"100"`
}

func productsOf(in []care.Product) []Product {
	if in == nil {
		return nil
	}
	out := make([]Product, 0, len(in))
	for _, p := range in {
		out = append(out, Product{ProductKind(p.Kind), p.HoursAfterSession, some(p.Name)})
	}
	return out
}

func careProducts(in []Product) []care.Product {
	if in == nil {
		return nil
	}
	out := make([]care.Product, 0, len(in))
	for _, p := range in {
		out = append(out, care.Product{Kind: string(p.Kind), HoursAfterSession: p.HoursAfterSession, Name: deref(p.Name)})
	}
	return out
}

func showSession(w words, s *models.Session) Session {
	out := Session{
		Row: rowOf(s.Base), StartedAt: s.StartedAt, EndedAt: s.EndedAt, EffectiveAt: s.EffectiveAt, RollerID: some(s.RollerID),
		NeedleMM: s.NeedleMM, NeedleMMUsed: s.NeedleMMUsed, Areas: as[Area](s.Areas), PerformedBy: Performer(s.PerformedBy),
		ClinicIntervalDays: s.ClinicIntervalDays, Passes: s.Passes, Pain: s.Pain, Bleeding: word[SessionBled](s.Bleeding),
		RollerDisinfected: s.RollerDisinfected, Products: productsOf(s.Products), Notes: some(s.Notes),
		Advisories: advisoriesOf(w, s.Advisories), Flags: listed(s.Flags),
	}
	if s.Baseline != nil {
		out.Baseline = &Baseline{s.Baseline.Itch, s.Baseline.Flaking}
	}
	if s.Rest != nil {
		out.Rest = &SessionRest{s.Rest.Until, s.Rest.Days, s.Rest.FloorUntil, s.Rest.Rule}
	}
	return out
}

func (s Session) row() (models.Session, error) {
	out := models.Session{
		Base: s.base(), StartedAt: s.StartedAt, EndedAt: s.EndedAt, RollerID: deref(s.RollerID), NeedleMM: s.NeedleMM,
		Areas: as[string](s.Areas), PerformedBy: string(s.PerformedBy), ClinicIntervalDays: s.ClinicIntervalDays,
		Passes: s.Passes, Pain: s.Pain, Bleeding: unword(s.Bleeding), RollerDisinfected: s.RollerDisinfected,
		Products: careProducts(s.Products), Notes: deref(s.Notes),
	}
	if s.Baseline != nil {
		out.Baseline = &care.Baseline{Itch: s.Baseline.Itch, Flaking: s.Baseline.Flaking}
	}
	return out, nil
}

var sessions = collection[models.Session, Session]{
	path: "/v1/sessions", noun: "session",
	list: models.List[models.Session], get: models.Get[models.Session],
	put: models.Put[models.Session], del: models.Delete[models.Session],
	base: func(s *models.Session) *models.Base { return &s.Base },
	show: showSession, row: Session.row,
}
