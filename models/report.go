package models

import (
	"math"
	"reflect"
	"time"

	"aftercare/models/care"
)

// Report is how the scalp felt at one instant. Its answers share one column:
// rules read them, but no query does.
type Report struct {
	Base
	Entry
	ObservedAt         Time         `json:"observed_at,omitzero" required:"true"`
	EffectiveAt        Time         `json:"effective_at,omitzero" readOnly:"true" doc:"What care counts from: the sent time, corrected for a wrong clock"`
	SessionID          string       `json:"session_id,omitempty" maxLength:"64" doc:"For grouping only; default: the latest session before it, within 60 days"`
	Answers            care.Answers `gorm:"serializer:json" json:"-"`
	ClinicianDiagnosis string       `json:"clinician_diagnosis,omitempty" maxLength:"1000"`
	Note               string       `json:"note,omitempty" maxLength:"4000" doc:"Never read by a rule"`

	ReportVerdict
}

// ReportVerdict is the result of judging a report.
type ReportVerdict struct {
	Assessment *Assessment `gorm:"serializer:json" json:"assessment,omitempty" readOnly:"true"`
	EpisodeID  string      `json:"episode_id,omitempty" readOnly:"true"`
	WarningIDs []string    `gorm:"column:warning_ids;serializer:json" json:"warning_ids,omitzero" readOnly:"true" doc:"Warnings that it raised or joined"`
}

// Assessment is the verdict on a report. The texts (Title, Message, GetHelpIf,
// EmergencyNumber) are filled in, in the reader's language, when it is shown;
// Code is the stable key.
type Assessment struct {
	Tier              care.Tier `json:"tier"`
	Rule              string    `json:"rule"`
	Rules             []string  `json:"rules"`
	HoursSinceSession *float64  `json:"hours_since_session,omitempty"`
	AtRisk            bool      `json:"at_risk"`
	KBVersion         string    `json:"kb_version"`
	Code              string    `json:"code"`
	Title             string    `json:"title,omitempty"`
	Message           string    `json:"message,omitempty"`
	GetHelpIf         []string  `json:"get_help_if" required:"false"`
	AsksAgain         []string  `json:"asks_again"`
	Advice            []Advice  `json:"advice,omitempty"`
	Standing          []string  `json:"standing,omitempty"`      // ids of graver warnings that were still in force, gravest first
	StandingSince     Time      `json:"standing_since,omitzero"` // when the first of them was raised
	EmergencyNumber   string    `json:"emergency_number,omitempty"`
}

// Advice is a line of a further rule that fired. Message is filled in in the
// reader's language when it is shown.
type Advice struct {
	Rule    string `json:"rule"`
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
}

func (*Report) orderColumn() string { return "observed_at" }

func (r *Report) orderTime() Time { return r.ObservedAt }

func (r *Report) touched() (at time.Time, episode string) { return r.EffectiveAt.Time, "" }

func (r *Report) adopt(old *Report) {
	if old == nil {
		old = &Report{}
	}
	if r.SessionID == "" {
		r.SessionID = old.SessionID
	}
	stillLost(&r.Entry, &old.Entry, "observed_at", &r.ObservedAt, old.ObservedAt)
	r.EffectiveAt, r.ReportVerdict = old.EffectiveAt, old.ReportVerdict
}

func (r *Report) arrive(tx *Tx, old *Report, w Write) error {
	switch {
	case r.lost("observed_at"):
		r.EffectiveAt, r.ObservedAt = Time{}, r.shownAt(r.ObservedAt, tx)
	case r.ObservedAt.IsZero():
		return Invalid("body.observed_at", "is required")
	case old == nil || old.deleted() || old.EffectiveAt.IsZero() || !old.ObservedAt.Equal(r.ObservedAt.Time):
		r.EffectiveAt = w.effective(r.ObservedAt, tx.Now)
	}
	r.flag()
	return nil
}

func (r *Report) faults() (out []FieldError) {
	if t := r.Answers.TemperatureC; t != nil && !oneDecimal(*t) {
		out = append(out, FieldError{Location: "body.temperature_c", Message: "has one decimal at most"})
	}
	if !answered(r.Answers) && !r.lost(wholeRow) {
		out = append(out, FieldError{Location: wholeRow, Message: "answers no symptom at all; send calm:true for a calm scalp"})
	}
	return out
}

// oneDecimal reports whether a number has at most one decimal.
func oneDecimal(n float64) bool { return n == math.Round(n*10)/10 }

func (r *Report) scrub() {
	*r = Report{Base: r.Base, ObservedAt: r.ObservedAt}
}

func (r *Report) facts() care.Report {
	return care.Report{ID: r.ID, At: r.EffectiveAt.Time, ReceivedAt: r.CreatedAt.Time, Answers: r.Answers}
}

// judgedBefore reports whether an earlier version of the knowledge judged it.
func (r *Report) judgedBefore() bool {
	return r.Assessment != nil && r.Assessment.KBVersion != care.KBVersion
}

func (r *Report) mark() uint64 { return packedHash(&r.ReportVerdict) }

// answered reports whether a report says how the scalp or the person is. Whether
// it got better, what was put on it and who looked at it do not say that.
func answered(a care.Answers) bool {
	a.Trend, a.Products, a.SeenByClinician = "", nil, false
	return !reflect.ValueOf(&a).Elem().IsZero()
}

// Calm returns the answers of the one-tap check-in: everything explicitly
// absent, except temperature and trend.
func Calm() care.Answers {
	zero, no := func() *int { return new(int) }, new(bool)
	return care.Answers{
		Erythema: zero(), Swelling: zero(), Warmth: zero(), Flaking: zero(), Pain: zero(), Itch: zero(), Burning: zero(),
		Extent: "rolled_area", SpreadingFast: no, Discharge: care.Set{}, Odour: "no", Lumps: "none", TenderNodes: "no",
		Bleeding: "none", Feverish: "no", Systemic: care.Set{}, Alarm: care.Set{}, Skin: care.Set{},
	}
}

func (r *Report) leaveOut() {
	r.EffectiveAt, r.ReportVerdict = Time{}, ReportVerdict{}
	r.flagTooMany()
}
