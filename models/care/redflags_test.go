package care

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// values are an answer as a condition reads it, and its number where it has
// one; nil: not answered.
func answered(a *Answers, p Person, field string) (values []string, number *float64) {
	switch field {
	case "uses_minoxidil":
		return []string{fmt.Sprint(p.UsesMinoxidil)}, nil
	case "risks":
		for _, r := range p.Risks {
			values = append(values, r.Code)
		}
		return values, nil
	case "products":
		for _, product := range a.Products {
			values = append(values, product.Kind)
		}
		return values, nil
	}
	answers := reflect.ValueOf(a).Elem()
	for i := range answers.NumField() {
		if name, _, _ := strings.Cut(answers.Type().Field(i).Tag.Get("json"), ","); name == field {
			switch v := answers.Field(i).Interface().(type) {
			case *int:
				most, _ := strconv.Atoi(answers.Type().Field(i).Tag.Get("maximum"))
				if v != nil && *v >= 0 && *v <= most { // else it counts as unknown
					number = new(float64(*v))
				}
			case *float64:
				number = v
			case *bool:
				if v != nil {
					values = []string{fmt.Sprint(*v)}
				}
			case Set:
				values = v
			case string:
				values = []string{v}
			}
			return values, number
		}
	}
	panic("no answer of the name " + field)
}

func (c Condition) holds(a *Answers, p Person) bool {
	values, number := answered(a, p, c.Field)
	switch {
	case c.Unknown:
		return number == nil
	case c.Min != nil:
		return number != nil && *number >= *c.Min
	case c.Below != nil:
		return number != nil && *number < *c.Below
	}
	return slices.ContainsFunc(values, func(v string) bool { return slices.Contains(c.Values, v) })
}

func (r RedFlag) holds(a *Answers, p Person) bool {
	return !slices.ContainsFunc(r.All, func(c Condition) bool { return !c.holds(a, p) })
}

// measured leaves out what is no answer of the API, and the fever that a reading
// contradicts: an app may react to the feeling, the rules believe the reading.
func measured(a *Answers) bool {
	t := a.TemperatureC
	return (t == nil || *t >= cLowest && *t <= cHighest && a.Feverish != "yes")
}

// What an app may act on by itself is an emergency by the rules, and nothing
// that is one by a report alone is missing.
func TestRedFlagsAreTheEmergenciesOfTheRules(t *testing.T) {
	flags := RedFlags()
	rapid.Check(t, func(t *rapid.T) {
		p := genPerson(t, t0)
		p.Risks = slices.DeleteFunc(p.Risks, func(r Risk) bool { return r != (Risk{Code: r.Code}) })
		a := genAnswers(t)
		if !measured(&a) {
			return
		}
		got := Assess(History{Reports: []Report{{ID: "r", At: t0, Answers: a}}}, p, t0).Reports["r"]
		holds := slices.ContainsFunc(flags, func(f RedFlag) bool { return f.holds(&a, p) })
		if holds != (got.Tier == Emergency) {
			t.Fatalf("a flag holds: %v; the rules say %v by %v for %+v of %+v", holds, got.Tier, got.Rules, a, p)
		}
	})
}

func TestRedFlagsOfEachRule(t *testing.T) {
	var got []string
	for _, f := range RedFlags() {
		line := f.Rule
		for _, c := range f.All {
			line += " " + c.Field
			switch {
			case c.Unknown:
				line += " unknown"
			case c.Min != nil:
				line += fmt.Sprintf(">=%v", *c.Min)
			case c.Below != nil:
				line += fmt.Sprintf("<%v", *c.Below)
			case c.Field != "risks":
				line += fmt.Sprint(c.Values)
			}
		}
		got = append(got, line)
	}
	for _, want := range []string{
		"EM-01 systemic[confusion fast_breathing cold_clammy_skin]",
		"EM-01 systemic[chills racing_heart faintness repeated_vomiting no_urine] discharge[clear blood yellow_green thick not_sure]",
		"EM-01 systemic[chills racing_heart faintness repeated_vomiting no_urine] erythema unknown swelling unknown warmth unknown pain unknown",
		"EM-02 temperature_c>=39 pain>=1",
		"EM-03 spreading_fast[true]", "EM-03 alarm[skin_black_or_numb]", "EM-03 pain>=8 alarm[pain_beyond_look]",
		"EM-04 alarm[eyelid_swelling] alarm[eye_pain_or_vision]",
		"EM-05 alarm[face_or_tongue_swelling breathing_difficulty widespread_hives]",
		"EM-06 alarm[chest_pain]", "EM-06 systemic[racing_heart faintness] uses_minoxidil[true]",
		"EM-07 bleeding[not_stopping]", "EM-08 temperature_c>=38 swelling>=1 risks", "EM-09 temperature_c>=38 risks", "EM-09 feverish[yes] risks",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no flag %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
}

func BenchmarkRedFlags(b *testing.B) {
	for b.Loop() {
		redFlags()
	}
}
