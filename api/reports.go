package api

import (
	"math"
	"reflect"
	"slices"
	"strings"

	"aftercare/models"
	"aftercare/models/care"
	"aftercare/models/texts"
)

// Report is how the scalp felt at one moment.
type Report struct {
	Row
	ObservedAt  models.Time `json:"observed_at" required:"true"`
	EffectiveAt models.Time `json:"effective_at" readOnly:"true" nullable:"true" doc:"The time that verdicts count from: what was sent, corrected for a wrong clock"`
	ReceivedAt  models.Time `json:"received_at" readOnly:"true" doc:"When the server first got it"`
	SessionID   *string     `json:"session_id" maxLength:"64" doc:"For grouping only; default: the latest session before it, within 60 days"`
	Symptoms
	Calm               bool     `json:"calm,omitempty" writeOnly:"true" doc:"The one-tap check-in: sets every symptom to 0, none, no or rolled_area, but for temperature and trend; together with anything positive it is 422"`
	TemperatureF       *float64 `json:"temperature_f,omitempty" writeOnly:"true" minimum:"86" maximum:"109.4" multipleOf:"0.1" doc:"Degrees Fahrenheit, one decimal, instead of temperature_c"`
	ClinicianDiagnosis *string  `json:"clinician_diagnosis" maxLength:"1000"`
	Note               *string  `json:"note" maxLength:"4000" doc:"Free text; no rule reads it"`

	EpisodeID  *string     `json:"episode_id" readOnly:"true"`
	WarningIDs []string    `json:"warning_ids" readOnly:"true" doc:"Warnings that it raised or joined"`
	Assessment *Assessment `json:"assessment" readOnly:"true" doc:"null: not judged yet, because it lies in the future or the consent was withdrawn"`
	Flags      []string    `json:"flags" readOnly:"true" doc:"What came by sync and needs a look, such as needs_review:temperature_c"`
}

// Symptoms are the answers of a report. A missing answer is null and counts as
// unknown, never as 0.
type Symptoms struct {
	Erythema        *int        `json:"erythema" minimum:"0" maximum:"3" doc:"Colour change: redder, pinker, purple or darker than usual. 0 none to 3 severe"`
	Swelling        *int        `json:"swelling" minimum:"0" maximum:"3" doc:"0 none to 3 severe"`
	Warmth          *int        `json:"warmth" minimum:"0" maximum:"3" doc:"0 none to 3 severe"`
	Flaking         *int        `json:"flaking" minimum:"0" maximum:"3" doc:"0 none to 3 severe"`
	Pain            *int        `json:"pain" minimum:"0" maximum:"10" doc:"Worst in the last 24 hours, 0 to 10"`
	Itch            *int        `json:"itch" minimum:"0" maximum:"10" doc:"Worst in the last 24 hours, 0 to 10"`
	Burning         *int        `json:"burning" minimum:"0" maximum:"10" doc:"Worst in the last 24 hours, 0 to 10"`
	Extent          *Extent     `json:"extent"`
	SpreadingFast   *bool       `json:"spreading_fast" doc:"Visibly larger within hours"`
	Discharge       []Discharge `json:"discharge" nullable:"true" maxItems:"5" uniqueItems:"true" doc:"Empty: none; null: not answered"`
	Odour           *Certainty  `json:"odour"`
	Lumps           *Lumps      `json:"lumps"`
	TenderNodes     *Certainty  `json:"tender_nodes"`
	Bleeding        *Bleeding   `json:"bleeding" doc:"not_stopping: after 15 minutes of firm pressure, 10 with a blood thinner"`
	Feverish        *Certainty  `json:"feverish"`
	TemperatureC    *float64    `json:"temperature_c" minimum:"30" maximum:"43" multipleOf:"0.1" doc:"Degrees Celsius, one decimal"`
	Systemic        []Systemic  `json:"systemic" nullable:"true" maxItems:"10" uniqueItems:"true" doc:"Empty: none; null: not answered"`
	Alarm           []Alarm     `json:"alarm" nullable:"true" maxItems:"10" uniqueItems:"true" doc:"Empty: none; null: not answered"`
	Skin            []SkinSign  `json:"skin" nullable:"true" maxItems:"9" uniqueItems:"true" doc:"Empty: none; null: not answered"`
	Trend           *Trend      `json:"trend"`
	Products        []Product   `json:"products" nullable:"true" maxItems:"20"`
	SeenByClinician bool        `json:"seen_by_clinician" doc:"Also records a clinician visit (seen) at observed_at"`
}

// Assessment is the verdict on a report, in the person's language.
type Assessment struct {
	Tier              care.Tier `json:"tier"`
	Rule              string    `json:"rule" doc:"The rule that decided" example:"WT-02"`
	Rules             []string  `json:"rules" doc:"Every rule that applied, the gravest first"`
	HoursSinceSession *float64  `json:"hours_since_session" doc:"Hours since the latest session before the report; null: none within 60 days"`
	AtRisk            bool      `json:"at_risk" doc:"Whether the person's health makes warnings come earlier"`
	KBVersion         string    `json:"kb_version" doc:"Version of the knowledge base that judged" example:"0.2.0"`
	Code              string    `json:"code" doc:"Stable key of the texts" example:"watch.WT-02"`
	Title             string    `json:"title"`
	Message           string    `json:"message"`
	GetHelpIf         []string  `json:"get_help_if" doc:"Signs that should not wait; empty where the message already says to go now"`
	AsksAgain         []string  `json:"asks_again" doc:"Fields that were answered not_sure"`
	Advice            []Advice  `json:"advice" doc:"What the other rules that applied add"`
	Standing          []string  `json:"standing" doc:"Ids of graver warnings that were still in force, the gravest first: title and message say so"`
	EmergencyNumber   *string   `json:"emergency_number" doc:"Only with tier emergency, and where the region is known"`
}

// Advice is a line of a further rule.
type Advice struct {
	Rule    string `json:"rule" example:"WT-05"`
	Code    string `json:"code" doc:"Stable key of the message"`
	Message string `json:"message"`
}

func showAssessment(w words, a *models.Assessment) *Assessment {
	if a == nil {
		return nil
	}
	out := &Assessment{
		Tier: a.Tier, Rule: a.Rule, Rules: listed(a.Rules), HoursSinceSession: a.HoursSinceSession, AtRisk: a.AtRisk, KBVersion: a.KBVersion,
		Code: a.Code, Title: w.Title(a.Code), Message: w.Message(a.Code), GetHelpIf: w.helpIf(a.Tier), AsksAgain: listed(a.AsksAgain),
		Advice: []Advice{}, Standing: listed(a.Standing),
	}
	if len(a.Standing) > 0 {
		out.Title, out.Message = w.Printer.Standing(a.Code, a.StandingSince.In(w.zone))
	}
	for _, line := range a.Advice {
		out.Advice = append(out.Advice, Advice{line.Rule, line.Code, w.Message(line.Code)})
	}
	if a.Tier == care.Emergency {
		out.EmergencyNumber = some(texts.EmergencyNumber(w.region))
	}
	return out
}

func showSymptoms(a care.Answers) Symptoms {
	return Symptoms{
		Erythema: a.Erythema, Swelling: a.Swelling, Warmth: a.Warmth, Flaking: a.Flaking, Pain: a.Pain, Itch: a.Itch, Burning: a.Burning,
		Extent: word[Extent](a.Extent), SpreadingFast: a.SpreadingFast, Discharge: as[Discharge](a.Discharge),
		Odour: word[Certainty](a.Odour), Lumps: word[Lumps](a.Lumps), TenderNodes: word[Certainty](a.TenderNodes),
		Bleeding: word[Bleeding](a.Bleeding), Feverish: word[Certainty](a.Feverish), TemperatureC: a.TemperatureC,
		Systemic: as[Systemic](a.Systemic), Alarm: as[Alarm](a.Alarm), Skin: as[SkinSign](a.Skin), Trend: word[Trend](a.Trend),
		Products: productsOf(a.Products), SeenByClinician: a.SeenByClinician,
	}
}

func (s Symptoms) answers() care.Answers {
	return care.Answers{
		Erythema: s.Erythema, Swelling: s.Swelling, Warmth: s.Warmth, Flaking: s.Flaking, Pain: s.Pain, Itch: s.Itch, Burning: s.Burning,
		Extent: unword(s.Extent), SpreadingFast: s.SpreadingFast, Discharge: as[string](s.Discharge),
		Odour: unword(s.Odour), Lumps: unword(s.Lumps), TenderNodes: unword(s.TenderNodes),
		Bleeding: unword(s.Bleeding), Feverish: unword(s.Feverish), TemperatureC: s.TemperatureC,
		Systemic: as[string](s.Systemic), Alarm: as[string](s.Alarm), Skin: as[string](s.Skin), Trend: unword(s.Trend),
		Products: careProducts(s.Products), SeenByClinician: s.SeenByClinician,
	}
}

func showReport(w words, r *models.Report) Report {
	return Report{
		Row: rowOf(r.Base), ObservedAt: r.ObservedAt, EffectiveAt: r.EffectiveAt, ReceivedAt: r.CreatedAt, SessionID: some(r.SessionID),
		Symptoms: showSymptoms(r.Answers), ClinicianDiagnosis: some(r.ClinicianDiagnosis), Note: some(r.Note),
		EpisodeID: some(r.EpisodeID), WarningIDs: listed(r.WarningIDs), Assessment: showAssessment(w, r.Assessment), Flags: listed(r.Flags),
	}
}

// row returns the row of what was sent.
func (r Report) row() (models.Report, error) {
	answers := r.answers()
	if r.TemperatureF != nil {
		if answers.TemperatureC != nil {
			return models.Report{}, models.Invalid("body.temperature_f", "send temperature_c or temperature_f, not both")
		}
		celsius := math.Round((*r.TemperatureF-32)*50/9) / 10
		answers.TemperatureC = &celsius
	}
	if r.Calm {
		if err := agreesWithCalm(answers); err != nil {
			return models.Report{}, err
		}
		calm := models.Calm()
		calm.TemperatureC, calm.Trend, calm.Products = answers.TemperatureC, answers.Trend, answers.Products
		calm.SeenByClinician = answers.SeenByClinician
		answers = calm
	}
	return models.Report{
		Base: r.base(), ObservedAt: r.ObservedAt, SessionID: deref(r.SessionID), Answers: answers,
		ClinicianDiagnosis: deref(r.ClinicianDiagnosis), Note: deref(r.Note),
	}, nil
}

// besideCalm lists the answers that calm says nothing about.
var besideCalm = []string{"temperature_c", "trend", "products", "seen_by_clinician"}

// agreesWithCalm refuses calm together with anything positive.
func agreesWithCalm(answers care.Answers) error {
	var faults []models.FieldError
	given, calm := reflect.ValueOf(answers), reflect.ValueOf(models.Calm())
	for i := range given.NumField() {
		if given.Field(i).IsZero() {
			continue
		}
		name, _, _ := strings.Cut(given.Type().Field(i).Tag.Get("json"), ",")
		if !slices.Contains(besideCalm, name) && !reflect.DeepEqual(given.Field(i).Interface(), calm.Field(i).Interface()) {
			faults = append(faults, models.FieldError{Location: "body." + name, Message: "does not go with calm:true"})
		}
	}
	if len(faults) > 0 {
		return &models.Error{Code: models.CodeInvalid, Fields: faults}
	}
	return nil
}

var reports = collection[models.Report, Report]{
	path: "/v1/reports", noun: "report",
	list: models.List[models.Report], get: models.Get[models.Report],
	put: models.Put[models.Report], del: models.Delete[models.Report],
	base: func(r *models.Report) *models.Base { return &r.Base },
	show: showReport, row: Report.row, edit: inFahrenheit,
}

// inFahrenheit lets a patch replace the temperature in the unit that it has:
// the row holds it in the other.
func inFahrenheit(patch map[string]any) {
	if _, also := patch["temperature_c"]; !also && patch["temperature_f"] != nil {
		patch["temperature_c"] = nil
	}
}

type listReportsInput struct {
	ListRows
	SessionID string `query:"session_id" maxLength:"64" doc:"Only the reports of this session"`
}

func (in *listReportsInput) query() (models.Query, error) {
	q, err := in.ListRows.query()
	q.SessionID = in.SessionID
	return q, err
}
