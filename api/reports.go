package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"aftercare/models"
	"aftercare/models/care"
)

// Report is a report as it is sent and answered: a row with its answers.
type Report struct {
	models.Report
	care.Answers
	Calm         bool     `json:"calm,omitempty" writeOnly:"true" doc:"The one-tap check-in: writes 0, none, no and rolled_area everywhere but in temperature and trend"`
	TemperatureF *float64 `json:"temperature_f,omitempty" writeOnly:"true" minimum:"86" maximum:"109.4" doc:"Degrees Fahrenheit, instead of temperature_c"`
}

func wireReport(r models.Report) Report { return Report{Report: r, Answers: r.Answers} }

// model reads what was sent into a row.
func (r Report) model() (models.Report, error) {
	out, answers := r.Report, r.Answers
	if r.TemperatureF != nil {
		if answers.TemperatureC != nil {
			return out, models.Invalid("body.temperature_f", "send temperature_c or temperature_f, not both")
		}
		if *r.TemperatureF != math.Round(*r.TemperatureF*10)/10 {
			return out, models.Invalid("body.temperature_f", "has one decimal at most")
		}
		celsius := math.Round((*r.TemperatureF-32)*50/9) / 10
		answers.TemperatureC = &celsius
	}
	if r.Calm {
		if err := agreesWithCalm(answers); err != nil {
			return out, err
		}
		calm := models.Calm()
		calm.TemperatureC, calm.Trend, calm.Products = answers.TemperatureC, answers.Trend, answers.Products
		calm.SeenByClinician = answers.SeenByClinician
		answers = calm
	}
	out.Answers = answers
	return out, nil
}

// besideCalm are the answers that calm says nothing about.
var besideCalm = []string{"temperature_c", "trend", "products", "seen_by_clinician"}

// agreesWithCalm refuses calm together with anything positive.
func agreesWithCalm(answers care.Answers) error {
	given, err := fields(answers)
	if err != nil {
		return err
	}
	calm, err := fields(models.Calm())
	if err != nil {
		return err
	}
	var faults []models.FieldError
	for name, value := range given {
		if !slices.Contains(besideCalm, name) && !reflect.DeepEqual(value, calm[name]) {
			faults = append(faults, models.FieldError{Location: "body." + name, Message: "does not go with calm:true"})
		}
	}
	if len(faults) > 0 {
		return &models.Error{Code: models.CodeInvalid, Fields: faults}
	}
	return nil
}

// fields are the answers that were given, by their names in JSON.
func fields(answers care.Answers) (map[string]any, error) {
	raw, err := json.Marshal(answers)
	if err != nil {
		return nil, fmt.Errorf("encode answers: %w", err)
	}
	var out map[string]any
	return out, json.Unmarshal(raw, &out)
}

var reports = collection[Report]{
	path: "/v1/reports", noun: "report",
	list: func(ctx context.Context, store *models.Store, account string, q models.Query) (models.Page[Report], error) {
		page, err := models.List[models.Report](ctx, store, account, q)
		out := models.Page[Report]{NextCursor: page.NextCursor}
		for _, r := range page.Items {
			out.Items = append(out.Items, wireReport(r))
		}
		return out, err
	},
	get: func(ctx context.Context, store *models.Store, account, id string) (Report, error) {
		r, err := models.Get[models.Report](ctx, store, account, id)
		return wireReport(r), err
	},
	put:  putReport,
	del:  deleteReport,
	base: func(r *Report) *models.Base { return &r.Base },
	edit: inFahrenheit,
	show: func(w words, r *Report) { assess(w, r.Assessment) },
}

// inFahrenheit lets a patch replace the temperature in the unit that it has:
// the row holds it in the other.
func inFahrenheit(patch map[string]any) {
	if _, also := patch["temperature_c"]; !also && patch["temperature_f"] != nil {
		patch["temperature_c"] = nil
	}
}

func putReport(ctx context.Context, store *models.Store, account, id string, in Report, w models.Write) (Report, bool, error) {
	row, err := in.model()
	if err != nil {
		return Report{}, false, err
	}
	out, created, err := models.Put(ctx, store, account, id, row, w)
	return wireReport(out), created, wireCurrent(err)
}

func deleteReport(ctx context.Context, store *models.Store, account, id string, w models.Write) error {
	return wireCurrent(models.Delete[models.Report](ctx, store, account, id, w))
}

// wireCurrent shows the row of a failed condition as it is answered.
func wireCurrent(err error) error {
	var m *models.Error
	if errors.As(err, &m) {
		if row, ok := m.Current.(*models.Report); ok && row != nil {
			wire := wireReport(*row)
			m.Current = &wire
		}
	}
	return err
}
