package models

import (
	"fmt"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// judge loads the history that a change at touched can affect (zero: it affects
// nothing older), has care judge it, and stores what changed: the edited row
// or rows (nil for none) with their verdicts, other verdicts, episodes, warnings,
// reminders and their deliveries, and the next moment at which time alone
// changes any of it. Without health consent the edited row is stored but
// nothing is judged.
func (tx *Tx) judge(touched time.Time, edited change) error {
	account, err := tx.account()
	if err != nil {
		return err
	}
	if !account.HealthConsent {
		return tx.storeUnjudged(edited)
	}
	if editsRollers(edited) {
		account.readTables()
	}
	from, err := tx.judgedFrom(touched, edited)
	if err != nil {
		return err
	}
	h, err := account.history(tx.q, from, tx.Now)
	if err != nil {
		return err
	}
	defer h.free()
	h.touched, h.since = touched, tx.since
	if edited != nil {
		h.edited, h.undoing = edited, undoes(edited)
		edited.join(h)
	}
	facts := h.facts()
	if err := tx.rememberFirstSession(facts.FirstSessionAt); err != nil {
		return err
	}
	verdict, items := care.Judge(facts, account.person(), tx.Now)
	episodes, err := tx.storeEpisodes(h, verdict)
	if err != nil {
		return err
	}
	raised := h.raised(verdict, episodes, tx.Now)
	if err := tx.storeVerdicts(h, verdict, episodes, raised); err != nil {
		return err
	}
	if err := tx.regroup(h); err != nil {
		return err
	}
	if err := tx.quietInTime(h); err != nil {
		return err
	}
	if err := tx.storeWarnings(h, raised); err != nil {
		return err
	}
	if err := tx.storePlan(h, items); err != nil {
		return err
	}
	if err := tx.judgeAgainAt(verdict.Next); err != nil {
		return err
	}
	return tx.storeDigest(h, verdict)
}

// judgedFrom returns the time from which the history is judged after a change at
// touched.
func (tx *Tx) judgedFrom(touched time.Time, edited change) (time.Time, error) {
	left, err := tx.newestLeft(edited)
	if err != nil {
		return touched, err
	}
	used, err := tx.firstUse(arriving(edited))
	// Planning looks further back than judging.
	return earliest(earliest(touched, tx.Now.Add(-care.PlanLooksBack)), earliest(left, used)), err
}

// storeUnjudged stores a row while judging is not allowed. It deletes the
// derived row, so that a deletion now leaves no trace when judging resumes.
func (tx *Tx) storeUnjudged(edited change) error {
	if err := tx.dropDigest(); err != nil || edited == nil {
		return err
	}
	return edited.store(tx)
}

// judgeAgain calls judge without an edited row.
func (tx *Tx) judgeAgain(touched time.Time) error {
	return tx.judge(touched, nil)
}

// judgeAgainAt stores the time of the next judgement on the account, where the
// jobs find it.
func (tx *Tx) judgeAgainAt(next time.Time) error {
	account, err := tx.account()
	if err != nil || T(next).Equal(account.JudgeAt.Time) {
		return err
	}
	account.JudgeAt = T(next)
	return tx.q.Exec("UPDATE accounts SET judge_at = $1 WHERE id = $2", T(next), tx.Account)
}

// rememberFirstSession stores the time that progress dates count from.
func (tx *Tx) rememberFirstSession(first time.Time) error {
	account, err := tx.account()
	if err != nil || first.Equal(account.FirstSessionAt.Time) {
		return err
	}
	account.FirstSessionAt = T(first)
	return tx.q.Exec("UPDATE accounts SET first_session_at = $1 WHERE id = $2", account.FirstSessionAt, tx.Account)
}

// storeVerdicts stores the edited row and the changed verdicts on sessions,
// reports and rollers.
func (tx *Tx) storeVerdicts(h *history, v care.Verdict, episodes map[string]*Episode, raised raised) error {
	warnings, named := raised.byReport(), raised.named()
	for i := range h.Reports {
		r := &h.Reports[i]
		if r.At.Before(h.Window.Judge) || r.Old && h.past(r.At) {
			continue
		}
		a, judged := v.Reports[r.ID]
		if !judged {
			continue
		}
		standing, since := standing(named, a)
		verdict := h.draft.report(a, standing, since)
		verdict.EpisodeID, verdict.WarningIDs = idOf(episodes[a.EpisodeOf]), warnings[r.ID]
		if err := tx.storeReportVerdict(h, r, verdict); err != nil {
			return fmt.Errorf("store the verdict on a report: %w", err)
		}
	}
	for i := range h.Sessions {
		if err := tx.storeSessionVerdict(h, &h.Sessions[i], v); err != nil {
			return fmt.Errorf("store the verdict on a session: %w", err)
		}
	}
	for i := range h.Rollers {
		if err := tx.storeRollerVerdict(h, &h.Rollers[i], v); err != nil {
			return fmt.Errorf("store the verdict on a roller: %w", err)
		}
	}
	if h.edited == nil {
		return nil
	}
	return h.edited.store(tx)
}

func (tx *Tx) storeReportVerdict(h *history, r *keptReport, verdict *ReportVerdict) error {
	r.Old = false
	if !verdictChanged(&r.Mark, verdict) {
		return nil
	}
	if e, ok := editOf[editedReport](h.edited, r.ID); ok {
		e.ReportVerdict = verdict.kept()
	} else {
		err := tx.q.Exec(`UPDATE reports SET assessment = $1, episode_id = $2, warning_ids = $3, seq = $4, updated_at = $5
			WHERE account_id = $6 AND id = $7`, db.JSON{Of: verdict.Assessment}, verdict.EpisodeID, db.JSON{Of: verdict.WarningIDs}, tx.tx.NextSeq(), T(tx.Now), tx.Account, r.ID)
		if err != nil {
			return err
		}
	}
	if !r.SeenByClinician || verdict.EpisodeID == "" {
		return nil
	}
	return tx.quietWarnings(r.visit(verdict.EpisodeID))
}

func (tx *Tx) storeSessionVerdict(h *history, s *keptSession, v care.Verdict) error {
	e, edited := editOf[editedSession](h.edited, s.ID)
	if h.healed[s.ID] {
		if edited {
			e.NeedleMMUsed = new(s.NeedleMM)
		} else if err := tx.q.Exec("UPDATE sessions SET needle_mm_used = $1, seq = $2, updated_at = $3 WHERE account_id = $4 AND id = $5",
			s.NeedleMM, tx.tx.NextSeq(), T(tx.Now), tx.Account, s.ID); err != nil {
			return err
		}
	}
	c, judged := v.Sessions[s.ID]
	if !judged || s.Time().Before(h.Window.Judge) {
		return nil
	}
	verdict := h.draft.session(c)
	switch changed := verdictChanged(&s.Mark, verdict); {
	case !changed:
		return nil
	case edited:
		e.SessionVerdict = verdict.kept()
		return nil
	}
	return tx.q.Exec("UPDATE sessions SET rest = $1, advisories = $2, seq = $3, updated_at = $4 WHERE account_id = $5 AND id = $6",
		db.JSON{Of: verdict.Rest}, db.JSON{Of: verdict.Advisories}, tx.tx.NextSeq(), T(tx.Now), tx.Account, s.ID)
}

func (tx *Tx) storeRollerVerdict(h *history, r *keptRoller, v care.Verdict) error {
	c, judged := v.Rollers[r.ID]
	if !judged {
		return nil
	}
	if r.QuarantinedBy != c.QuarantinedBy {
		r.QuarantinedBy, r.QuarantinedAt = c.QuarantinedBy, c.QuarantinedAt
	}
	verdict := rollerVerdictOf(c, T(r.QuarantinedAt))
	if !verdictChanged(&r.Mark, &verdict) {
		return nil
	}
	if e, ok := editOf[editedRoller](h.edited, r.ID); ok {
		e.RollerVerdict = verdict
		return nil
	}
	return tx.q.Exec(`UPDATE rollers SET uses = $1, max_uses = $2, replace_by = $3, quarantined_by = $4, quarantined_at = $5, advisories = $6,
		seq = $7, updated_at = $8 WHERE account_id = $9 AND id = $10`, verdict.Uses, verdict.MaxUses, verdict.ReplaceBy, verdict.QuarantinedBy,
		verdict.QuarantinedAt, db.JSON{Of: verdict.Advisories}, tx.tx.NextSeq(), T(tx.Now), tx.Account, r.ID)
}

// verdictChanged reports whether the verdict differs from the marked one, and
// updates the mark.
func verdictChanged[V any](mark *uint64, verdict *V) bool {
	before := *mark
	*mark = packedHash(verdict)
	return *mark != before
}

func idOf(e *Episode) string {
	if e == nil {
		return ""
	}
	return e.ID
}
