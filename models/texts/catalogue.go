package texts

// Catalogue is everything an app must show before or without an answer, in one
// language: its only source of words about health.
type Catalogue struct {
	Language     string            `json:"language"`
	Reviewed     bool              `json:"reviewed" doc:"Whether a clinician who speaks the language has read these texts"`
	IntendedUse  string            `json:"intended_use"`
	Consents     []Consent         `json:"consents"`
	Risks        []RiskQuestion    `json:"risks"`
	RiskGroups   []Label           `json:"risk_groups"`
	Symptoms     []Question        `json:"symptoms"`
	HairLoss     []Question        `json:"hair_loss"`
	Areas        []Label           `json:"areas"`
	Problems     []Label           `json:"problems"`
	Products     []Label           `json:"products"`
	Actions      []Label           `json:"actions"`
	Answers      []Label           `json:"answers" doc:"What any question may be answered with beside its values"`
	Kinds        []Label           `json:"kinds"`
	Tiers        []TierText        `json:"tiers"`
	GetHelpIf    []string          `json:"get_help_if"`
	Emergency    map[string]string `json:"emergency" doc:"Number to call by region (ISO 3166)"`
	Advice       map[string]string `json:"advice" doc:"Line for medical advice by region (ISO 3166)"`
	Expectations Expectations      `json:"expectations"`
}

// Label is the text for a code of the API.
type Label struct {
	Value string `json:"value" doc:"The code, number or true/false as it is sent, as text"`
	Label string `json:"label"`
}

// Consent is a declaration that a person agrees to.
type Consent struct {
	Purpose string `json:"purpose"`
	Version string `json:"version"`
	Text    string `json:"text"`
}

// RiskQuestion asks for one risk.
type RiskQuestion struct {
	Code     string   `json:"code"`
	Question string   `json:"question"`
	Help     string   `json:"help"`
	Group    string   `json:"group"`
	Needs    []string `json:"needs" doc:"What to ask beside yes or no: until, active"`
}

// Question asks for one field. No values: a free number, text or date.
type Question struct {
	Field    string  `json:"field"`
	Question string  `json:"question"`
	Help     string  `json:"help"`
	Values   []Label `json:"values"`
}

// TierText says how urgent a tier is and what to do.
type TierText struct {
	Tier     string `json:"tier"`
	Title    string `json:"title"`
	WhatToDo string `json:"what_to_do"`
}

// Text is a titled paragraph.
type Text struct {
	Key   string `json:"key"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Expectations says what to expect of months of rolling. It promises nothing.
type Expectations struct {
	Texts    []Text           `json:"texts"`
	ByNeedle []NeedleForecast `json:"by_needle"`
}

// NeedleForecast is what nine months take at the current rest (PG-14).
type NeedleForecast struct {
	NeedleMM float64 `json:"needle_mm"`
	Sessions int     `json:"sessions"`
	Rollers  int     `json:"rollers"`
	Text     string  `json:"text"`
}

// Catalogue returns the catalogue in the printer's language. consents maps each
// purpose to the current version of its wording; forecasts need no text.
func (p *Printer) Catalogue(consents map[string]string, forecasts []NeedleForecast) Catalogue {
	return Catalogue{
		Language: p.Language(), Reviewed: p.Reviewed(), IntendedUse: p.IntendedUse(),
		Consents: p.consents(consents), Risks: p.risks(), RiskGroups: p.labels("group", riskGroups),
		Symptoms: p.questions("symptom", symptoms), HairLoss: p.questions("hair_loss", hairLoss),
		Areas: p.labels("area", areas), Problems: p.labels("problem", problems), Products: p.labels("product", products),
		Actions: p.labels("action", actions), Answers: p.labels("answer", answers),
		Kinds: p.labels("kind", kinds), Tiers: p.tiers(),
		GetHelpIf: p.GetHelpIf(), Emergency: published(emergencyOf), Advice: published(adviceOf),
		Expectations: p.expectations(forecasts),
	}
}

func (p *Printer) consents(versions map[string]string) []Consent {
	list := make([]Consent, len(purposes))
	for i, purpose := range purposes {
		list[i] = Consent{purpose, versions[purpose], p.text("consent." + purpose)}
	}
	return list
}

func (p *Printer) risks() []RiskQuestion {
	list := make([]RiskQuestion, len(risks))
	for i, r := range risks {
		list[i] = RiskQuestion{r.code, p.text("risk." + r.code + ".question"), p.text("risk." + r.code + ".help"), r.group, append([]string{}, r.needs...)}
	}
	return list
}

func (p *Printer) labels(prefix string, codes []string) []Label {
	list := make([]Label, len(codes))
	for i, code := range codes {
		list[i] = Label{code, p.text(prefix + "." + code)}
	}
	return list
}

func (p *Printer) questions(prefix string, asked []question) []Question {
	list := make([]Question, len(asked))
	for i, q := range asked {
		id := prefix + "." + q.name()
		list[i] = Question{q.field, p.text(id + ".question"), p.text(id + ".help"), p.answers(q)}
	}
	return list
}

// answers returns the labels of a question's values: shared labels by the value
// itself, others by the field.
func (p *Printer) answers(q question) []Label {
	list := make([]Label, len(q.values))
	for i, v := range q.values {
		list[i] = Label{v, v}
		if id := q.label(v); id != "" {
			list[i].Label = p.text(id)
		}
	}
	return list
}

func (p *Printer) tiers() []TierText {
	list := make([]TierText, len(tiers))
	for i, t := range tiers {
		list[i] = TierText{t, p.text("tier." + t + ".title"), p.text("tier." + t + ".what_to_do")}
	}
	return list
}

func (p *Printer) expectations(forecasts []NeedleForecast) Expectations {
	var e Expectations
	for _, key := range expectations {
		e.Texts = append(e.Texts, Text{key, p.Title(key), p.Message(key)})
	}
	for _, f := range forecasts {
		f.Text = p.Expect(f.NeedleMM, f.Sessions, f.Rollers)
		e.ByNeedle = append(e.ByNeedle, f)
	}
	return e
}
