package api

import (
	"aftercare/models"
	"aftercare/models/care"
)

// Row is what every row of a person has.
type Row struct {
	ID        string      `json:"id" minLength:"8" maxLength:"64" pattern:"^[A-Za-z0-9_-]{8,64}$" doc:"Made by the phone that creates the row, best as a UUIDv7 (a POST without one is given one); that of an episode, warning or reminder is made by the server" example:"0198f2c4-7d2e-7000-8000-3b1c5a9e4f10"`
	Version   int64       `json:"version" readOnly:"true" doc:"Number of the person's edits; what the server computes changes without it"`
	CreatedAt models.Time `json:"created_at" readOnly:"true"`
	UpdatedAt models.Time `json:"updated_at" readOnly:"true"`
}

func rowOf(b models.Base) Row { return Row{b.ID, b.Version, b.CreatedAt, b.UpdatedAt} }

func (r Row) base() models.Base { return models.Base{ID: r.ID} }

// Advisory is advice on a session or a roller, in the person's language.
type Advisory struct {
	Rule     string        `json:"rule" doc:"Rule of the knowledge base" example:"RS-07"`
	Code     string        `json:"code" doc:"Stable key of the message" example:"session.RS-07"`
	Severity care.Severity `json:"severity"`
	Message  string        `json:"message"`
}

func advisoriesOf(w words, in []models.Advisory) []Advisory {
	out := make([]Advisory, 0, len(in))
	for _, a := range in {
		out = append(out, Advisory{a.Rule, a.Code, a.Severity, w.Message(a.Code)})
	}
	return out
}

// listed returns a list that is never null.
func listed[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}
