package care

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// genChange writes one row at or around touched: told late, taken back, edited.
func genChange(t *rapid.T, h History) (changed History, touched time.Time) {
	h = cloned(h)
	switch kind := rapid.IntRange(0, 5).Draw(t, "change"); {
	case kind == 0 && len(h.Reports) > 0: // taken back
		i := rapid.IntRange(0, len(h.Reports)-1).Draw(t, "report")
		touched = h.Reports[i].At
		h.Reports = slices.Delete(h.Reports, i, i+1)
	case kind == 1 && len(h.Reports) > 0: // edited, its time as well
		r := &h.Reports[rapid.IntRange(0, len(h.Reports)-1).Draw(t, "report")]
		touched = r.At
		r.At, r.Answers = genAfter(t, "moved", h.Sessions), genAnswers(t)
		touched = earlier(touched, r.At)
	case kind == 2 && len(h.Sessions) > 0:
		i := rapid.IntRange(0, len(h.Sessions)-1).Draw(t, "session")
		touched = h.Sessions[i].Time()
		h.Sessions = slices.Delete(h.Sessions, i, i+1)
	case kind == 3:
		s := genSession(t, "session-new")
		touched = s.Time()
		h.Sessions = append(h.Sessions, s)
	case kind == 4:
		c := ClinicianEvent{At: genTime(t, "event"), Outcome: pick(t, "outcome", OutcomeBooked, OutcomeSeen, OutcomeCleared)}
		touched = c.At
		h.Clinician = append(h.Clinician, c)
	default:
		r := Report{ID: "report-new", At: genAfter(t, "told", h.Sessions), Answers: genAnswers(t)}
		touched = r.At
		h.Reports = append(h.Reports, r)
	}
	return h, touched
}

// windowOf does what a store does: it asks for the window of stored episodes,
// wider until it stays.
func windowOf(h History, stored Verdict, now, touched time.Time) Window {
	var lastReport, lastSession time.Time
	for _, r := range h.Reports {
		if !r.At.After(now) {
			lastReport = later(lastReport, r.At)
		}
	}
	for _, s := range h.Sessions {
		if !s.Time().After(now) {
			lastSession = later(lastSession, s.Time())
		}
	}
	w := WindowOf(now, touched, lastReport, lastSession, nil)
	for {
		var spans []Span
		for _, e := range stored.Episodes {
			if e.SettledAt.IsZero() || !e.SettledAt.Before(w.Judge) {
				spans = append(spans, Span{From: e.OnsetAt, Until: e.SettledAt})
			}
		}
		wider := WindowOf(now, touched, lastReport, lastSession, spans)
		if wider == w {
			return w
		}
		w = wider
	}
}

// cut loads a window: the rows of it, and what reaches back for ever.
func cut(h History, stored Verdict, w Window) History {
	out := History{JudgeFrom: w.Judge}
	before := map[string][]time.Time{}
	for _, s := range h.Sessions {
		if s.Time().Before(w.Sessions) {
			before[s.RollerID] = append(before[s.RollerID], s.Time())
		} else {
			out.Sessions = append(out.Sessions, s)
		}
	}
	for _, r := range h.Reports {
		if !r.At.Before(w.Reports) {
			out.Reports = append(out.Reports, r)
		}
	}
	for _, c := range h.Clinician {
		if !c.At.Before(w.Judge) {
			out.Clinician = append(out.Clinician, c)
		}
	}
	for _, a := range h.Acks {
		if !a.At.Before(w.Judge) {
			out.Acks = append(out.Acks, a)
		}
	}
	for _, e := range stored.Episodes {
		if e.OnsetAt.Before(w.Judge) && !e.Infection.From.IsZero() {
			out.EarlierInfections = append(out.EarlierInfections, e.Infection)
		}
	}
	for _, r := range h.Rollers {
		ends := slices.DeleteFunc(before[r.ID], func(t time.Time) bool { return !usable(t) })
		slices.SortFunc(ends, time.Time.Compare)
		r.UsesBefore, r.LastUseBefore = CountUses(ends)
		if r.FirstUsedOn.IsZero() && len(ends) > 0 {
			r.FirstUsedOn = DateOf(ends[0].UTC())
		}
		if c := stored.Rollers[r.ID]; c.QuarantinedAt.Before(w.Judge) {
			r.QuarantinedBefore = c.QuarantinedBy
		}
		out.Rollers = append(out.Rollers, r)
	}
	return out
}

// inside is a verdict without what lies before the window.
func inside(v Verdict, h History, w Window) Verdict {
	for _, r := range h.Reports {
		if r.At.Before(w.Judge) {
			delete(v.Reports, r.ID)
		}
	}
	for _, s := range h.Sessions {
		if s.Time().Before(w.Judge) {
			delete(v.Sessions, s.ID)
		}
	}
	kept := map[string]bool{}
	v.Episodes = slices.DeleteFunc(v.Episodes, func(e Episode) bool {
		kept[e.FirstReport] = !e.OnsetAt.Before(w.Judge)
		return !kept[e.FirstReport]
	})
	v.Warnings = slices.DeleteFunc(v.Warnings, func(x Warning) bool { return !kept[x.Episode] })
	for id, r := range v.Rollers {
		r.QuarantinedAt = time.Time{}
		v.Rollers[id] = r
	}
	return v
}

func TestTheWindowGivesTheVerdictOfTheWholeHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, p, then := genLife(t)
		if chance(t, 2) {
			h, then = genCycles(t), hour(float64(rapid.IntRange(0, 24*300).Draw(t, "then")))
		}
		stored := Assess(h, p, then)
		now := then.Add(time.Duration(rapid.IntRange(0, 24*30).Draw(t, "later")) * time.Hour)
		changed, touched := genChange(t, h)
		// What came of age since it was stored is touched as well.
		for _, r := range changed.Reports {
			if r.At.After(then) && usable(r.At) {
				touched = earlier(touched, r.At)
			}
		}
		for _, s := range changed.Sessions {
			if s.Time().After(then) {
				touched = earlier(touched, s.Time())
			}
		}
		w := windowOf(changed, stored, now, touched)
		part := cut(changed, stored, w)
		want := inside(Assess(changed, p, now), changed, w)
		got := inside(Assess(part, p, now), changed, w)
		if diff := difference(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("judged from %v, touched %v, now %v (-whole +window):\n%s", w.Judge, touched, now, diff)
		}
	})
}

func TestTheWindowOfAQuietLifeIsNarrow(t *testing.T) {
	h, now := years(3)
	part := cut(h, Verdict{}, windowOf(h, Assess(h, Person{}, now), now, now.Add(-time.Hour)))
	if len(part.Reports) > 130 || len(part.Sessions) > 70 {
		t.Errorf("%d reports and %d sessions of three years are loaded", len(part.Reports), len(part.Sessions))
	}
}

func TestTheWindowReachesTheLongestRest(t *testing.T) {
	clinic := func(s *Session) { s.Professional, s.ClinicIntervalDays = true, 180 }
	s := new(story).risk("diabetes").roll(-80*24, 2.5).roll(-40*24, 2.5).roll(0, 2.5, clinic).roll(340*24, 0.25)
	s.tell(342*24, calmly()).tell(390*24, calmly())
	now := hour(404 * 24)
	w := windowOf(s.h, Assess(s.h, s.p, now), now, hour(390*24))
	part := cut(s.h, Verdict{}, w)
	got := Assess(part, s.p, now).Rest
	if want := Assess(s.h, s.p, now).Rest; got.State != RestBlocked || !got.Until.Equal(hour(405*24)) || !got.Until.Equal(want.Until) {
		t.Errorf("rest %+v, want until 405 d after the clinic's session, as the whole history says: %+v", got, want)
	}
}

func TestWindowOfBeginsWhereNoEpisodeCounts(t *testing.T) {
	span := func(from, until float64) Span { return Span{From: hour(from), Until: hour(until)} }
	open := func(from float64) Span { return Span{From: hour(from)} }
	// A row written at 990 h may end a session that began up to 12 h before (DQ-04).
	for _, c := range []struct {
		name                string
		touched, lastReport time.Time
		spans               []Span
		want                float64
	}{
		{"only time passed", time.Time{}, time.Time{}, nil, 1000},
		{"a row written", hour(990), time.Time{}, nil, 990 - 12},
		{"the newest report", hour(990), hour(980), nil, 978},
		{"a backdated row", hour(500), hour(980), nil, 488},
		{"an open episode", hour(990), hour(980), []Span{open(900)}, 900},
		{"settled before it", hour(990), hour(980), []Span{span(900, 977)}, 978},
		{"settled at its moment", hour(990), hour(980), []Span{span(900, 978)}, 900},
		{"settled after it", hour(990), hour(980), []Span{span(900, 985)}, 900},
		{"begun at its moment", hour(990), hour(980), []Span{span(978, 985)}, 978},
		{"begun after it", hour(500), hour(980), []Span{open(900)}, 488},
		{"one behind the other", hour(990), hour(980), []Span{span(700, 800), span(850, 990), span(790, 860)}, 700},
	} {
		w := WindowOf(hour(1000), c.touched, c.lastReport, time.Time{}, c.spans)
		if !w.Judge.Equal(hour(c.want)) || w.Judge.Sub(w.Reports) != 60*day || w.Judge.Sub(w.Sessions) < 531*day {
			t.Errorf("%s: %+v, want to judge from %v", c.name, w, hour(c.want))
		}
	}
	w := WindowOf(hour(9000), time.Time{}, time.Time{}, hour(10), nil)
	// RM-13 looks at the cycles before it.
	if !w.Reports.Equal(hour(10).Add(-45*day)) || w.Sessions.After(hour(10).Add(-531*day)) {
		t.Errorf("the newest session is old: %+v", w)
	}
}
