package models

import (
	"fmt"
	"slices"
	"time"

	"aftercare/models/care"
)

// judge reads the history that a change at touched can move (zero: the change
// moves nothing older), lets care judge it, and stores what is news: verdicts,
// episodes, warnings, reminders and their deliveries, and the next moment at
// which time alone changes any of it. The edited row, nil for none, is judged
// in the place of the stored one and stored once, with its verdict. Without the
// consent nothing is judged, and the history is nil.
func (tx *Tx) judge(touched time.Time, edited change) (*history, error) {
	account, err := tx.account()
	if err != nil || !account.HealthConsent {
		return nil, err
	}
	// Planning looks further back than judging.
	touched = earliest(touched, tx.Now.Add(-care.PlanLooksBack))
	h, err := loadHistory(tx.q, account, touched, tx.Now, edited)
	if err != nil {
		return nil, err
	}
	if err := tx.rememberFirstSession(h.facts.FirstSessionAt); err != nil {
		return nil, err
	}
	verdict, items := care.Judge(h.facts, account.person(), tx.Now)
	episodes, err := tx.storeEpisodes(h, verdict)
	if err != nil {
		return nil, err
	}
	if err := tx.storeVerdicts(h, verdict, episodes); err != nil {
		return nil, err
	}
	if err := tx.storeWarnings(account, verdict, episodes); err != nil {
		return nil, err
	}
	if err := tx.storePlan(items); err != nil {
		return nil, err
	}
	return h, tx.judgeAgainAt(verdict.Next)
}

// judgeAgain is judge where no row is edited.
func (tx *Tx) judgeAgain(touched time.Time) error {
	_, err := tx.judge(touched, nil)
	return err
}

// judgeAgainAt keeps the next moment on the account, where the jobs find it.
func (tx *Tx) judgeAgainAt(next time.Time) error {
	account, err := tx.account()
	if err != nil || T(next).Equal(account.JudgeAt.Time) {
		return err
	}
	account.JudgeAt = T(next)
	_, err = tx.q.Exec("UPDATE accounts SET judge_at = $1 WHERE id = $2", T(next), tx.Account)
	return err
}

// rememberFirstSession keeps the fact that progress dates count from.
func (tx *Tx) rememberFirstSession(first time.Time) error {
	account, err := tx.account()
	if err != nil || first.Equal(account.FirstSessionAt.Time) {
		return err
	}
	account.FirstSessionAt = T(first)
	_, err = tx.q.Exec("UPDATE accounts SET first_session_at = $1 WHERE id = $2", account.FirstSessionAt, tx.Account)
	return err
}

// storeVerdicts stores the edited row and what is news on sessions, reports
// and rollers.
func (tx *Tx) storeVerdicts(h *history, v care.Verdict, episodes map[string]*Episode) error {
	for _, r := range h.reports {
		news := h.edited == r
		if a, judged := v.Reports[r.ID]; judged && !r.EffectiveAt.Before(h.window.Judge) {
			news = r.judged(*a, idOf(episodes[a.EpisodeOf])) || news
		}
		if !news {
			continue
		}
		if err := tx.save(r); err != nil {
			return fmt.Errorf("store a report with its verdict: %w", err)
		}
		if err := tx.heardOfClinician(r); err != nil {
			return err
		}
	}
	for _, s := range h.sessions {
		news := h.edited == s || h.healed[s.ID]
		if c, judged := v.Sessions[s.ID]; judged && !s.EffectiveAt.Before(h.window.Judge) {
			news = s.judged(c) || news
		}
		if err := tx.saveNews(news, s); err != nil {
			return fmt.Errorf("store a session with its verdict: %w", err)
		}
	}
	for _, r := range h.rollers {
		news := h.edited == r
		if c, judged := v.Rollers[r.ID]; judged {
			news = r.judged(c) || news
		}
		if err := tx.saveNews(news, r); err != nil {
			return fmt.Errorf("store a roller with its verdict: %w", err)
		}
	}
	return nil
}

func (tx *Tx) saveNews(news bool, row interface{ base() *Base }) error {
	if !news {
		return nil
	}
	return tx.save(row)
}

func idOf(e *Episode) string {
	if e == nil {
		return ""
	}
	return e.ID
}

// storeEpisodes matches care's episodes with the stored ones: an episode keeps
// the id of the stored one that holds its earliest report, else of one that
// shares a report; one left over is void. It answers them by first report.
func (tx *Tx) storeEpisodes(h *history, v care.Verdict) (map[string]*Episode, error) {
	out, taken := map[string]*Episode{}, map[string]bool{}
	claim := func(match func(stored *Episode, c care.Episode) bool) {
		for _, c := range v.Episodes {
			for _, e := range h.episodes {
				if out[c.FirstReport] == nil && !taken[e.ID] && match(e, c) {
					out[c.FirstReport], taken[e.ID] = e, true
				}
			}
		}
	}
	claim(func(e *Episode, c care.Episode) bool { return slices.Contains(e.ReportIDs, c.FirstReport) })
	claim(func(e *Episode, c care.Episode) bool {
		return slices.ContainsFunc(c.Reports, func(id string) bool { return slices.Contains(e.ReportIDs, id) })
	})
	for _, c := range v.Episodes {
		e := out[c.FirstReport]
		if e == nil {
			e = &Episode{Base: Base{ID: NewID()}, WarningIDs: []string{}}
			out[c.FirstReport] = e
		}
		if e.judged(c) {
			if err := tx.save(e); err != nil {
				return nil, fmt.Errorf("store an episode: %w", err)
			}
		}
	}
	for _, e := range h.episodes {
		if taken[e.ID] || e.State == EpisodeVoid {
			continue
		}
		e.State, e.ReportIDs, e.ClosedAt = EpisodeVoid, []string{}, T(tx.Now)
		if err := tx.save(e); err != nil {
			return nil, fmt.Errorf("void an episode: %w", err)
		}
		if err := tx.withdrawWarnings(e.ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}
