// Package paper writes the page for a doctor, for a screen and for paper. It
// is a package of its own because nothing else of the API needs a layout, fonts
// or a PDF writer. What is on the page comes from models; the words come from
// models/texts.
package paper

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"aftercare/models"
	"aftercare/models/care"
	"aftercare/models/texts"
)

// Page is a report in words, ready to be laid out.
type Page struct {
	Language string
	Title    string
	Made     string
	Limits   string
	Unknown  string // what ? means
	AsPDF    string // label of the link to the PDF
	// Questions are the person's own; "": none.
	QuestionsTitle, Questions string
	Chart                     *Chart
	Reports                   *Table  // beside the curve, on the first page
	Tables                    []Table // on the last page
	made                      time.Time
	number                    func(page, pages int) string
	more                      func(rows int) string
}

// Table is one part of the report.
type Table struct {
	Title string
	Note  string
	Head  []string
	Rows  [][]string
	// widths are the shares of the columns on paper.
	widths []float64
	// upright is how many columns after the first have a head that is turned, for
	// there is one digit below it.
	upright int
	// whole tables come before the others when paper is short.
	whole bool
}

// writer puts a report into words.
type writer struct {
	*texts.Printer
	models.DoctorPage
}

// Parts that a person may want on the page.
const (
	Sessions = "sessions"
	Reports  = "reports"
	Warnings = "warnings"
	Products = "products"
	Risks    = "risks"
	Progress = "progress"
)

// Parts returns all parts.
func Parts() []string { return []string{Sessions, Reports, Warnings, Products, Risks, Progress} }

// Of returns the report in the printer's language.
func Of(content models.DoctorPage, p *texts.Printer) Page {
	w := writer{p, content}
	page := Page{
		Language: p.Language(), Title: p.Say("page.title"), Limits: p.Say("page.limits"), Unknown: p.Say("page.unanswered"), AsPDF: p.Say("page.pdf"),
		Made: p.Fill("page.made", map[string]any{"Day": p.Day(w.at(w.CreatedAt)), "From": w.date(w.FromAt), "To": w.date(w.ToAt), "Zone": w.Zone.String()}),
		made: w.CreatedAt.Time,
		number: func(n, of int) string {
			return p.Fill("page.number", map[string]any{"Page": n, "Pages": of})
		},
		more: func(rows int) string {
			form := "other"
			if rows == 1 {
				form = "one"
			}
			return p.Fill("page.more."+form, map[string]any{"Count": rows})
		},
	}
	if w.Questions != "" {
		page.QuestionsTitle, page.Questions = p.Say("page.questions"), w.Questions
	}
	if w.Has(Reports) {
		page.Chart, page.Reports = w.chart(), w.reports()
	}
	var superseded []Table
	if w.Has(Warnings) {
		var standing Table
		standing, superseded = w.warnings()
		page.Tables = append(page.Tables, standing)
	}
	for _, part := range []struct {
		name  string
		table func() []Table
	}{{Sessions, w.sessions}, {Products, w.products}, {Risks, w.risks}, {Warnings, w.visits}, {Progress, w.progress}} {
		if w.Has(part.name) {
			page.Tables = append(page.Tables, part.table()...)
		}
	}
	page.Tables = append(page.Tables, superseded...)
	return page
}

// Has reports whether the person wants this part on the page.
func (w *writer) Has(part string) bool { return w.DoctorReport.Has(part) }

func (w *writer) at(t models.Time) time.Time { return t.In(w.Zone) }

func (w *writer) date(t models.Time) string { return w.at(t).Format(time.DateOnly) }

// moment formats a time unambiguously in every language.
func (w *writer) moment(t models.Time) string { return w.at(t).Format("2006-01-02 15:04") }

// unanswered is printed where a person gave no answer.
const unanswered = "?"

func (w *writer) number(n *int) string {
	if n == nil {
		return unanswered
	}
	return strconv.Itoa(*n)
}

func (w *writer) needle(s *models.Session) string {
	if s.NeedleMMUsed == nil {
		return unanswered
	}
	return w.Decimal(*s.NeedleMMUsed)
}

// label returns the word for a code, or the code if it is of a newer version.
func (w *writer) label(id, code string) string {
	if !w.Printer.Has(id + code) {
		return code
	}
	return w.Say(id + code)
}

func (w *writer) labels(id string, codes []string) string {
	words := make([]string, len(codes))
	for i, code := range codes {
		words[i] = w.label(id, code)
	}
	return strings.Join(words, ", ")
}

// truth returns yes, no or not answered.
func (w *writer) truth(v *bool) string {
	switch {
	case v == nil:
		return unanswered
	case *v:
		return w.Say("answer.yes")
	}
	return w.Say("answer.no")
}

// hoursAfter returns the time since the newest session before a moment.
func (w *writer) hoursAfter(t models.Time) string {
	age := -1.0
	for i := range w.DoctorPage.Sessions {
		if s := &w.DoctorPage.Sessions[i]; !s.EffectiveAt.After(t.Time) {
			age = t.Sub(s.EffectiveAt.Time).Hours()
		}
	}
	if age < 0 {
		return "–"
	}
	return strconv.Itoa(int(math.Round(age)))
}

// reports returns the table of reports, newest first.
func (w *writer) reports() *Table {
	t := &Table{
		Title: w.Say("page.reports"), Note: w.Say("page.reports.help"), whole: true,
		Head:   []string{w.Say("page.when"), w.Say("page.after")},
		widths: []float64{25}, upright: 1,
	}
	t.widths = append(t.widths, 7)
	for _, s := range care.Scales {
		t.Head, t.widths, t.upright = append(t.Head, w.Say("symptom."+s.Name+".name")), append(t.widths, 5.5), t.upright+1
	}
	t.Head = append(t.Head, "°C", w.Say("page.other"), w.Say("page.verdict"))
	t.widths = append(t.widths, 8, 65, 40.5)
	if w.Asked > 0 {
		t.Note += " " + w.Fill("page.check_ins", map[string]any{"Answered": w.Answered, "Asked": w.Asked})
	}
	if len(w.DoctorPage.Reports) == 0 {
		t.Note, t.Head = w.Say("page.reports.none"), nil
	}
	for _, r := range slices.Backward(w.DoctorPage.Reports) {
		row := []string{w.moment(r.EffectiveAt), w.age(&r)}
		for _, s := range care.Scales {
			row = append(row, w.number(s.Answer(&r.Answers)))
		}
		temperature := unanswered
		if r.Answers.TemperatureC != nil {
			temperature = w.Decimal(*r.Answers.TemperatureC)
		}
		t.Rows = append(t.Rows, append(row, temperature, w.others(&r), w.verdict(&r)))
	}
	return t
}

// age returns the time that the verdict counted from.
func (w *writer) age(r *models.Report) string {
	if r.Assessment == nil || r.Assessment.HoursSinceSession == nil {
		return w.hoursAfter(r.EffectiveAt)
	}
	return strconv.Itoa(int(math.Round(*r.Assessment.HoursSinceSession)))
}

func (w *writer) verdict(r *models.Report) string {
	if r.Assessment == nil {
		return "–"
	}
	return w.label("tier.", r.Assessment.Tier.String()+".title") + " (" + r.Assessment.Rule + ")"
}
