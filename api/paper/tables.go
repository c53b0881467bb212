package paper

import (
	"slices"
	"strings"

	"aftercare/models"
	"aftercare/models/care"
)

// warnings returns the warnings that were not superseded, newest first, and
// those that were.
func (w *writer) warnings() (standing Table, superseded []Table) {
	head := []string{w.Say("page.when"), w.Say("page.level"), w.Say("page.rule"), w.Say("page.says"), w.Say("page.state"), w.Say("page.answer")}
	widths := []float64{18.5, 28, 47.5, 44, 24, 22}
	standing = Table{Title: w.Say("page.warnings"), Head: head, widths: widths, whole: true}
	replaced := Table{Title: w.Say("page.warnings.superseded"), Head: head, widths: widths}
	for _, warning := range slices.Backward(w.DoctorPage.Warnings) {
		to := &standing
		if warning.State == models.WarningSuperseded {
			to = &replaced
		}
		to.Rows = append(to.Rows, w.warning(&warning))
	}
	if len(w.DoctorPage.Warnings) == 0 {
		standing.Note, standing.Head = w.Say("page.warnings.none"), nil
	}
	if len(replaced.Rows) > 0 {
		superseded = []Table{replaced}
	}
	return standing, superseded
}

func (w *writer) warning(v *models.Warning) []string {
	state := w.label("state.warning.", string(v.State))
	if v.State == models.WarningResolved && !v.ResolvedAt.IsZero() {
		state += " " + w.date(v.ResolvedAt)
	}
	if v.Reason == models.ReasonHistoryChanged {
		state = w.label("reason.", string(v.Reason))
	}
	answer := w.Say("page.not_answered")
	if v.Action != "" {
		answer = w.label("action.", string(v.Action))
	}
	return []string{w.moment(v.RaisedAt), w.Say("tier." + v.Tier.String() + ".title"), w.fired(v.Fired), w.Title(v.Code), state, answer}
}

// fired returns the rules, each moment once with those that became true at it, and
// then what was told and an edit has ended.
func (w *writer) fired(rules []models.Fired) string {
	var moments, gone []string
	var before models.Time
	for _, r := range rules {
		if r.Gone {
			gone = append(gone, r.Rule)
			continue
		}
		if len(moments) > 0 && r.At.Equal(before.Time) {
			moments[len(moments)-1] += ", " + r.Rule
		} else {
			moments = append(moments, w.at(r.At).Format("01-02 15:04")+" "+r.Rule)
		}
		before = r.At
	}
	if len(gone) > 0 {
		moments = append(moments, strings.Join(gone, ", ")+" ("+w.label("reason.", string(models.ReasonHistoryChanged))+")")
	}
	return strings.Join(moments, "; ")
}

func (w *writer) sessions() []Table {
	t := Table{
		Title: w.Say("page.sessions"), widths: []float64{26, 12, 34, 32, 18, 26, 22, 18},
		Head: []string{
			w.Say("page.when"), "mm", w.Say("page.roller"), w.Say("ask.session.areas.name"), w.Say("ask.session.pain.name"),
			w.Say("ask.session.bleeding.name"), w.Say("ask.session.roller_disinfected.name"), w.Say("ask.session.performed_by.name"),
		},
	}
	for _, s := range slices.Backward(w.DoctorPage.Sessions) {
		bled := unanswered
		if s.Bleeding != "" {
			bled = w.label("value.bleeding.", s.Bleeding)
		}
		areas := unanswered
		if len(s.Areas) > 0 {
			areas = w.labels("area.", s.Areas)
		}
		t.Rows = append(t.Rows, []string{
			w.moment(s.EffectiveAt), w.needle(&s), w.roller(s.RollerID), areas, w.number(s.Pain), bled, w.truth(s.RollerDisinfected),
			w.label("value.performed_by.", s.PerformedBy),
		})
	}
	return filled(t)
}

func (w *writer) roller(id string) string {
	r, ok := w.Rollers[id]
	if !ok {
		return unanswered
	}
	name := r.Name
	if name == "" {
		name = w.Say("page.roller")
	}
	if len(r.Problems) > 0 {
		name = w.pair(name, w.labels("problem.", r.Problems))
	}
	return name
}

// products lists what was put on, from sessions and reports together, newest
// first.
func (w *writer) products() []Table {
	type use struct {
		at    models.Time
		names []string
	}
	var uses []use
	add := func(at models.Time, products []care.Product) {
		if len(products) == 0 {
			return
		}
		u := use{at: at}
		for _, p := range products {
			hours := unanswered
			if p.HoursAfterSession != nil {
				hours = w.Decimal(*p.HoursAfterSession)
			}
			name := w.label("product.", p.Kind)
			if p.Name != "" {
				name = w.pair(name, p.Name)
			}
			u.names = append(u.names, name+" ("+hours+" h)")
		}
		uses = append(uses, u)
	}
	for _, s := range w.DoctorPage.Sessions {
		add(s.EffectiveAt, s.Products)
	}
	for _, r := range w.DoctorPage.Reports {
		add(r.EffectiveAt, r.Answers.Products)
	}
	slices.SortStableFunc(uses, func(a, b use) int { return b.at.Compare(a.at.Time) })
	t := Table{Title: w.Say("page.products"), Head: []string{w.Say("page.when"), w.Say("page.product")}, widths: []float64{26, 156}}
	for _, u := range uses {
		t.Rows = append(t.Rows, []string{w.moment(u.at), strings.Join(u.names, "; ")})
	}
	return filled(t)
}

// risks returns the health answers, which a person adds only if they want to.
func (w *writer) risks() []Table {
	t := Table{Title: w.Say("page.risks")}
	switch {
	case w.Account.Risks == nil:
		t.Note = w.Say("page.risks.never")
	case len(w.Account.Risks) == 0:
		t.Note = w.Say("page.risks.none")
	default:
		var names []string
		for _, r := range w.Account.Risks {
			name := w.label("risk.", r.Code+".name")
			if r.Until != "" {
				name += " (" + w.Say("page.until") + " " + r.Until + ")"
			}
			names = append(names, name)
		}
		t.Note = w.Fill("page.risks.ticked", map[string]any{"List": strings.Join(names, "; ")})
	}
	t.Note += " " + w.pair(w.Say("page.minoxidil"), w.truth(&w.Account.UsesMinoxidil)) + "."
	if h := w.Account.HairLoss; h != nil {
		t.Note += " " + w.pair(w.Say("page.hair_loss"), w.label("hair_loss.type.", h.Type))
		if h.ToldBy != "" {
			t.Note += " (" + w.label("hair_loss.told_by.", h.ToldBy) + ")"
		}
		t.Note += "."
	}
	return []Table{t}
}

func (w *writer) visits() []Table {
	t := Table{whole: true, Title: w.Say("page.visits"), Head: []string{w.Say("page.when"), w.Say("page.state"), w.Say("page.said")}, widths: []float64{26, 66, 90}}
	for _, v := range slices.Backward(w.Visits) {
		t.Rows = append(t.Rows, []string{w.moment(v.At), w.label("outcome.", v.Outcome), v.Note})
	}
	return filled(t)
}

func (w *writer) progress() []Table {
	t := Table{
		Title: w.Say("page.progress"), widths: []float64{26, 66, 36, 24, 30},
		Head: []string{w.Say("page.when"), w.Say("page.scale"), w.Say("ask.progress.change.name"), w.Say("ask.progress.shedding.name"), w.Say("ask.progress.by.name")},
	}
	for _, p := range slices.Backward(w.DoctorPage.Progress) {
		look, change, shedding := unanswered, unanswered, unanswered
		if p.Value != nil {
			look = w.Say("ask.progress."+p.Scale+".name") + " " + w.label("value."+p.Scale+".", w.Decimal(*p.Value))
		}
		if p.Change != nil {
			change = w.label("value.change.", w.number(p.Change))
		}
		if p.Shedding != "" {
			shedding = w.label("value.shedding.", p.Shedding)
		}
		t.Rows = append(t.Rows, []string{p.On, look, change, shedding, w.label("value.by.", p.By)})
	}
	return filled(t)
}

// filled returns the table unless it has no rows.
func filled(t Table) []Table {
	if len(t.Rows) == 0 {
		return nil
	}
	return []Table{t}
}
