package models

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// What an upgrade of the knowledge does to people: verdicts of an earlier version
// stay as they are, nobody's closed past is judged again, nobody is warned of it,
// and open warnings keep their state. Rest and plan are reckoned anew.

// beginKnowledge notes when the knowledge in force first opened this database, and
// has everybody judged by it.
func (s *Store) beginKnowledge(ctx context.Context) error {
	judged, err := db.Row[bool](s.read(ctx), "SELECT EXISTS (SELECT 1 FROM accounts WHERE id > '')")
	if err != nil {
		return fmt.Errorf("look for accounts: %w", err)
	}
	began := false
	millis, err := s.Setting(ctx, "knowledge."+care.KBVersion, func() string {
		if !judged {
			return "0" // no earlier version has judged anybody
		}
		began = true
		return strconv.FormatInt(s.Now().UnixMilli(), 10)
	})
	if err != nil {
		return err
	}
	at, err := strconv.ParseInt(millis, 10, 64)
	if err != nil {
		return fmt.Errorf("read when knowledge %s began: %w", care.KBVersion, err)
	}
	s.since = time.UnixMilli(at).UTC()
	if !began {
		return nil
	}
	err = s.writeAny(ctx, func(tx *Tx) error {
		_, err := tx.q.Exec("UPDATE accounts SET judge_at = $1 WHERE health_consent AND (judge_at IS NULL OR judge_at > $1)", T(s.since))
		return err
	})
	if err != nil {
		return fmt.Errorf("have everybody judged by knowledge %s: %w", care.KBVersion, err)
	}
	return nil
}

// past says that an earlier version of the knowledge has judged the moment, and
// that the write changes nothing before it.
func (h *history) past(t time.Time) bool {
	return t.Before(h.since) && (h.touched.IsZero() || t.Before(h.touched))
}

// over says that an episode in the given state was over before the knowledge in
// force judged: it stays as it is.
func (h *history) over(c care.Episode, state care.EpisodeState) bool {
	return state != care.EpisodeOpen && h.past(c.LastReportAt)
}

// stays says that an episode which the knowledge in force does not see is left
// alone: no report has come since.
func (h *history) stays(e *Episode) bool {
	return h.past(e.LastReportAt.Time) && (h.touched.IsZero() || e.State != care.EpisodeOpen)
}

// keeps says that a warning of an earlier version keeps its state: while only time
// passes, and where it had ended.
func (h *history) keeps(w *Warning) bool {
	return w.fromBefore() && h.past(w.AskedAt.Time) && (h.touched.IsZero() || w.ended())
}

// outlives says that a warning of an earlier version stands although the knowledge
// in force would not raise it: until a report closes its episode, or what raised it
// is corrected.
func (h *history) outlives(w *Warning) bool {
	if !w.fromBefore() || !h.past(w.AskedAt.Time) {
		return false
	}
	i := slices.IndexFunc(h.Episodes, func(e *Episode) bool { return e.ID == w.EpisodeID })
	return h.touched.IsZero() || i >= 0 && (h.Episodes[i].State == care.EpisodeOpen || h.past(h.Episodes[i].LastReportAt.Time))
}

// ended says that it asks for nothing any more.
func (w *Warning) ended() bool { return w.State == WarningResolved || w.Reason == ReasonHistoryChanged }

func (w *Warning) fromBefore() bool { return w.KBVersion != "" && w.KBVersion != care.KBVersion }

// raisedWarning is one of care's with the stored one of its episode and tier.
type raisedWarning struct {
	care.Warning
	episode *Episode
	stored  *Warning
}

// raised are all warnings that hold.
type raised []raisedWarning

// raised pairs care's warnings with the stored ones, and gives a new one its id. One
// that holds by nothing but what an earlier version has judged is not raised, and
// takes no lower one's place.
func (h *history) raised(v care.Verdict, episodes map[string]*Episode, now time.Time) raised {
	over := map[string]bool{}
	for _, c := range v.Episodes {
		if e := episodes[c.FirstReport]; e == nil || h.over(c, e.State) {
			over[c.FirstReport] = true
		}
	}
	out, known := make(raised, 0, len(v.Warnings)), make(map[warningOf]int, len(h.Warnings))
	for i, w := range slices.Backward(h.Warnings) {
		known[warningOf{w.EpisodeID, w.Tier}] = i
	}
	for _, c := range v.Warnings {
		e := episodes[c.Episode]
		if e == nil {
			continue
		}
		i, stored := known[warningOf{e.ID, c.Tier}]
		if over[c.Episode] {
			if !stored {
				continue
			}
			w := h.Warnings[i]
			c.Fired = slices.DeleteFunc(slices.Clone(c.Fired), func(f care.Fired) bool { return !w.hasRule(f.Rule) })
			if c.AskedAt = w.AskedAt.Time; len(c.Fired) == 0 {
				continue
			}
		}
		if !stored {
			if !slices.ContainsFunc(c.Fired, func(f care.Fired) bool { return !h.past(f.At) }) {
				continue
			}
			i = len(h.Warnings)
			h.Warnings = append(h.Warnings, &Warning{Base: Base{ID: NewID()}, EpisodeID: e.ID, Tier: c.Tier, RaisedAt: T(now)})
		}
		out = append(out, raisedWarning{c, e, h.Warnings[i]})
	}
	highest := map[*Episode]care.Tier{} // of what stands
	for _, r := range out {
		if r.State != care.WarningResolved {
			highest[r.episode] = max(highest[r.episode], r.Tier)
		}
	}
	for i := range out {
		if r := &out[i]; r.State == care.WarningSuperseded && highest[r.episode] <= r.Tier { // no higher one takes its place
			r.State = care.WarningActive
		}
	}
	return out
}

// warningOf identifies a warning: an episode, by its ID or its first report, has
// one of each tier.
type warningOf struct {
	episode string
	tier    care.Tier
}

// stored are the stored warnings that hold.
func (rs raised) stored() map[*Warning]bool {
	out := make(map[*Warning]bool, len(rs))
	for _, r := range rs {
		out[r.stored] = true
	}
	return out
}

// named are the warnings as verdicts name them.
func (rs raised) named() map[warningOf]*Warning {
	out := make(map[warningOf]*Warning, len(rs))
	for _, r := range rs {
		out[warningOf{r.Warning.Episode, r.Tier}] = r.stored
	}
	return out
}

// byReport are the ids of the warnings that each report raised or joined.
func (rs raised) byReport() map[string][]string {
	out := map[string][]string{}
	for _, r := range rs {
		for i, report := range r.Reports {
			if i == 0 || report != r.Reports[i-1] {
				out[report] = append(out[report], r.stored.ID)
			}
		}
	}
	return out
}

// standing are the ids of the warnings that an answer says still stand, and when the
// first of them was raised (RM-09). What ended under an earlier version does not.
func standing(named map[warningOf]*Warning, a *care.Assessment) (ids []string, since Time) {
	for _, s := range a.Standing {
		if w := named[warningOf{s.Episode, s.Tier}]; w != nil && !(w.fromBefore() && w.ended()) {
			if ids = append(ids, w.ID); len(ids) == 1 {
				since = w.RaisedAt
			}
		}
	}
	return ids, since
}
