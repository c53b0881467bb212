package paper

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"

	"codeberg.org/go-pdf/fpdf"
)

// The Go fonts (Bigelow & Holmes, under the licence of Go), cut to the letters
// of Europe and without hints: see fonts/README.md.
//
//go:embed fonts/*.gz
var fontFiles embed.FS

var fonts = sync.OnceValues(func() (map[string][]byte, error) {
	out := map[string][]byte{}
	for weight, name := range map[string]string{"": "regular", "B": "bold"} {
		packed, err := fontFiles.ReadFile("fonts/go-" + name + ".ttf.gz")
		if err != nil {
			return nil, fmt.Errorf("read a font: %w", err)
		}
		r, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, fmt.Errorf("unpack a font: %w", err)
		}
		if out[weight], err = io.ReadAll(r); err != nil {
			return nil, fmt.Errorf("unpack a font: %w", err)
		}
	}
	return out, nil
})

// The paper is A4, in millimetres.
const (
	margin     = 13.0
	paperWidth = 210 - 2*margin
	bottomEdge = 297 - margin - 5 // above the page number
	pages      = 2
)

// Sizes of letters in points, and what a line of them takes.
const (
	titleSize, headingSize, textSize, cellSize, headSize = 15.0, 10.0, 8.5, 7.2, 6.2
	perPoint                                             = 0.43
)

// sheet is a PDF in the making.
type sheet struct {
	*fpdf.Fpdf
	y float64
	// missing says how many rows of a table are not printed.
	missing func(rows int) string
}

// PDF returns the report on two pages of A4. The same report gives the same
// bytes.
func (p *Page) PDF() ([]byte, error) {
	typefaces, err := fonts()
	if err != nil {
		return nil, err
	}
	d := &sheet{Fpdf: fpdf.New("P", "mm", "A4", ""), missing: p.more}
	for weight, font := range typefaces {
		d.AddUTF8FontFromBytes("Go", weight, bytes.Clone(font)) // it writes into what it is given
	}
	d.SetCatalogSort(true)
	d.SetCreationDate(p.made)
	d.SetModificationDate(p.made)
	d.SetTitle(p.Title, true)
	d.SetLang(p.Language)
	d.SetProducer("Aftercare", true)
	d.SetMargins(margin, margin, margin)
	d.SetCellMargin(0)
	d.SetAutoPageBreak(false, 0)
	d.second(p, d.first(p))
	var out bytes.Buffer
	if err := d.Output(&out); err != nil {
		return nil, fmt.Errorf("write a report as PDF: %w", err)
	}
	return out.Bytes(), nil
}

// first writes the page with who reports this, the questions, the curve and the
// latest reports. It returns what did not fit.
func (d *sheet) first(p *Page) []Table {
	d.open(p, 1)
	d.text("B", titleSize, p.Title, 2)
	d.text("", textSize, p.Made, 2)
	d.y += 1
	d.boxed(p.Limits)
	if p.Questions != "" {
		d.heading(p.QuestionsTitle)
		d.questions(p.Questions)
	}
	if p.Chart != nil {
		d.heading(p.Chart.Title)
		d.text("", cellSize, p.Chart.Help, 3)
		d.chart(p.Chart)
	}
	if p.Reports == nil {
		return nil
	}
	l := d.lay(p.Reports)
	d.fit([]*laid{l})
	d.table(l)
	return l.rest()
}

// second writes the page with everything else; what was superseded comes last.
func (d *sheet) second(p *Page, rest []Table) {
	d.open(p, pages)
	d.share(append(rest, p.Tables...))
}

// questionLines is how many lines a person's questions take at most before they
// are set smaller, and without their own breaks: none of them may be cut.
const questionLines = 9

func (d *sheet) questions(text string) {
	if len(d.lines("", textSize, text, paperWidth-2, questionLines+1)) <= questionLines {
		d.text("", textSize, text, questionLines)
		return
	}
	d.text("", cellSize, strings.Join(strings.Fields(text), " "), math.MaxInt)
}

func (d *sheet) open(p *Page, n int) {
	d.AddPage()
	d.y = margin
	d.SetFont("Go", "", headSize)
	d.SetXY(margin, bottomEdge+3)
	d.CellFormat(paperWidth, 3, plain(p.number(n, pages)), "", 0, "R", false, 0, "")
	d.SetXY(margin, bottomEdge+3)
	d.CellFormat(paperWidth-30, 3, plain(p.Unknown), "", 0, "L", false, 0, "")
}

func height(size float64) float64 { return size * perPoint }

// lines breaks a text into at most a number of lines of a width.
func (d *sheet) lines(weight string, size float64, text string, width float64, most int) []string {
	d.SetFont("Go", weight, size)
	var all []string
	for _, paragraph := range strings.Split(plain(text), "\n") {
		all = append(all, d.SplitText(paragraph, width)...)
	}
	if len(all) > most {
		all = all[:most]
		all[most-1] += " …"
	}
	return all
}

// text writes a paragraph of at most a number of lines.
func (d *sheet) text(weight string, size float64, text string, most int) {
	for _, line := range d.lines(weight, size, text, paperWidth-2, most) {
		d.SetXY(margin, d.y)
		d.CellFormat(paperWidth, height(size), line, "", 0, "L", false, 0, "")
		d.y += height(size)
	}
}

func (d *sheet) heading(text string) {
	d.y += 2.5
	d.text("B", headingSize, text, 1)
	d.y += 0.6
}

// boxed writes what nobody must overlook.
func (d *sheet) boxed(text string) {
	lines := d.lines("B", textSize, text, paperWidth-8, 6)
	h := float64(len(lines))*height(textSize) + 3
	d.SetLineWidth(0.4)
	d.Rect(margin, d.y, paperWidth, h, "D")
	for i, line := range lines {
		d.SetXY(margin+2, d.y+1.5+float64(i)*height(textSize))
		d.CellFormat(paperWidth-4, height(textSize), line, "", 0, "L", false, 0, "")
	}
	d.y += h + 0.5
}

// plain leaves out what the font cannot show: letters of other scripts become
// boxes, so that nobody takes them for nothing.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r > 0x25CF || r >= 0x500 && r < 0x2010:
			return '□'
		}
		return r
	}, text)
}
