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

// rollout is how long after the first process of a new knowledge the last may
// start: the old ones beside it judge by the older knowledge until they are
// replaced, and what they judged meanwhile is judged again.
const rollout = time.Hour

// beginKnowledge records when the knowledge in force first opened this
// database, and schedules a judgement of every account then. A restart later
// schedules none.
func (s *Store) beginKnowledge(ctx context.Context) error {
	const name = "knowledge." + care.KBVersion
	known, err := db.Row[string](s.read(ctx), "SELECT COALESCE((SELECT value FROM settings WHERE name = $1), '')", name)
	if err != nil {
		return fmt.Errorf("look for when knowledge %s began: %w", care.KBVersion, err)
	}
	began, now := known, s.Now()
	if known == "" {
		if began, err = s.beginning(ctx, now); err != nil {
			return err
		}
	}
	if s.since, err = sinceOf(began); err != nil {
		return err
	}
	if (known == "" || s.Postgres()) && now.Sub(s.since) < rollout {
		if err := s.judgeEverybody(ctx, now); err != nil { // before it is recorded: a crash in between does it again
			return fmt.Errorf("have everybody judged by knowledge %s: %w", care.KBVersion, err)
		}
	}
	if began, err = s.Setting(ctx, name, func() string { return began }); err != nil {
		return err
	}
	s.since, err = sinceOf(began) // of the first of two processes that start together
	return err
}

// beginning returns when the knowledge in force begins in a database that it has
// not opened before: now, or always if no earlier version has judged anybody.
func (s *Store) beginning(ctx context.Context, now time.Time) (string, error) {
	judged, err := db.Row[bool](s.read(ctx), "SELECT EXISTS (SELECT 1 FROM accounts WHERE id > '')")
	if err != nil {
		return "", fmt.Errorf("look for accounts: %w", err)
	}
	if !judged {
		return "0", nil
	}
	return strconv.FormatInt(now.UnixMilli(), 10), nil
}

func sinceOf(millis string) (time.Time, error) {
	at, err := strconv.ParseInt(millis, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("read when knowledge %s began: %w", care.KBVersion, err)
	}
	return time.UnixMilli(at).UTC(), nil
}

// judgeEverybody makes the next judgement of every account due.
func (s *Store) judgeEverybody(ctx context.Context, now time.Time) error {
	return s.writeAny(ctx, func(tx *Tx) error {
		return tx.q.Exec("UPDATE accounts SET judge_at = $1 WHERE health_consent AND (judge_at IS NULL OR judge_at > $1)", T(now))
	})
}

// past reports whether an earlier version of the knowledge judged the moment,
// and the write changes nothing before it.
func (h *history) past(t time.Time) bool {
	return t.Before(h.since) && (h.touched.IsZero() || t.Before(h.touched))
}

// over reports whether an episode in the given state had ended before the
// knowledge in force judged: it stays unchanged.
func (h *history) over(c care.Episode, state care.EpisodeState) bool {
	return state != care.EpisodeOpen && h.past(c.LastReportAt)
}

// stays reports whether an episode that the knowledge in force does not find is
// left alone: no report has come since.
func (h *history) stays(e *Episode) bool {
	return h.past(e.LastReportAt.Time) && (h.touched.IsZero() || e.State != care.EpisodeOpen)
}

// keeps reports whether a warning of an earlier version keeps its state: while
// only time passes, and once it has ended.
func (h *history) keeps(w *Warning) bool {
	return w.fromBefore() && h.past(w.AskedAt.Time) && (h.touched.IsZero() || w.ended())
}

// outlives reports whether a warning of an earlier version stays in force
// although the knowledge in force would not raise it: until a report closes its
// episode, or its cause is corrected.
func (h *history) outlives(w *Warning) bool {
	if !w.fromBefore() || !h.past(w.AskedAt.Time) {
		return false
	}
	i := slices.IndexFunc(h.Episodes, func(e *Episode) bool { return e.ID == w.EpisodeID })
	return h.touched.IsZero() || i >= 0 && (h.Episodes[i].State == care.EpisodeOpen || h.past(h.Episodes[i].LastReportAt.Time))
}

// ended reports whether the warning no longer asks for anything.
func (w *Warning) ended() bool { return w.State == WarningResolved || w.Reason == ReasonHistoryChanged }

func (w *Warning) fromBefore() bool { return w.KBVersion != "" && w.KBVersion != care.KBVersion }

// raisedWarning is one of care's warnings with the stored warning of its
// episode and tier.
type raisedWarning struct {
	care.Warning
	episode *Episode
	stored  *Warning
}

// raised holds all warnings in force.
type raised []raisedWarning

// raised pairs care's warnings with the stored ones, and gives a new one its
// id. A warning that rests only on what an earlier version judged is not
// raised, and does not supersede a lower one.
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
	highest := map[*Episode]care.Tier{} // of the warnings in force
	for _, r := range out {
		if r.State != care.WarningResolved {
			highest[r.episode] = max(highest[r.episode], r.Tier)
		}
	}
	for i := range out {
		if r := &out[i]; r.State == care.WarningSuperseded && highest[r.episode] <= r.Tier { // no higher one supersedes it
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

// stored returns the stored warnings in force.
func (rs raised) stored() map[*Warning]bool {
	out := make(map[*Warning]bool, len(rs))
	for _, r := range rs {
		out[r.stored] = true
	}
	return out
}

// named returns the warnings by the key that verdicts use.
func (rs raised) named() map[warningOf]*Warning {
	out := make(map[warningOf]*Warning, len(rs))
	for _, r := range rs {
		out[warningOf{r.Warning.Episode, r.Tier}] = r.stored
	}
	return out
}

// byReport returns the ids of the warnings that each report raised or joined.
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

// standing returns the ids of the graver warnings that an answer names as still
// in force, and when the first of them was raised (RM-09). What ended under an
// earlier version does not count.
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
