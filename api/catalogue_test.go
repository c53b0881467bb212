package api

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"aftercare/models"
	"aftercare/models/care"
	"aftercare/models/texts"
)

// catalogue asks as an app does.
func (w *world) catalogue(language string) texts.Catalogue {
	w.Helper()
	var c texts.Catalogue
	a := w.call("GET", "/v1/catalogue", nil, "Accept-Language: "+language)
	if err := json.Unmarshal(a.raw, &c); err != nil || a.StatusCode != 200 {
		w.Fatal(a.StatusCode, err)
	}
	return c
}

// The sentences of a region name the numbers to call there; without one they name none.
func TestTheCatalogueNamesTheNumbersOfARegion(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]string{"/v1/catalogue?region=GB": "Call 999 at once", "/v1/catalogue": "Call your local emergency number at once"} {
		if a := w.call("GET", path, nil, "Accept-Language: en"); a.StatusCode != 200 || !strings.Contains(string(a.raw), want) {
			t.Errorf("%s: %d, and no %q", path, a.StatusCode, want)
		}
	}
	if a := w.call("GET", "/v1/catalogue?region=Britain", nil); a.StatusCode != 422 {
		t.Error(a.StatusCode)
	}
}

// enumOf lists the values that a field of a row may have.
func enumOf[T any](t *testing.T, field string) []string {
	t.Helper()
	f, ok := reflect.TypeFor[T]().FieldByName(field)
	if !ok {
		t.Fatalf("no field %s", field)
	}
	return strings.Split(f.Tag.Get("enum"), ",")
}

func asText[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

func valuesOf(labels []texts.Label) []string {
	out := make([]string, len(labels))
	for i, l := range labels {
		out[i] = l.Value
	}
	return out
}

// An app has a word for every value that the API may answer or asks for.
func TestTheCatalogueNamesWhatTheAPIAnswers(t *testing.T) {
	c := newWorld(t).catalogue("en")
	asked := map[string][]string{}
	for _, q := range c.Session {
		asked["session "+q.Field] = valuesOf(q.Values)
	}
	for _, q := range c.Progress {
		asked["progress "+q.Field] = valuesOf(q.Values)
	}
	for name, set := range map[string][2][]string{
		"rest":      {valuesOf(c.States.Rest), append(asText([]care.RestState{care.RestResting, care.RestEarly, care.RestReady, care.RestBlocked}), "unknown")},
		"plan":      {valuesOf(c.States.Plan), asText(models.PlanStates())},
		"warning":   {valuesOf(c.States.Warning), asText(models.WarningStates())},
		"reminder":  {valuesOf(c.States.Reminder), asText(models.ReminderStates())},
		"delivery":  {valuesOf(c.States.Delivery), asText(models.DeliveryStates())},
		"episode":   {valuesOf(c.States.Episode), asText(models.EpisodeStates())},
		"reasons":   {valuesOf(c.Reasons), slices.DeleteFunc(asText(reasons()), isRule)},
		"outcomes":  {valuesOf(c.Outcomes), {care.OutcomeBooked, care.OutcomeSeen, care.OutcomeCleared}},
		"severity":  {valuesOf(c.Severities), asText([]care.Severity{care.Info, care.Caution, care.Stop})},
		"bleeding":  {asked["session bleeding"], enumOf[models.Session](t, "Bleeding")},
		"performed": {asked["session performed_by"], enumOf[models.Session](t, "PerformedBy")},
		"areas":     {asked["session areas"], enumOf[models.Session](t, "Areas")},
		"shedding":  {asked["progress shedding"], enumOf[models.Progress](t, "Shedding")},
		"by":        {asked["progress by"], enumOf[models.Progress](t, "By")},
	} {
		if !slices.Equal(slices.Sorted(slices.Values(set[0])), slices.Sorted(slices.Values(set[1]))) {
			t.Errorf("%s: words for %q, answered %q", name, set[0], set[1])
		}
	}
	for _, scale := range enumOf[models.Progress](t, "Scale") {
		if _, ok := asked["progress "+scale]; !ok {
			t.Errorf("nothing asks for %s", scale)
		}
	}
}

// isRule reports whether a reason is the number of a rule, which has no word.
func isRule(reason string) bool { return strings.Contains(reason, "-") }

// What an offline app draws and reacts to is what the rules say.
func TestTheCatalogueCarriesTheRules(t *testing.T) {
	c := newWorld(t).catalogue("fr")
	if len(c.RedFlags) != len(care.RedFlags()) || len(c.Courses) != len(care.Courses()) {
		t.Fatalf("%d red flags, %d courses", len(c.RedFlags), len(c.Courses))
	}
	short, long := c.Courses[0], c.Courses[1]
	if *short.UpToMM != 0.3 || long.UpToMM != nil || *long.Rows[0].UntilH != 24 || long.Rows[4].UntilH != nil || *long.Rows[3].UntilH != 168 || long.Rows[0].Pain != 4 || short.Rows[0].Pain != 3 {
		t.Errorf("%+v %+v", short, long)
	}
	if c.Words["help.say.then"] != "Puis ce que vous voyez et sentez." {
		t.Errorf("%q", c.Words["help.say.then"])
	}
}
