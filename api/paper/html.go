package paper

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"

	"aftercare/models/texts"
)

var (
	//go:embed page.html
	pageSource string
	//go:embed ended.html
	endedSource string
	//go:embed page.css
	style string
)

// Policy is the content security policy of the pages: their own style, and
// nothing else.
var Policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'"
}()

var (
	pageTemplate  = parse("page", pageSource)
	endedTemplate = parse("ended", endedSource)
)

func parse(name, source string) *template.Template {
	return template.Must(template.New(name).Funcs(template.FuncMap{
		"style": func() template.CSS { return template.CSS(style) }, //nolint:gosec // our own file
		"svg":   drawn,
	}).Parse(source))
}

// HTML returns the page for a screen. pdf is the address of the same as PDF.
func (p *Page) HTML(pdf string) ([]byte, error) {
	return execute(pageTemplate, struct {
		*Page
		Address string
	}{p, pdf})
}

// Ended returns the page of a link that does not open anything any more.
func Ended(p *texts.Printer) ([]byte, error) {
	return execute(endedTemplate, struct{ Language, Title, Text string }{p.Language(), p.Say("page.ended.title"), p.Say("page.ended.text")})
}

func execute(t *template.Template, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("write the page %s: %w", t.Name(), err)
	}
	return b.Bytes(), nil
}

// The picture on a screen, in its own units.
const (
	pictureLeft, pictureWidth, stripHeight, stripGap = 96.0, 600.0, 26.0, 12.0
)

// line, dot, and label are the parts of the picture.
type (
	line  struct{ X1, Y1, X2, Y2 float64 }
	label struct {
		X, Y float64
		Text string
	}
)

// picture is the chart in coordinates.
type picture struct {
	Width, Height      float64
	Axes, Curve, Marks []line
	Dots               []label // without text
	Open, Names, Tops  []label
	Sessions, Ticks    []label
}

// drawn lays the chart out for a screen.
func drawn(c *Chart) picture {
	p := picture{Width: pictureLeft + pictureWidth + 16}
	x := func(at float64) float64 { return pictureLeft + at*pictureWidth }
	for i, s := range c.Strips {
		bottom := 14 + float64(i+1)*(stripHeight+stripGap)
		p.Axes = append(p.Axes, line{pictureLeft, bottom, pictureLeft + pictureWidth, bottom})
		p.Names = append(p.Names, label{0, bottom - 4, s.Name})
		p.Tops = append(p.Tops, label{pictureLeft - 4, bottom - stripHeight + 6, fmt.Sprint(s.Top)}, label{pictureLeft - 4, bottom + 2, "0"})
		s.each(func(from, to *Point) {
			y := func(v int) float64 { return bottom - float64(v)/float64(s.Top)*stripHeight }
			switch {
			case to.Value == nil:
				p.Open = append(p.Open, label{x(to.X), bottom - 4, unanswered})
				return
			case from != nil:
				p.Curve = append(p.Curve, line{x(from.X), y(*from.Value), x(to.X), y(*to.Value)})
			}
			p.Dots = append(p.Dots, label{X: x(to.X), Y: y(*to.Value)})
		})
		p.Height = bottom
	}
	for _, s := range c.Sessions {
		p.Marks = append(p.Marks, line{x(s.X), 8, x(s.X), p.Height + 6})
		p.Sessions = append(p.Sessions, label{x(s.X), p.Height + 6, s.Label})
	}
	for _, t := range c.Ticks {
		p.Ticks = append(p.Ticks, label{x(t.X), p.Height + 44, t.Label})
	}
	p.Height += 52
	return p
}

// each calls draw for every point with the one before it, if that is answered
// and of the same cycle.
func (s *Strip) each(draw func(from, to *Point)) {
	var from *Point
	for i := range s.Points {
		if s.Points[i].Begins {
			from = nil
		}
		draw(from, &s.Points[i])
		from = nil
		if s.Points[i].Value != nil {
			from = &s.Points[i]
		}
	}
}
