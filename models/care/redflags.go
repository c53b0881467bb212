package care

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// RedFlag is a set of answers that is an emergency whatever else is told: what
// an app may act on at once when it cannot ask. It holds when all of its
// conditions hold.
type RedFlag struct {
	Rule string
	All  []Condition
}

// Condition is one answer. It holds where the answer is, or contains, one of
// the values; is at least Min; is below Below; or, with Unknown, is missing.
// The fields risks, uses_minoxidil and products are of the person and the
// report, the others of the report.
type Condition struct {
	Field   string
	Values  []string
	Min     *float64
	Below   *float64
	Unknown bool
}

// RedFlags returns the smallest sets of answers on which a rule of the tier
// emergency holds. They are found by trying the rules on every answer and every
// pair of answers, so that no second list of danger signs exists.
var RedFlags = sync.OnceValue(redFlags)

func redFlags() []RedFlag {
	s := search{atoms: atoms(), rules: emergencies()}
	for _, try := range []func(traits, bool){s.singles, s.pairs} {
		for _, p := range []traits{{}, {minoxidil: true}, {atRisk: true}, {atRisk: true, suppressed: true}} {
			try(p, false)
			try(p, true)
		}
	}
	return s.flags()
}

// traits are what the rules of the tier emergency ask about somebody.
type traits struct{ minoxidil, atRisk, suppressed bool }

// within reports whether all of p is also said of q.
func (p traits) within(q traits) bool {
	return (q.minoxidil || !p.minoxidil) && (q.atRisk || !p.atRisk) && (q.suppressed || !p.suppressed)
}

// conditions returns the alternatives under which somebody is such a person.
func (p traits) conditions() [][]Condition {
	switch {
	case p.minoxidil:
		return [][]Condition{{{Field: "uses_minoxidil", Values: []string{"true"}}}, {{Field: "products", Values: []string{minoxidilKind}}}}
	case p.atRisk:
		var codes []string
		for _, r := range riskCodes {
			if r.warn && (!p.suppressed || suppressing.Has(r.rule)) {
				codes = append(codes, r.code)
			}
		}
		return [][]Condition{{{Field: "risks", Values: codes}}}
	}
	return [][]Condition{nil}
}

// atom is one possible answer.
type atom struct {
	field, value string
	number       float64 // of a scale or a temperature, where numeric
	numeric      bool
	set          func(*Answers)
}

// atoms returns every answer that a report may hold beside 0 and "no".
func atoms() []atom {
	var list []atom
	answers := reflect.TypeFor[Answers]()
	for i := range answers.NumField() {
		field := answers.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		set := func(v any) func(*Answers) {
			return func(a *Answers) { put(reflect.ValueOf(a).Elem().Field(i), v) }
		}
		switch field.Type {
		case reflect.TypeFor[*int]():
			most, _ := strconv.Atoi(field.Tag.Get("maximum")) // a test holds the tag
			for v := 1; v <= most; v++ {
				list = append(list, atom{name, "", float64(v), true, set(v)})
			}
		case reflect.TypeFor[*float64]():
			for _, v := range [...]float64{cLow - 0.1, cRaised, cSameDay, cEmergency} {
				list = append(list, atom{name, "", v, true, set(v)})
			}
		case reflect.TypeFor[*bool]():
			list = append(list, atom{name, "true", 0, false, set(true)})
		case reflect.TypeFor[string](), reflect.TypeFor[Set]():
			for _, v := range strings.Split(field.Tag.Get("enum"), ",") {
				list = append(list, atom{name, v, 0, false, set(v)})
			}
		}
	}
	return list
}

// put answers one question; what a set holds already stays in it.
func put(field reflect.Value, v any) {
	switch v := v.(type) {
	case string:
		if field.Kind() == reflect.Slice {
			field.Set(reflect.Append(field, reflect.ValueOf(v)))
			return
		}
		field.SetString(v)
	case int:
		field.Set(reflect.ValueOf(&v))
	case float64:
		field.Set(reflect.ValueOf(&v))
	case bool:
		field.Set(reflect.ValueOf(&v))
	}
}

func emergencies() []*Rule {
	var rules []*Rule
	for i := range triage {
		if triage[i].Tier == Emergency {
			rules = append(rules, &triage[i])
		}
	}
	return rules
}

// found is one combination on which a rule holds.
type found struct {
	rule   *Rule
	person traits
	sore   bool // beside a local sign
	atoms  []atom
}

// search collects the combinations, the smaller ones first.
type search struct {
	atoms []atom
	rules []*Rule
	found []found
}

func (s *search) singles(p traits, sore bool) {
	for _, a := range s.atoms {
		s.test(p, sore, a)
	}
}

func (s *search) pairs(p traits, sore bool) {
	for i, a := range s.atoms {
		for _, b := range s.atoms[i+1:] {
			if a.field != b.field || !a.numeric && !b.numeric {
				s.test(p, sore, a, b)
			}
		}
	}
}

// test keeps a combination on which a rule holds, unless it holds on less.
func (s *search) test(p traits, sore bool, answers ...atom) {
	f := facts{minoxidil: p.minoxidil, atRisk: p.atRisk, suppressed: p.suppressed, h: never}
	zero, one := 0, signMild
	a := Answers{Erythema: &zero, Swelling: &zero, Warmth: &zero, Pain: &zero}
	if sore {
		a.Erythema = &one
	}
	for _, x := range answers {
		x.set(&a)
	}
	f.answer(&a)
	for _, r := range s.rules {
		if c := (found{r, p, sore, answers}); r.When(&f) && !slices.ContainsFunc(s.found, c.needsLess) {
			s.found = append(s.found, c)
		}
	}
}

// needsLess reports whether other is a part of c, whose answers may themselves
// be the local sign that other asks for.
func (c found) needsLess(other found) bool {
	if !other.person.within(c.person) || other.sore && !c.sore && !slices.ContainsFunc(c.atoms, atom.local) {
		return false
	}
	for _, a := range other.atoms {
		if !slices.ContainsFunc(c.atoms, a.same) {
			return false
		}
	}
	return true
}

func (a atom) same(b atom) bool {
	return a.field == b.field && a.value == b.value && a.number == b.number
}

// local reports whether the answer is a local sign.
func (a atom) local() bool {
	var f facts
	var said Answers
	a.set(&said)
	f.answer(&said)
	return f.localSign
}

// flags writes what was found with the answers to one question together.
func (s *search) flags() []RedFlag {
	var list []RedFlag
	for len(s.found) > 0 {
		first := s.found[0]
		var alike []atom
		s.found = slices.DeleteFunc(s.found, func(c found) bool {
			if !first.alike(c) {
				return false
			}
			alike = append(alike, c.atoms[0])
			return true
		})
		all := []Condition{s.condition(alike)}
		for _, a := range first.atoms[1:] {
			all = append(all, s.condition([]atom{a}))
		}
		list = append(list, s.spread(first, all)...)
	}
	slices.SortStableFunc(list, func(a, b RedFlag) int { return strings.Compare(a.Rule, b.Rule) })
	return list
}

// alike reports whether two combinations differ in their first answer alone.
func (c found) alike(other found) bool {
	return c.rule == other.rule && c.person == other.person && c.sore == other.sore && c.atoms[0].field == other.atoms[0].field &&
		slices.EqualFunc(c.atoms[1:], other.atoms[1:], atom.same)
}

// condition states answers to one question.
func (s *search) condition(alike []atom) Condition {
	c := Condition{Field: alike[0].field}
	if !alike[0].numeric {
		for _, a := range alike {
			c.Values = append(c.Values, a.value)
		}
		return c
	}
	if alike[0].number < cLow && c.Field == "temperature_c" {
		c.Below = new(cLow)
	} else {
		c.Min = &alike[0].number
	}
	return c
}

// spread writes a combination once for each sort of person and local sign.
func (s *search) spread(c found, all []Condition) []RedFlag {
	var list []RedFlag
	for _, who := range c.person.conditions() {
		if !c.sore {
			list = append(list, RedFlag{c.rule.ID, slices.Concat(all, who)})
			continue
		}
		for _, where := range s.localSigns() {
			list = append(list, RedFlag{c.rule.ID, slices.Concat(all, where, who)})
		}
	}
	return list
}

// localSigns returns the alternatives that count as a local sign: one that is
// told, or none of the four scales answered (DQ-05).
func (s *search) localSigns() [][]Condition {
	byField := map[string][]atom{}
	var fields []string
	for _, a := range s.atoms {
		if a.local() {
			if byField[a.field] == nil {
				fields = append(fields, a.field)
			}
			byField[a.field] = append(byField[a.field], a)
		}
	}
	var list [][]Condition
	for _, field := range fields {
		list = append(list, []Condition{s.condition(byField[field])})
	}
	var unsaid []Condition
	for _, field := range [...]string{"erythema", "swelling", "warmth", "pain"} {
		unsaid = append(unsaid, Condition{Field: field, Unknown: true})
	}
	return append(list, unsaid)
}
