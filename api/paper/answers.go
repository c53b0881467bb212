package paper

import (
	"strings"

	"aftercare/models"
	"aftercare/models/care"
)

// others returns the answers that are no scales: the findings in words, then
// the questions that were not answered.
func (w *writer) others(r *models.Report) string {
	a := &r.Answers
	var said, open []string
	no := 0
	find := func(field, words string, answered bool) {
		name := w.Say("symptom." + field + ".name")
		switch {
		case !answered:
			open = append(open, name)
		case words != "":
			said = append(said, w.pair(name, words))
		default:
			no++
		}
	}
	set := func(field string, values care.Set) {
		find(field, w.values(field, values), values != nil)
	}
	one := func(field, value, none string) {
		words := ""
		if value != none && value != "" {
			words = w.values(field, care.Set{value})
		}
		find(field, words, value != "")
	}
	set("alarm", a.Alarm)
	set("systemic", a.Systemic)
	one("extent", a.Extent, "rolled_area")
	find("spreading_fast", w.ifYes(a.SpreadingFast), a.SpreadingFast != nil || a.Extent == "rolled_area")
	set("discharge", a.Discharge)
	one("odour", a.Odour, "no")
	one("lumps", a.Lumps, "none")
	one("tender_nodes", a.TenderNodes, "no")
	one("bleeding", a.Bleeding, "none")
	one("feverish", a.Feverish, "no")
	set("skin", a.Skin)
	if a.Trend != "" {
		find("trend", w.values("trend", care.Set{a.Trend}), true)
	}
	if no == 0 && len(open) > 1 {
		open = nil
		said = append(said, w.Say("page.other.open"))
	}
	return w.joined(said, open, r)
}

// joined returns findings, open questions and the person's own words.
func (w *writer) joined(said, open []string, r *models.Report) string {
	var parts []string
	if len(said) > 0 {
		parts = append(parts, strings.Join(said, "; ")+".")
	}
	if r.ClinicianDiagnosis != "" {
		parts = append(parts, w.pair(w.Say("page.said"), r.ClinicianDiagnosis))
	}
	if len(open) > 0 {
		parts = append(parts, w.pair(w.sentence(w.Say("page.not_answered")), strings.Join(open, ", "))+".")
	} else if len(said) == 0 {
		parts = append(parts, w.sentence(w.Say("page.other.none"))+".")
	}
	if r.Note != "" {
		parts = append(parts, w.pair(w.Say("page.note"), r.Note))
	}
	return strings.Join(parts, " ")
}

// pair returns a name with its value; French sets its colon off.
func (w *writer) pair(name, words string) string {
	if w.Language() == "fr" {
		name += "\u00a0"
	}
	return name + ": " + words
}

func (w *writer) sentence(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}

// ifYes returns the word for yes, "" for no.
func (w *writer) ifYes(v *bool) string {
	if v != nil && *v {
		return w.Say("answer.yes")
	}
	return ""
}

// values returns the words for the values of a symptom.
func (w *writer) values(field string, values care.Set) string {
	words := make([]string, len(values))
	for i, v := range values {
		switch v {
		case "yes", "no", "not_sure":
			words[i] = w.Say("answer." + v)
		default:
			words[i] = w.label("value."+field+".", v)
		}
	}
	return strings.Join(words, ", ")
}
