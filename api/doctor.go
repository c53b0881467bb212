package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"aftercare/api/paper"
	"aftercare/models"
	"aftercare/models/texts"
)

// ReportPart is a part of the page for a doctor.
type ReportPart string

// DoctorReportInput says what a page for a doctor is about.
type DoctorReportInput struct {
	From      models.Time  `json:"from,omitzero" required:"true" doc:"Inclusive"`
	To        models.Time  `json:"to,omitzero" required:"true" doc:"Exclusive; at most 400 days later"`
	Include   []ReportPart `json:"include" required:"true" minItems:"1" maxItems:"6" uniqueItems:"true" doc:"What goes on it; visits come with the warnings"`
	Questions string       `json:"questions,omitempty" maxLength:"2000" doc:"The person's own, printed as typed"`
	Language  string       `json:"language,omitempty" maxLength:"35" doc:"BCP 47; default: that of this request"`
}

// DoctorReport is a link that opens without sign-in.
type DoctorReport struct {
	ID        string       `json:"id"`
	From      models.Time  `json:"from"`
	To        models.Time  `json:"to"`
	Include   []ReportPart `json:"include"`
	Questions *string      `json:"questions"`
	Language  string       `json:"language"`
	CreatedAt models.Time  `json:"created_at"`
	ExpiresAt models.Time  `json:"expires_at" doc:"72 hours after it was made"`
	OpensLeft int          `json:"opens_left" doc:"How many times it can still be opened, as page or as PDF"`
}

// NewDoctorReport is a link with its address, which is shown once.
type NewDoctorReport struct {
	DoctorReport
	URL string `json:"url" format:"uri-reference" doc:"The address; with .pdf at its end the same as PDF. Shown this once" example:"/d/AZoX3kq0vB9yTn"`
}

func showDoctorReport(r *models.DoctorReport) DoctorReport {
	return DoctorReport{
		ID: r.ID, From: r.FromAt, To: r.ToAt, Include: listed(as[ReportPart](r.Include)), Questions: some(r.Questions), Language: r.Language,
		CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt, OpensLeft: r.OpensLeft,
	}
}

type doctorReportInput struct{ Body DoctorReportInput }

type newDoctorReportOutput struct{ Body NewDoctorReport }

func (s *server) createDoctorReport(ctx context.Context, in *doctorReportInput) (*newDoctorReportOutput, error) {
	language := wordsOf(ctx).Language()
	if in.Body.Language != "" {
		language = texts.For(in.Body.Language).Language()
	}
	row, secret, err := s.Store.NewDoctorReport(ctx, callerOf(ctx), models.DoctorReport{
		FromAt: in.Body.From, ToAt: in.Body.To, Include: as[string](in.Body.Include), Questions: strings.TrimSpace(in.Body.Questions), Language: language,
	})
	if err != nil {
		return nil, err
	}
	return &newDoctorReportOutput{NewDoctorReport{showDoctorReport(&row), s.PublicURL + doctorPath + secret}}, nil
}

func (s *server) listDoctorReports(ctx context.Context, _ *struct{}) (*listOutput[DoctorReport], error) {
	rows, err := s.Store.DoctorReports(ctx, callerOf(ctx).AccountID)
	return answerPage(ctx, models.Page[models.DoctorReport]{Items: rows}, showDoctorReport), err
}

func (s *server) deleteDoctorReport(ctx context.Context, in *IDParam) (*struct{}, error) {
	return nil, s.Store.DeleteDoctorReport(ctx, callerOf(ctx), in.ID)
}

// Path prefixes of the addresses that open without sign-in. What follows is
// secret: only the route reaches a log.
const (
	doctorPath   = "/d/"
	calendarPath = "/c/"
)

// links serves what opens without sign-in.
func (s *server) links(app *fiber.App) {
	app.Get(doctorPath+":secret", s.openDoctorReport)
	app.Get(calendarPath+":secret", s.openCalendar)
}

// openDoctorReport sends the page, or the same as PDF. A HEAD, with which
// programs check a link before a person follows it, does not count as an
// opening.
func (s *server) openDoctorReport(c *fiber.Ctx) error {
	c.Set("X-Robots-Tag", "noindex, nofollow")
	c.Set(fiber.HeaderContentSecurityPolicy, paper.Policy)
	if c.Context().IsHead() {
		return c.SendStatus(http.StatusNoContent)
	}
	secret, asPDF := strings.CutSuffix(c.Params("secret"), ".pdf")
	content, err := s.Store.OpenDoctorReport(c.UserContext(), secret)
	if models.IsCode(err, models.CodeNotFound) {
		return endedPage(c)
	}
	if err != nil {
		return err
	}
	page := paper.Of(content, texts.For(content.Language).In(content.Account.Region))
	c.Set(fiber.HeaderContentLanguage, page.Language)
	var body []byte
	if asPDF {
		c.Set(fiber.HeaderContentType, "application/pdf")
		c.Set(fiber.HeaderContentDisposition, `inline; filename="report.pdf"`)
		body, err = page.PDF()
	} else {
		c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
		body, err = page.HTML(secret + ".pdf")
	}
	if err != nil {
		return err
	}
	return c.Send(body)
}

// endedPage shows a person that a link no longer opens.
func endedPage(c *fiber.Ctx) error {
	body, err := paper.Ended(texts.For(c.Get(fiber.HeaderAcceptLanguage)))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Status(http.StatusNotFound).Send(body)
}
