package texts

import "strings"

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
	Session      []Question        `json:"session" doc:"The questions of a session"`
	Progress     []Question        `json:"progress" doc:"The questions of a progress entry; the scales among them have their values"`
	Outcomes     []Label           `json:"outcomes" doc:"What a clinician visit came to"`
	Severities   []Label           `json:"severities"`
	States       States            `json:"states"`
	Reasons      []Label           `json:"reasons" doc:"Why a reminder or a delivery waits or ended, by its reason; where a rule keeps it, the reason is the number of the rule"`
	Blocks       []Text            `json:"blocks" doc:"What may stand in the way of rolling, by the code of a block"`
	RedFlags     []RedFlag         `json:"red_flags" doc:"Answers that are an emergency whatever else is reported: an app that cannot ask shows its page for an emergency as soon as one holds"`
	Courses      []Course          `json:"courses" doc:"The most that people usually report, by hours after a session: the area behind a chart"`
	Words        map[string]string `json:"words" doc:"Sentences about health of an app's own screens. Drafts: no clinician has read them. A name in braces is put in by the app; a key that ends in .one or .other goes by the number"`
}

// States are the words for every state that the API answers.
type States struct {
	Rest     []Label `json:"rest" doc:"unknown: there is no answer of this moment"`
	Plan     []Label `json:"plan"`
	Warning  []Label `json:"warning"`
	Reminder []Label `json:"reminder"`
	Delivery []Label `json:"delivery"`
	Episode  []Label `json:"episode"`
}

// RedFlag holds when all of its conditions hold.
type RedFlag struct {
	Rule string      `json:"rule" example:"EM-05"`
	All  []Condition `json:"all"`
}

// Condition is one answer of a report, or risks and uses_minoxidil of the
// account.
type Condition struct {
	Field   string   `json:"field" example:"alarm"`
	Values  []string `json:"values,omitempty" doc:"Holds where the answer is, or contains, one of these"`
	Min     *float64 `json:"min,omitempty" doc:"Holds from this number on"`
	Below   *float64 `json:"below,omitempty" doc:"Holds under this number"`
	Unknown bool     `json:"unknown,omitempty" doc:"Holds where the field is not answered"`
}

// Course is the expected course after needles of a length.
type Course struct {
	UpToMM *float64    `json:"up_to_mm" doc:"Longest needle that it is for; null: longer ones, and those of unknown length"`
	Rows   []CourseRow `json:"rows"`
}

// CourseRow holds until some hours after the session.
type CourseRow struct {
	UntilH   *float64 `json:"until_h" doc:"null: from there on"`
	Erythema int      `json:"erythema"`
	Swelling int      `json:"swelling"`
	Warmth   int      `json:"warmth"`
	Pain     int      `json:"pain"`
	Itch     int      `json:"itch"`
	Burning  int      `json:"burning"`
	Flaking  int      `json:"flaking"`
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
	Name     string   `json:"name" doc:"In a few words, for a list"`
	Question string   `json:"question"`
	Help     string   `json:"help"`
	Group    string   `json:"group"`
	Needs    []string `json:"needs" doc:"What to ask beside yes or no: until, active"`
}

// Question asks for one field. No values: a free number, text or date.
type Question struct {
	Field    string  `json:"field"`
	Name     string  `json:"name" doc:"In a few words, for a table or a chart"`
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
		Session:      p.questions("ask.session", sessionQuestions), Progress: p.questions("ask.progress", progressQuestions),
		Outcomes: p.labels("outcome", outcomes), Severities: p.labels("severity", severities),
		States: States{
			Rest: p.labels("state.rest", restStates), Plan: p.labels("state.plan", planStates), Warning: p.labels("state.warning", warningStates),
			Reminder: p.labels("state.reminder", reminderStates), Delivery: p.labels("state.delivery", deliveryStates), Episode: p.labels("state.episode", episodeStates),
		},
		Reasons: p.reasons(), Blocks: p.blocks(), Words: p.words(),
	}
}

// blocks returns what may stand in the way of rolling.
func (p *Printer) blocks() []Text {
	var list []Text
	for _, id := range p.under("rest.") {
		if key, ok := strings.CutSuffix(id, ".title"); ok {
			list = append(list, Text{key, p.Title(key), p.Message(key)})
		}
	}
	return list
}

// reasons returns the word for each reason of models, which has the list of them;
// a test of the API compares the two.
func (p *Printer) reasons() []Label {
	var list []Label
	for _, id := range p.under("reason.") {
		list = append(list, Label{strings.TrimPrefix(id, "reason."), p.text(id)})
	}
	return list
}

// words returns the drafted sentences of an app's screens.
func (p *Printer) words() map[string]string {
	words := map[string]string{}
	for _, id := range p.under(draft) {
		words[strings.TrimPrefix(id, draft)] = p.text(id)
	}
	return words
}

// draft begins the id of each sentence that an app's design brought along.
const draft = "word."

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
		list[i] = RiskQuestion{r.code, p.text("risk." + r.code + ".name"), p.text("risk." + r.code + ".question"), p.text("risk." + r.code + ".help"), r.group, append([]string{}, r.needs...)}
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
		list[i] = Question{q.field, p.text(id + ".name"), p.text(id + ".question"), p.text(id + ".help"), p.answers(q)}
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
