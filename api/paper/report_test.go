package paper

import (
	"bytes"
	"compress/zlib"
	"flag"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"aftercare/models"
	"aftercare/models/care"
	"aftercare/models/texts"
)

var keep = flag.String("keep", "", "directory to write the pages into, to look at")

var made = time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)

// course is six weeks with two sessions, a course that gets worse, and answers
// that are missing.
func course() models.DoctorPage {
	zone, _ := time.LoadLocation("Europe/Berlin")
	ago := func(hours int) models.Time { return models.T(made.Add(-time.Duration(hours) * time.Hour)) }
	page := models.DoctorPage{
		DoctorReport: models.DoctorReport{
			FromAt: ago(24 * 42), ToAt: models.T(made), Include: Parts(), CreatedAt: models.T(made),
			Questions: "Could the minoxidil be the cause?\nMay I go on with 0.25 mm?",
		},
		Account: models.Account{UsesMinoxidil: true, Risks: []models.Risk{{Code: "diabetes"}, {Code: "blood_thinner", Until: "2027-01-01"}}, HairLoss: &models.HairLoss{Type: "androgenetic", ToldBy: "clinician"}},
		Zone:    zone, Asked: 12, Answered: 9,
		Rollers: map[string]models.Roller{"black": {Name: "Black", Problems: []string{"dropped"}}},
	}
	for i, hours := range []int{24 * 33, 24 * 12} {
		s := models.Session{
			Base: models.Base{ID: "s"}, EffectiveAt: ago(hours), RollerID: "black", NeedleMMUsed: new(0.5), PerformedBy: "self",
			Areas: []string{"crown", "midline"}, RollerDisinfected: new(i == 0), Products: []care.Product{{Kind: "minoxidil", HoursAfterSession: new(26.5), Name: "5 %"}},
		}
		if i == 1 {
			s.Pain, s.Bleeding = new(4), "pinpoint"
		}
		page.Sessions = append(page.Sessions, s)
	}
	told := func(hours int, tier care.Tier, rule string, answers care.Answers) {
		page.Reports = append(page.Reports, models.Report{
			EffectiveAt: ago(hours), Answers: answers, ReportVerdict: models.ReportVerdict{Assessment: &models.Assessment{Tier: tier, Rule: rule}},
		})
	}
	n := func(v int) *int { return &v }
	whole := care.Answers{Extent: "rolled_area", Odour: "no", Lumps: "none", TenderNodes: "no", Bleeding: "none", Feverish: "no", Discharge: care.Set{}, Systemic: care.Set{}, Alarm: care.Set{}, Skin: care.Set{}}
	signs := func(p, i, b, e, s, w, f int) care.Answers {
		a := whole
		a.Pain, a.Itch, a.Burning, a.Erythema, a.Swelling, a.Warmth, a.Flaking = n(p), n(i), n(b), n(e), n(s), n(w), n(f)
		return a
	}
	told(24*33-26, care.Expected, "EX-00", signs(3, 1, 1, 2, 1, 1, 0))
	told(24*33-50, care.Expected, "EX-00", signs(1, 2, 0, 1, 0, 0, 1))
	told(24*33-74, care.Expected, "EX-00", care.Answers{Pain: n(1), Erythema: n(1)})
	told(24*33-160, care.Expected, "EX-00", signs(0, 0, 0, 0, 0, 0, 0))
	told(24*12-25, care.Expected, "EX-00", signs(3, 1, 2, 2, 1, 1, 0))
	told(24*12-49, care.Watch, "WT-01", signs(4, 2, 2, 2, 1, 1, 1))
	worse := signs(6, 2, 3, 3, 2, 2, 1)
	worse.Discharge, worse.Feverish, worse.TemperatureC, worse.Trend = care.Set{"yellow_green", "blood"}, "yes", new(37.9), "worse"
	told(24*12-75, care.SameDay, "SD-07", worse)
	page.Reports[len(page.Reports)-1].Note = "Since last night. I put the new oil on it."
	better := signs(2, 3, 0, 1, 1, 0, 2)
	better.SpreadingFast = new(false)
	told(24*12-130, care.Watch, "WT-01", better)
	told(24*12-190, care.DoctorSoon, "DS-01", care.Answers{Itch: n(3), Flaking: n(2), Products: []care.Product{{Kind: "oil", Name: "rosemary"}, {Kind: "shampoo"}}})
	page.Warnings = []models.Warning{
		{Tier: care.DoctorSoon, Code: "warning.DS-04", Rule: "DS-04", RaisedAt: ago(24*12 - 74), State: models.WarningSuperseded, Reason: models.ReasonEscalated, Fired: []models.Fired{{Rule: "DS-04", At: ago(24*12 - 74)}}},
		{Tier: care.SameDay, Code: "warning.SD-07", Rule: "SD-07", RaisedAt: ago(24*12 - 75), State: models.WarningResolved, ResolvedAt: ago(24*12 - 140), Action: models.ActionSeen, Fired: []models.Fired{{Rule: "SD-07", At: ago(24*12 - 75)}, {Rule: "SD-01", At: ago(24*12 - 75)}}},
		{Tier: care.DoctorSoon, Code: "warning.DS-01.a", Rule: "DS-01", RaisedAt: ago(24*12 - 169), State: models.WarningActive, Fired: []models.Fired{{Rule: "DS-01", At: ago(24*12 - 169)}}},
	}
	page.Visits = []models.ClinicianEvent{{At: ago(24*12 - 100), Outcome: "seen", Note: "Contact dermatitis suspected, new shampoo"}}
	page.Progress = []models.Progress{{On: "2026-11-02", Scale: "norwood", Value: new(3.0), Change: n(0), Shedding: "same", By: "self"}}
	return page
}

var languages = []string{"en", "de", "es", "fr", "pt-BR"}

// pagesOf counts the pages of a PDF.
func pagesOf(pdf []byte) int { return bytes.Count(pdf, []byte("/Type /Page\n")) }

func TestTheReportIsTwoPagesInEveryLanguage(t *testing.T) {
	for _, language := range languages {
		page := Of(course(), texts.For(language).In("DE"))
		pdf, err := page.PDF()
		if err != nil {
			t.Fatal(language, err)
		}
		if n := pagesOf(pdf); n != 2 {
			t.Errorf("%s: %d pages", language, n)
		}
		again := Of(course(), texts.For(language).In("DE"))
		if same, err := again.PDF(); err != nil || !bytes.Equal(pdf, same) {
			t.Errorf("%s: the same history gave other bytes (%v)", language, err)
		}
		html, err := page.HTML("x.pdf")
		if err != nil {
			t.Fatal(language, err)
		}
		if s := string(html); strings.Contains(s, "<script") || strings.Contains(s, "no value") || strings.Contains(s, "unknown.message") {
			t.Errorf("%s: %s", language, s)
		}
		if *keep != "" {
			for name, body := range map[string][]byte{language + ".pdf": pdf, language + ".html": html} {
				if err := os.WriteFile(*keep+"/"+name, body, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

var streams = regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`)

// written returns what a PDF writes on its pages.
func written(t *testing.T, p Page) string {
	t.Helper()
	pdf, err := p.PDF()
	if err != nil {
		t.Fatal(err)
	}
	var text []byte
	for _, stream := range streams.FindAllSubmatch(pdf, -1) {
		r, err := zlib.NewReader(bytes.NewReader(stream[1]))
		if err != nil {
			continue // it is not packed: no page
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, content...)
	}
	return strings.ReplaceAll(string(text), "\x00", "") // UTF-16 of Latin letters
}

func TestNoQuestionIsCut(t *testing.T) {
	for _, between := range []string{" ", "\n"} {
		content := course()
		for i := range 200 {
			content.Questions += fmt.Sprintf("question%d%s", i, between)
		}
		page := Of(content, texts.For("en"))
		paper := written(t, page)
		for i := range 200 {
			if word := fmt.Sprintf("question%d", i); !strings.Contains(paper, word) {
				t.Fatalf("%q is not printed", word)
			}
		}
	}
}

func TestReportsGoOnOnTheSecondPage(t *testing.T) {
	content := course()
	for i := range 30 {
		r := content.Reports[0]
		r.EffectiveAt = models.T(made.Add(-time.Duration(i+1) * time.Hour))
		content.Reports = append(content.Reports, r)
	}
	page := Of(content, texts.For("en"))
	paper := written(t, page)
	if rows := page.Reports.Rows; len(rows) != 39 {
		t.Fatalf("%d rows of 39 reports", len(rows))
	}
	for _, row := range page.Reports.Rows {
		if !strings.Contains(paper, row[0]) {
			t.Errorf("the report of %s is not printed", row[0])
		}
	}
}

func TestNoNameOfASignIsCut(t *testing.T) {
	for _, language := range languages {
		page := Of(course(), texts.For(language))
		paper := written(t, page)
		for _, strip := range page.Chart.Strips {
			if n := strings.Count(paper, utf16of(strip.Name)); n < 2 {
				t.Errorf("%s: %q is written %d times, not beside the curve and over its column", language, strip.Name, n)
			}
		}
	}
}

// utf16of is how a PDF writes Latin letters, without their first bytes.
func utf16of(s string) string {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

// French sets a colon off; a moment at which rules began to hold stands once.
func TestFindingsAreReadable(t *testing.T) {
	at := func(hour int) models.Time { return models.T(made.Add(time.Duration(hour) * time.Hour)) }
	w := writer{texts.For("fr"), models.DoctorPage{Zone: time.UTC}}
	if got := w.pair("Note", "x"); got != "Note\u00a0: x" {
		t.Errorf("%q", got)
	}
	got := w.fired([]models.Fired{{Rule: "SD-01", At: at(0)}, {Rule: "SD-07", At: at(0)}, {Rule: "DS-04", At: at(1)}})
	if got != "11-27 09:00 SD-01, SD-07; 11-27 10:00 DS-04" {
		t.Errorf("%q", got)
	}
	// What a correction has ended is no finding, and stays on record (DQ-03).
	w = writer{texts.For("en"), models.DoctorPage{Zone: time.UTC}}
	got = w.fired([]models.Fired{{Rule: "SD-01", At: at(0), Gone: true}, {Rule: "SD-11", At: at(1)}, {Rule: "SD-09", At: at(0), Gone: true}})
	if got != "11-27 10:00 SD-11; SD-01, SD-09 (After an edit it no longer holds)" {
		t.Errorf("%q", got)
	}
	withdrawn := w.warning(&models.Warning{Tier: care.SameDay, State: models.WarningSuperseded, Reason: models.ReasonHistoryChanged})
	if got := withdrawn[4]; got != "After an edit it no longer holds" {
		t.Errorf("a warning that an edit has ended is %q", got)
	}
}

// A doctor is shown every symptom that was reported, a visit as a visit.
func TestTheDoctorSeesEverySymptom(t *testing.T) {
	shown := func(a care.Answers) string {
		page := models.DoctorPage{DoctorReport: models.DoctorReport{Include: Parts()}, Zone: time.UTC}
		page.Reports = []models.Report{{EffectiveAt: models.T(made), Answers: a}}
		w := writer{texts.For("en"), page}
		return fmt.Sprint(w.reports(), w.products())
	}
	nothing := shown(care.Answers{})
	answers := reflect.TypeFor[care.Answers]()
	for i := range answers.NumField() {
		var a care.Answers
		field, value := answers.Field(i), reflect.ValueOf(&a).Elem().Field(i)
		worst := field.Tag.Get("enum")
		worst = worst[strings.LastIndex(worst, ",")+1:]
		switch into := value.Addr().Interface().(type) {
		case **int:
			*into = new(3)
		case **float64:
			*into = new(40.5)
		case **bool:
			*into = new(true)
		case *string:
			*into = worst
		case *care.Set:
			*into = care.Set{worst}
		case *[]care.Product:
			*into = []care.Product{{Kind: "oil"}}
		}
		if field.Name != "SeenByClinician" && shown(a) == nothing {
			t.Errorf("%s is nowhere on the doctor's page", field.Name)
		}
	}
}
