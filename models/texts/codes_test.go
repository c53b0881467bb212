package texts

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"aftercare/models/care"
)

func codesOf(labels []Label) []string {
	codes := make([]string, len(labels))
	for i, l := range labels {
		codes[i] = l.Value
	}
	return codes
}

func same(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// Every code that a report, a risk or a product may have stands in the
// catalogue, and no other.
func TestTheCatalogueHoldsTheCodesOfCare(t *testing.T) {
	c := For("en").Catalogue(nil, nil)
	var codes []string
	for _, r := range c.Risks {
		codes = append(codes, r.Code)
	}
	for _, code := range care.RiskCodes() {
		if !slices.Contains(codes, code) {
			t.Errorf("nothing asks for the risk %s", code)
		}
	}
	for _, code := range codes {
		if !slices.Contains(care.RiskCodes(), code) {
			t.Errorf("asked, but no risk of care: %s", code)
		}
	}
	asked := map[string][]string{}
	for _, q := range c.Symptoms {
		asked[q.Field] = codesOf(q.Values)
	}
	answers := reflect.TypeFor[care.Answers]()
	for i := range answers.NumField() {
		field := answers.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		values, ok := asked[name]
		if !ok {
			t.Errorf("nothing asks for %s", name)
			continue
		}
		if enum := field.Tag.Get("enum"); enum != "" && !same(values, strings.Split(enum, ",")) {
			t.Errorf("%s: %q, of care %q", name, values, enum)
		}
		if most := field.Tag.Get("maximum"); most == "3" || most == "10" {
			if len(values) == 0 || values[len(values)-1] != most || values[0] != "0" {
				t.Errorf("%s: %q, of care 0 to %s", name, values, most)
			}
		}
		delete(asked, name)
	}
	if len(asked) > 0 {
		t.Errorf("asked, but no answer of care: %q", slices.Collect(maps.Keys(asked)))
	}
	kind, _ := reflect.TypeFor[care.Product]().FieldByName("Kind")
	if enum := strings.Split(kind.Tag.Get("enum"), ","); !same(codesOf(c.Products), enum) {
		t.Errorf("products: %q, of care %q", codesOf(c.Products), enum)
	}
	for tier := care.Expected; tier <= care.Emergency; tier++ {
		if got := c.Tiers[tier-care.Expected].Tier; got != tier.String() {
			t.Errorf("%v: %s", tier, got)
		}
	}
}

// The other closed sets of the contract.
func TestTheCatalogueHoldsTheCodesOfTheContract(t *testing.T) {
	c := For("en").Catalogue(map[string]string{"push": "7"}, nil)
	for _, set := range []struct {
		got  []Label
		want string
	}{
		{c.Areas, "hairline temples midline crown back sides"},
		{c.Problems, "bent rusty dull dropped borrowed used_on_wound"},
		{c.Actions, "will_book booked seen watching acknowledge snooze open calm still_there fewer as_before"},
		{c.Kinds, "check_in aftercare rest_over roller_care progress recheck risk_review warning summary test"},
		{c.HairLoss[0].Values, "androgenetic alopecia_areata traction telogen_effluvium scarring unknown"},
		{c.HairLoss[1].Values, "clinician self"},
	} {
		if !same(codesOf(set.got), strings.Fields(set.want)) {
			t.Errorf("%q, of the contract %q", codesOf(set.got), set.want)
		}
	}
	groups := codesOf(c.RiskGroups)
	for _, r := range c.Risks {
		if !slices.Contains(groups, r.Group) {
			t.Errorf("%s is in no group: %q", r.Code, r.Group)
		}
	}
	if c.Consents[1] != (Consent{"push", "7", c.Consents[1].Text}) || c.Emergency["GB"] != "999" || c.Advice["DE"] != "116117" || c.Emergency["UK"] != "" {
		t.Errorf("%+v %v", c.Consents, c.Advice)
	}
}

// stringsIn visits every text of a value.
func stringsIn(v reflect.Value, path string, visit func(path, text string)) {
	switch v.Kind() {
	case reflect.String:
		visit(path, v.String())
	case reflect.Slice:
		for i := range v.Len() {
			stringsIn(v.Index(i), path, visit)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			stringsIn(v.MapIndex(key), path+"."+key.String(), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			stringsIn(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	}
}

// Every code has words of its own in every language, not what stands in.
func TestEveryCodeHasItsWordsInEveryLanguage(t *testing.T) {
	for _, name := range languageNames {
		p := For(name)
		standIn, noAction := p.text("unknown.message"), 0
		forecasts := []NeedleForecast{{NeedleMM: 0.25, Sessions: 68, Rollers: 7}}
		c := p.Catalogue(map[string]string{"health_data": "1", "push": "1"}, forecasts)
		stringsIn(reflect.ValueOf(c), name, func(path, text string) {
			if text == "" || text == standIn || strings.Contains(text, "{{") || strings.Contains(text, "<no value>") {
				t.Errorf("%s: %q", path, text)
			}
		})
		for _, a := range c.Actions {
			if a.Label == p.Action("nothing of this name") {
				noAction++
			}
		}
		if noAction != 1 || c.Language != name || c.Reviewed {
			t.Errorf("%s: %d labels of actions say open; language %s, reviewed %v", name, noAction, c.Language, c.Reviewed)
		}
		for _, q := range slices.Concat(c.Symptoms, c.HairLoss, c.Session, c.Progress) {
			labels := map[string]bool{}
			for _, v := range q.Values {
				labels[v.Label] = true
			}
			if len(labels) != len(q.Values) {
				t.Errorf("%s %s: two values read alike: %v", name, q.Field, q.Values)
			}
		}
	}
}

// Words that go by a number exist for one and for many, and every screen of an
// app that shows a state has a word for it.
func TestWordsOfAnAppAreWhole(t *testing.T) {
	words := For("en").Catalogue(nil, nil).Words
	for key := range words {
		for form, other := range map[string]string{".one": ".other", ".other": ".one"} {
			if base, ok := strings.CutSuffix(key, form); ok && words[base+other] == "" && strings.Contains(words[key], "{") {
				t.Errorf("%s lacks its other form", key)
			}
		}
	}
	for _, key := range []string{"home.ready", "checkin.red", "emergency.say.now", "help.say.then", "soak.then.3"} {
		if words[key] == "" {
			t.Errorf("no word %s", key)
		}
	}
}

// What may stand in the way of rolling is all that care knows of.
func TestBlocksAreThoseOfCare(t *testing.T) {
	var want []string
	for _, key := range care.Keys() {
		if strings.HasPrefix(key, "rest.") {
			want = append(want, key)
		}
	}
	var got []string
	for _, b := range For("de").In("AT").Catalogue(nil, nil).Blocks {
		got = append(got, b.Key)
	}
	if !same(got, want) {
		t.Errorf("%q, of care %q", got, want)
	}
}

// PG-14: the words around the numbers that care gives.
func TestForecastsReadWellInEveryLanguage(t *testing.T) {
	for name, want := range map[string][2]string{
		"en":    {"0.25\u00a0mm: about 68 sessions in 9 months, 7 rollers", "2\u00a0mm: about 1 session in 9 months, 1 roller"},
		"de":    {"0,25\u00a0mm: etwa 68 Sitzungen in 9 Monaten, 7 Roller", "2\u00a0mm: etwa 1 Sitzung in 9 Monaten, 1 Roller"},
		"es":    {"0,25\u00a0mm: cerca de 68 sesiones en 9 meses, 7 rodillos", "2\u00a0mm: cerca de 1 sesión en 9 meses, 1 rodillo"},
		"fr":    {"0,25\u00a0mm\u00a0: environ 68 séances en 9 mois, 7 rouleaux", "2\u00a0mm\u00a0: environ 1 séance en 9 mois, 1 rouleau"},
		"pt-BR": {"0,25\u00a0mm: cerca de 68 sessões em 9 meses, 7 rollers", "2\u00a0mm: cerca de 1 sessão em 9 meses, 1 roller"},
	} {
		p := For(name)
		if many, one := p.Expect(0.25, 68, 7), p.Expect(2, 1, 1); many != want[0] || one != want[1] {
			t.Errorf("%s: %q, %q", name, many, one)
		}
	}
}
