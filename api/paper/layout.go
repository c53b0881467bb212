package paper

import (
	"slices"
	"strconv"
	"strings"

	"codeberg.org/go-pdf/fpdf"
)

// cellLines is how much one cell may say: a long note must not push a warning
// off the paper.
const cellLines = 7

// laid is a table with its rows broken into lines.
type laid struct {
	*Table
	widths  []float64
	note    []string
	head    [][]string
	rows    [][][]string
	heights []float64
	shown   int
	// headSize is the size of letters at which no word of the head is cut.
	headSize, headHeight float64
}

// Upright reports whether the heads of its narrow columns are upright on paper.
func (t Table) Upright() bool { return t.upright > 0 }

// turned reports whether the head of a column is upright.
func (t *Table) turned(column int) bool { return 0 < column && column <= t.upright }

// rowGap is between a row and its rule, columnGap between the texts of two
// columns.
const rowGap, columnGap = 0.9, 1.8

// lay breaks a table into lines and measures it.
func (d *sheet) lay(t *Table) *laid {
	l := &laid{Table: t, note: d.lines("", cellSize, t.Note, paperWidth-2, 5)}
	if t.Note == "" {
		l.note = nil
	}
	sum := 0.0
	for _, w := range t.widths {
		sum += w
	}
	for _, w := range t.widths {
		l.widths = append(l.widths, w/sum*paperWidth)
	}
	l.headSize = d.headSizeOf(l)
	for i, cell := range t.Head {
		if t.turned(i) {
			l.head = append(l.head, []string{plain(cell)})
			continue
		}
		l.head = append(l.head, d.lines("B", l.headSize, cell, l.widths[i]-0.2, 3))
	}
	l.headHeight = d.headHeightOf(l)
	for _, row := range t.Rows {
		var cells [][]string
		tallest := 1
		for i, cell := range row {
			lines := d.lines("", cellSize, cell, l.widths[i]-columnGap, cellLines)
			cells, tallest = append(cells, lines), max(tallest, len(lines))
		}
		l.rows, l.heights = append(l.rows, cells), append(l.heights, float64(tallest)*height(cellSize)+rowGap)
	}
	return l
}

// smallest is the least size of letters on paper.
const smallest = 4.8

// headSizeOf returns the largest size at which every word fits its column.
func (d *sheet) headSizeOf(l *laid) float64 {
	size := headSize
	for i, cell := range l.Head {
		if l.turned(i) {
			continue
		}
		for _, word := range strings.Fields(cell) {
			for d.SetFont("Go", "B", size); size > smallest && d.GetStringWidth(plain(word)) > l.widths[i]-0.4; d.SetFont("Go", "B", size) {
				size -= 0.1
			}
		}
	}
	return size
}

// frame returns the height of a table without its rows.
func (l *laid) frame() float64 {
	h := 2.5 + height(headingSize) + 0.6 + float64(len(l.note))*height(cellSize)
	if len(l.head) > 0 {
		h += l.headHeight
	}
	if len(l.rows) > 0 {
		h += height(cellSize) // for the line that says how many are missing
	}
	return h
}

// headHeightOf returns the height of the tallest head.
func (d *sheet) headHeightOf(l *laid) float64 {
	d.SetFont("Go", "B", l.headSize)
	tallest := 0.0
	for i, lines := range l.head {
		h := float64(len(lines)) * height(headSize)
		if l.turned(i) {
			h = d.GetStringWidth(lines[0]) + 1
		}
		tallest = max(tallest, h)
	}
	return tallest + rowGap
}

// share writes tables on what is left of a page.
func (d *sheet) share(tables []Table) {
	list := make([]*laid, len(tables))
	for i := range tables {
		list[i] = d.lay(&tables[i])
	}
	d.fit(list)
	for _, l := range list {
		d.table(l)
		if missing := len(l.rows) - l.shown; missing > 0 {
			d.text("B", cellSize, d.missing(missing), 1)
		}
	}
}

// fit chooses the rows that what is left of a page has room for. The whole
// tables get theirs first, the others one row each in turn.
func (d *sheet) fit(list []*laid) {
	left := bottomEdge - d.y
	for _, l := range list {
		left -= l.frame()
	}
	fits := func(l *laid) bool {
		if l.shown == len(l.rows) {
			return false
		}
		need := l.heights[l.shown]
		if l.shown+1 == len(l.rows) {
			need -= height(cellSize) // nothing is missing any more
		}
		if need > left {
			return false
		}
		left -= need
		l.shown++
		return true
	}
	for _, l := range list {
		for l.whole && fits(l) {
		}
	}
	for more := true; more; {
		more = false
		for _, l := range list {
			more = fits(l) || more
		}
	}
}

// rest returns the table of the rows that did not fit.
func (l *laid) rest() []Table {
	t := *l.Table
	t.Note, t.Rows, t.whole = "", t.Rows[l.shown:], false
	return filled(t)
}

// table writes the rows that fit.
func (d *sheet) table(l *laid) {
	d.heading(l.Title)
	if l.Note != "" {
		d.text("", cellSize, l.Note, 5)
	}
	if len(l.head) > 0 {
		d.upright(l)
		d.cells(l, "B", l.headSize, l.level(), l.headHeight, 0.35)
	}
	for i := range l.shown {
		d.cells(l, "", cellSize, l.rows[i], l.heights[i], 0.12)
	}
}

// level returns the head without what is upright, in its last lines.
func (l *laid) level() [][]string {
	head := slices.Clone(l.head)
	for i := range head {
		if l.turned(i) {
			head[i] = nil
		} else if l.upright > 0 {
			lines := int((l.headHeight-rowGap)/height(l.headSize)) - len(head[i])
			head[i] = append(make([]string, max(0, lines)), head[i]...)
		}
	}
	return head
}

// upright writes the upright heads.
func (d *sheet) upright(l *laid) {
	d.SetFont("Go", "B", l.headSize)
	x := margin
	for i, lines := range l.head {
		if l.turned(i) {
			at, foot := x+height(l.headSize)*0.8, d.y+l.headHeight-rowGap
			d.TransformBegin()
			d.TransformRotate(90, at, foot)
			d.Text(at, foot, lines[0])
			d.TransformEnd()
		}
		x += l.widths[i]
	}
}

// cells writes one row with a rule below it.
func (d *sheet) cells(l *laid, weight string, size float64, cells [][]string, h, rule float64) {
	d.SetFont("Go", weight, size)
	x := margin
	for i, lines := range cells {
		for n, line := range lines {
			d.SetXY(x, d.y+0.3+float64(n)*height(size))
			d.CellFormat(l.widths[i], height(size), line, "", 0, "L", false, 0, "")
		}
		x += l.widths[i]
	}
	d.y += h
	d.SetLineWidth(rule)
	d.Line(margin, d.y, margin+paperWidth, d.y)
}

// The strips of the curve on paper.
const (
	chartLeft, paperStrip, paperGap = 30.0, 7.4, 2.3
	chartWidth                      = paperWidth - chartLeft - 4
)

// chart draws the strips, and the sessions under them.
func (d *sheet) chart(c *Chart) {
	x := func(at float64) float64 { return margin + chartLeft + at*chartWidth }
	top := d.y + 1
	bottom := top
	for i, s := range c.Strips {
		bottom = top + float64(i+1)*(paperStrip+paperGap)
		d.strip(&s, bottom, x)
	}
	d.SetLineWidth(0.15)
	d.SetDashPattern([]float64{0.8, 0.8}, 0)
	for _, s := range c.Sessions {
		d.Line(x(s.X), top, x(s.X), bottom+1.5)
	}
	d.SetDashPattern([]float64{}, 0)
	d.SetFont("Go", "", headSize)
	d.SetFillColor(0, 0, 0)
	taken := -100.0
	for _, s := range c.Sessions {
		d.Polygon([]fpdf.PointType{{X: x(s.X), Y: bottom + 1.5}, {X: x(s.X) + 1.2, Y: bottom + 3.7}, {X: x(s.X) - 1.2, Y: bottom + 3.7}}, "F")
		if w := d.GetStringWidth(s.Label); x(s.X)-w/2 > taken { // else it would be written over the one before
			d.Text(x(s.X)-w/2, bottom+6.3, s.Label)
			taken = x(s.X) + w/2 + 0.5
		}
	}
	for _, t := range c.Ticks {
		d.Line(x(t.X), bottom, x(t.X), bottom+0.8)
		d.Text(x(t.X)-d.GetStringWidth(t.Label)/2, bottom+9.3, t.Label)
	}
	d.y = bottom + 10.5
}

// strip draws the course of one sign above its line.
func (d *sheet) strip(s *Strip, bottom float64, x func(float64) float64) {
	d.SetFont("Go", "", cellSize)
	d.Text(margin, bottom-1.6, plain(s.Name))
	d.SetFont("Go", "", headSize)
	d.SetLineWidth(0.12)
	d.Line(x(0), bottom, x(1), bottom)
	for _, end := range []Mark{{bottom, "0"}, {bottom - paperStrip + 1.4, strconv.Itoa(s.Top)}} {
		d.Text(x(0)-d.GetStringWidth(end.Label)-1, end.X, end.Label)
	}
	y := func(v int) float64 { return bottom - float64(v)/float64(s.Top)*paperStrip }
	d.SetLineWidth(0.35)
	d.SetFillColor(0, 0, 0)
	s.each(func(from, to *Point) {
		if to.Value == nil {
			d.Text(x(to.X)-d.GetStringWidth(unanswered)/2, bottom-1, unanswered)
			return
		}
		if from != nil {
			d.Line(x(from.X), y(*from.Value), x(to.X), y(*to.Value))
		}
		d.Circle(x(to.X), y(*to.Value), 0.6, "F")
	})
}
