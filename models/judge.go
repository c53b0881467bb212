package models

import (
	"fmt"
	"slices"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// judge reads the history that a change at touched can move (zero: the change
// moves nothing older), lets care judge it, and stores what is news: verdicts,
// episodes, warnings, reminders and their deliveries, and the next moment at
// which time alone changes any of it. It is part of the transaction that
// stored the fact.
func (tx *Tx) judge(touched time.Time) error {
	account, err := tx.account()
	if err != nil || !account.HealthConsent {
		return err
	}
	if err := tx.rememberFirstSession(account); err != nil {
		return err
	}
	// A plan needs somewhat more than the verdict does.
	touched = earliest(touched, tx.Now.Add(-care.PlanLooksBack))
	h, err := loadHistory(tx.q, account, touched, tx.Now)
	if err != nil {
		return err
	}
	verdict, items := care.Judge(h.facts, account.person(), tx.Now)
	episodes, err := tx.storeEpisodes(h, verdict)
	if err != nil {
		return err
	}
	if err := tx.storeVerdicts(h, verdict, episodes); err != nil {
		return err
	}
	if err := tx.storeWarnings(account, verdict, episodes); err != nil {
		return err
	}
	if err := tx.storePlan(items); err != nil {
		return err
	}
	if T(verdict.Next).Equal(account.JudgeAt.Time) {
		return nil
	}
	return tx.judgeAgainAt(verdict.Next)
}

// judgeAgainAt keeps the next moment on the account, where the jobs find it.
func (tx *Tx) judgeAgainAt(next time.Time) error {
	_, err := tx.q.Exec("UPDATE accounts SET judge_at = $1 WHERE id = $2", T(next), tx.Account)
	return err
}

// rememberFirstSession keeps the fact that progress dates count from.
func (tx *Tx) rememberFirstSession(account *Account) error {
	first, err := db.Row[Time](tx.q, "SELECT MIN(effective_at) FROM sessions WHERE account_id = $1 AND deleted_at IS NULL", tx.Account)
	if err != nil || first.Equal(account.FirstSessionAt.Time) {
		return err
	}
	account.FirstSessionAt = first
	_, err = tx.q.Exec("UPDATE accounts SET first_session_at = $1 WHERE id = $2", first, tx.Account)
	return err
}

// storeVerdicts writes what is news on sessions, reports and rollers.
func (tx *Tx) storeVerdicts(h *history, v care.Verdict, episodes map[string]*Episode) error {
	for i := range h.reports {
		r := &h.reports[i]
		a, judged := v.Reports[r.ID]
		if !judged || r.EffectiveAt.Before(h.window.Judge) {
			continue
		}
		episode := ""
		if e := episodes[a.EpisodeOf]; e != nil {
			episode = e.ID
		}
		if r.judged(*a, episode) {
			if err := tx.save(r); err != nil {
				return fmt.Errorf("store the verdict on a report: %w", err)
			}
			if err := tx.heardOfClinician(r); err != nil {
				return err
			}
		}
	}
	for i := range h.sessions {
		s := &h.sessions[i]
		c, judged := v.Sessions[s.ID]
		if judged && !s.EffectiveAt.Before(h.window.Judge) && s.judged(c) || h.healed[s.ID] {
			if err := tx.save(s); err != nil {
				return fmt.Errorf("store the verdict on a session: %w", err)
			}
		}
	}
	for i := range h.rollers {
		r := &h.rollers[i]
		if c, ok := v.Rollers[r.ID]; ok && r.judged(c) {
			if err := tx.save(r); err != nil {
				return fmt.Errorf("store the verdict on a roller: %w", err)
			}
		}
	}
	return nil
}

// storeEpisodes matches care's episodes with the stored ones: an episode keeps
// the id of the stored one that holds its earliest report, else of one that
// shares a report; one left over is void. It answers them by first report.
func (tx *Tx) storeEpisodes(h *history, v care.Verdict) (map[string]*Episode, error) {
	out, taken := map[string]*Episode{}, map[string]bool{}
	claim := func(match func(stored *Episode, c care.Episode) bool) {
		for _, c := range v.Episodes {
			for i := range h.episodes {
				e := &h.episodes[i]
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
	for i := range h.episodes {
		e := &h.episodes[i]
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
