package api

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"aftercare/models"
	"aftercare/models/care"
)

// TestAnswersHoldEveryField: a phone never has to tell a field that has no
// value from one that the server does not know.
func TestAnswersHoldEveryField(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson(func(in object) { in["locale"] = "en" })
	p.session("session-1", 24)
	p.report("report-01", 1, object{"erythema": 1, "discharge": []string{"yellow_green"}})
	p.want(201, p.do("PUT", "/v1/rollers/roller-01", object{}))
	p.want(200, p.do("PUT", "/v1/devices/current/push", pushAddressOf("https://push.example.org/a")))
	reminder := text(p.do("GET", "/v1/reminders?limit=1", nil).items()[0], "id")
	warning := text(p.do("GET", "/v1/warnings", nil).items()[0], "id")
	for path, fields := range map[string][]string{
		"/v1/account":               {"email", "region", "risks", "risks_reviewed_at", "clinician_cleared_on"},
		"/v1/devices/current":       {"push.last_accepted_at", "push.last_error"},
		"/v1/rollers":               {"next_cursor"},
		"/v1/rollers/roller-01":     {"needle_mm", "material", "quarantined_by", "replace_by"},
		"/v1/sessions/session-1":    {"roller_id", "baseline", "notes"},
		"/v1/reports/report-01":     {"itch", "alarm", "temperature_c", "trend", "assessment.emergency_number"},
		"/v1/warnings/" + warning:   {"acknowledged_at", "reason"},
		"/v1/reminders/" + reminder: {"held_by", "reason", "snoozed_until", "session_id"},
	} {
		body := p.want(200, p.do("GET", path, nil)).body
		for _, field := range fields {
			if value, found := valueAt(body, field); !found || value != nil {
				t.Errorf("%s: %s is there: %v, %v", path, field, found, value)
			}
		}
	}
	report := p.do("GET", "/v1/reports/report-01", nil)
	for field, want := range map[string]any{"seen_by_clinician": false, "erythema": 1.0, "calm": nil} {
		if got, found := valueAt(report.body, field); got != want || found != (want != nil) {
			t.Errorf("%s is %v", field, got)
		}
	}
	for _, field := range []string{"flags", "assessment.get_help_if", "assessment.asks_again"} {
		if list, _ := valueAt(report.body, field); list == nil || len(list.([]any)) != 0 {
			t.Errorf("%s is %v, want an empty list", field, list)
		}
	}
	for _, path := range []string{"/v1/rollers/roller-01", "/v1/sessions/session-1", "/v1/reports/report-01"} {
		before := p.do("GET", path, nil)
		if after := p.want(200, p.do("PUT", path, string(before.raw))); !bytes.Equal(before.raw, after.raw) {
			t.Errorf("PUT back, %s becomes\n%s, was\n%s", path, after.raw, before.raw)
		}
	}
}

func valueAt(v any, path string) (any, bool) {
	first, rest, deeper := strings.Cut(path, ".")
	o, _ := v.(object)
	value, found := o[first]
	if deeper && found {
		return valueAt(value, rest)
	}
	return value, found
}

// TestEverySymptomIsTakenAndShown: a field that care knows and the API does not
// copy would be lost without a word.
func TestEverySymptomIsTakenAndShown(t *testing.T) {
	for name, set := range map[string]bool{"answered": true, "not answered": false} {
		var sent care.Answers
		if set {
			fill(reflect.ValueOf(&sent).Elem())
		}
		if got := showSymptoms(sent).answers(); !reflect.DeepEqual(got, sent) {
			t.Errorf("%s: %+v comes back as %+v", name, sent, got)
		}
	}
}

// TestEverySettingIsTakenAndShown, but for what only the server sets.
func TestEverySettingIsTakenAndShown(t *testing.T) {
	var sent models.Account
	fill(reflect.ValueOf(&sent).Elem())
	got := reflect.ValueOf(showAccount(sent).model())
	for i := range got.NumField() {
		f := got.Type().Field(i)
		if f.Tag.Get("json") != "-" && f.Tag.Get("readOnly") != "true" && got.Field(i).IsZero() {
			t.Errorf("%s is lost", f.Name)
		}
	}
}

// fill gives every field a value that is not its zero.
func fill(v reflect.Value) {
	if !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		if _, isTime := v.Interface().(time.Time); isTime {
			v.Set(reflect.ValueOf(time.UnixMilli(1_700_000_000_000).UTC()))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	}
}

// TestAnswersAreWrittenAsEncodingJSONDoes holds it for each type that is
// answered, with nothing in it and with something.
func TestAnswersAreWrittenAsEncodingJSONDoes(t *testing.T) {
	registry := newWorld(t).api.OpenAPI().Components.Schemas
	seen := 0
	for name := range registry.Map() {
		kind := registry.TypeFromRef(schemaPath + name)
		if kind == nil || kind.Kind() != reflect.Struct {
			continue
		}
		seen++
		v := reflect.New(kind).Elem()
		sameJSON(t, v.Interface())
		fill(v)
		sameJSON(t, List[any]{Items: []any{v.Interface(), v.Addr().Interface()}})
	}
	if seen < 30 {
		t.Errorf("only %d types were found", seen)
	}
}

func sameJSON(t *testing.T, v any) {
	t.Helper()
	var got, want bytes.Buffer
	encoder := json.NewEncoder(&want)
	encoder.SetEscapeHTML(false)
	gotErr, wantErr := marshal(&got, v), encoder.Encode(v)
	if (gotErr == nil) != (wantErr == nil) || !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("%T: %v, encoding/json says %v\n got %s\nwant %s", v, gotErr, wantErr, got.Bytes(), want.Bytes())
	}
}

// The app says nothing left without a network, so it has these answers of its own.
func TestTheAppsCalmIsTheServers(t *testing.T) {
	source, err := os.ReadFile("../app/src/core/checkin.ts")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(source), "export const calm: Answers = {")
	literal, _, ended := strings.Cut(after, "};")
	if !found || !ended {
		t.Fatal("checkin.ts has no calm")
	}
	literal = regexp.MustCompile(`(\w+):`).ReplaceAllString(strings.ReplaceAll(literal, "'", `"`), `"$1":`)
	var app map[string]any
	if err := json.Unmarshal([]byte("{"+strings.TrimRight(literal, ", \n")+"}"), &app); err != nil {
		t.Fatal(err)
	}
	var server map[string]any
	if err := json.Unmarshal(encoded(t, models.Calm()), &server); err != nil {
		t.Fatal(err)
	}
	if len(server) < 18 || !reflect.DeepEqual(app, server) {
		t.Errorf("the app sends %v\nthe server says  %v", app, server)
	}
}

// The app draws and asks by lists of its own.
func TestTheAppListsTheSymptomsOfTheServer(t *testing.T) {
	var sets, scales []string
	answers := reflect.TypeFor[care.Answers]()
	for i := range answers.NumField() {
		if field := answers.Field(i); field.Type == reflect.TypeFor[care.Set]() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			sets = append(sets, name)
		}
	}
	for _, s := range care.Scales {
		scales = append(scales, s.Name)
	}
	for _, list := range []struct {
		file, start string
		want        []string
	}{
		{"core/checkin.ts", "const sets = new Set([", sets},
		{"core/cycles.ts", "export const signs = [", scales},
		{"components/summary.tsx", "const graded = [", scales},
	} {
		source, err := os.ReadFile("../app/src/" + list.file)
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(source), list.start)
		inside, _, _ := strings.Cut(after, "]")
		got := regexp.MustCompile(`\w+`).FindAllString(inside, -1)
		if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(list.want))) {
			t.Errorf("%s, %s: %q, of the server %q", list.file, list.start, got, list.want)
		}
	}
}
