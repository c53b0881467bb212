package models

import (
	"reflect"
	"testing"

	"aftercare/models/care"
)

// aloneIn returns answers of which one field alone is given, and as good as it
// can be: 0, false, "none" or an empty list.
func aloneIn(t *testing.T, field int) care.Answers {
	t.Helper()
	var a care.Answers
	switch v := reflect.ValueOf(&a).Elem().Field(field); v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.String:
		v.SetString("none")
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	case reflect.Bool:
		v.SetBool(true)
	default:
		t.Fatalf("%s: how is it answered?", reflect.TypeFor[care.Answers]().Field(field).Name)
	}
	return a
}

func TestEachSymptomAloneIsAReport(t *testing.T) {
	saysNothing := map[string]bool{"Trend": true, "Products": true, "SeenByClinician": true}
	answers := reflect.TypeFor[care.Answers]()
	for i := range answers.NumField() {
		name := answers.Field(i).Name
		r := Report{Answers: aloneIn(t, i)}
		if refused := len(r.faults()) > 0; refused != saysNothing[name] {
			t.Errorf("a report of %s alone is refused: %v", name, refused)
		}
		delete(saysNothing, name)
	}
	if len(saysNothing) > 0 {
		t.Errorf("no answers: %v", saysNothing)
	}
}

func TestAReportOfNothingIsRefused(t *testing.T) {
	a := care.Answers{Trend: "better", Products: []care.Product{{Kind: "oil"}}, SeenByClinician: true}
	for _, r := range []Report{{}, {Answers: a}} {
		if len(r.faults()) == 0 {
			t.Errorf("%+v was taken", r.Answers)
		}
	}
}

func TestCalmAnswersEverySymptom(t *testing.T) {
	apart := map[string]bool{"TemperatureC": true, "Trend": true, "Products": true, "SeenByClinician": true}
	calm := reflect.ValueOf(Calm())
	for i := range calm.NumField() {
		if name := calm.Type().Field(i).Name; calm.Field(i).IsZero() != apart[name] {
			t.Errorf("calm says something of %s: %v", name, !calm.Field(i).IsZero())
		}
	}
}
