package models

import (
	"fmt"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// history is the part of an account's rows that a verdict can depend on.
type history struct {
	window   care.Window
	sessions []Session
	reports  []Report      // those that are judged
	older    []olderReport // those that only bear on them
	rollers  []Roller
	episodes []Episode       // those that begin in the window
	healed   map[string]bool // sessions whose needle length was fixed just now
	facts    care.History
}

// olderReport is what care asks of a report that is not judged again: the rest of the
// row is most of it.
type olderReport struct {
	ID          string
	EffectiveAt Time
	Answers     care.Answers `gorm:"serializer:json"`
}

// span is an episode as windowOf sees it.
type span struct{ OnsetAt, SettledAt Time }

// loadHistory reads what can move a verdict after rows at touched were
// written; zero: only time passed.
func loadHistory(q db.Q, account *Account, touched, now time.Time) (*history, error) {
	h := &history{healed: map[string]bool{}}
	var err error
	if h.window, err = windowOf(q, account.ID, touched, now); err != nil {
		return nil, err
	}
	const since = "WHERE account_id = $1 AND deleted_at IS NULL AND effective_at >= $2"
	if h.sessions, err = db.Rows[Session](q, "SELECT * FROM sessions "+since, account.ID, T(h.window.Sessions)); err != nil {
		return nil, err
	}
	judged := h.window.Judge
	if judged.Before(h.window.Reports) {
		judged = h.window.Reports
	}
	if h.reports, err = db.Rows[Report](q, "SELECT * FROM reports "+since, account.ID, T(judged)); err != nil {
		return nil, err
	}
	if h.older, err = db.Rows[olderReport](q, "SELECT * FROM reports "+since+" AND effective_at < $3", account.ID, T(h.window.Reports), T(judged)); err != nil {
		return nil, err
	}
	if h.rollers, err = db.Rows[Roller](q, "SELECT * FROM rollers WHERE account_id = $1 AND deleted_at IS NULL", account.ID); err != nil {
		return nil, err
	}
	h.episodes, err = db.Rows[Episode](q, "SELECT * FROM episodes WHERE account_id = $1 AND deleted_at IS NULL AND onset_at >= $2 ORDER BY onset_at, id",
		account.ID, T(h.window.Judge))
	if err != nil {
		return nil, err
	}
	return h, h.tell(q, account)
}

// windowOf asks care how far back a verdict can depend, given what was stored.
func windowOf(q db.Q, account string, touched, now time.Time) (care.Window, error) {
	last, err := db.Row[struct{ Report, Session Time }](q, `SELECT
		(SELECT MAX(effective_at) FROM reports WHERE account_id = $1 AND deleted_at IS NULL) AS report,
		(SELECT MAX(effective_at) FROM sessions WHERE account_id = $1 AND deleted_at IS NULL) AS session`, account)
	if err != nil {
		return care.Window{}, fmt.Errorf("find the newest rows: %w", err)
	}
	w := care.WindowOf(now, touched, last.Report.Time, last.Session.Time, nil)
	for {
		rows, err := db.Rows[span](q, `SELECT * FROM episodes
			WHERE account_id = $1 AND deleted_at IS NULL AND state <> $2 AND (settled_at IS NULL OR settled_at >= $3)`, account, EpisodeVoid, T(w.Judge))
		if err != nil {
			return care.Window{}, err
		}
		spans := make([]care.Span, 0, len(rows))
		for _, e := range rows {
			spans = append(spans, care.Span{From: e.OnsetAt.Time, Until: e.SettledAt.Time})
		}
		wider := care.WindowOf(now, touched, last.Report.Time, last.Session.Time, spans)
		if wider.Judge.Equal(w.Judge) {
			return wider, nil
		}
		w = wider
	}
}

// tell puts the rows, and the facts that reach back before them, as care
// wants to hear them.
func (h *history) tell(q db.Q, account *Account) error {
	rollers := map[string]*Roller{}
	for i := range h.rollers {
		rollers[h.rollers[i].ID] = &h.rollers[i]
	}
	for i := range h.sessions {
		h.healed[h.sessions[i].ID] = h.sessions[i].fixNeedle(rollers)
		h.facts.Sessions = append(h.facts.Sessions, h.sessions[i].facts())
	}
	for i := range h.reports {
		h.facts.Reports = append(h.facts.Reports, h.reports[i].facts())
	}
	for _, r := range h.older {
		h.facts.Reports = append(h.facts.Reports, care.Report{ID: r.ID, At: r.EffectiveAt.Time, Answers: r.Answers})
	}
	h.facts.JudgeFrom, h.facts.FirstSessionAt = h.window.Judge, account.FirstSessionAt.Time
	if err := h.tellAnswers(q, account.ID); err != nil {
		return err
	}
	return h.tellBefore(q, account)
}

// tellAnswers adds what clinicians said and what the person acknowledged.
func (h *history) tellAnswers(q db.Q, account string) error {
	events, err := db.Rows[ClinicianEvent](q, "SELECT * FROM clinician_events WHERE account_id = $1 AND at >= $2", account, T(h.window.Judge))
	if err != nil {
		return err
	}
	for _, e := range events {
		event := care.ClinicianEvent{At: e.At.Time, Outcome: e.Outcome, NoInfection: e.NoInfection}
		if e.NoInfection {
			if event.Report, err = firstReport(q, account, e.EpisodeID); err != nil {
				return err
			}
		}
		h.facts.Clinician = append(h.facts.Clinician, event)
	}
	acks, err := db.Rows[Ack](q, "SELECT * FROM acks WHERE account_id = $1 AND at >= $2", account, T(h.window.Judge))
	if err != nil {
		return err
	}
	for _, a := range acks {
		report, err := answeredReport(q, a)
		if err != nil {
			return err
		}
		h.facts.Acks = append(h.facts.Acks, care.Ack{At: a.At.Time, Tier: care.Tier(a.Tier), Action: a.Action, Report: report})
	}
	return nil
}

// firstReport is a report of an episode, "" for none.
func firstReport(q db.Q, account, episode string) (string, error) {
	e, err := db.Found[Episode](q, "SELECT report_ids FROM episodes WHERE account_id = $1 AND id = $2", account, episode)
	if err != nil {
		return "", fmt.Errorf("find the episode of a clinician's word: %w", err)
	}
	if e == nil || len(e.ReportIDs) == 0 {
		return "", nil
	}
	return e.ReportIDs[0], nil
}

// answeredReport is a report of the episode whose warning was answered.
func answeredReport(q db.Q, a Ack) (string, error) {
	e, err := db.Found[Episode](q, `SELECT e.report_ids FROM warnings w JOIN episodes e ON e.account_id = w.account_id AND e.id = w.episode_id
		WHERE w.account_id = $1 AND w.id = $2`, a.AccountID, a.WarningID)
	if err != nil {
		return "", fmt.Errorf("find what was answered: %w", err)
	}
	if e == nil || len(e.ReportIDs) == 0 {
		return "", nil
	}
	return e.ReportIDs[0], nil
}

// tellBefore adds the facts that reach back for ever: the uses of each roller,
// its quarantine, and an earlier infection (RK-24).
func (h *history) tellBefore(q db.Q, account *Account) error {
	infected, err := db.Rows[Episode](q, `SELECT infected_at, infection_lifted_at FROM episodes
		WHERE account_id = $1 AND deleted_at IS NULL AND state <> $2 AND infected_at IS NOT NULL AND onset_at < $3`,
		account.ID, EpisodeVoid, T(h.window.Judge))
	if err != nil {
		return fmt.Errorf("look for earlier infections: %w", err)
	}
	for _, e := range infected {
		h.facts.EarlierInfections = append(h.facts.EarlierInfections, care.Span{From: e.InfectedAt.Time, Until: e.InfectionLiftedAt.Time})
	}
	before, err := h.usesBefore(q, account)
	if err != nil {
		return err
	}
	for i := range h.rollers {
		r := h.rollers[i].facts()
		r.UsesBefore, r.LastUseBefore = care.CountUses(before[r.ID])
		if h.rollers[i].QuarantinedAt.Before(h.window.Judge) {
			r.QuarantinedBefore, r.QuarantinedBeforeAt = h.rollers[i].QuarantinedBy, h.rollers[i].QuarantinedAt.Time
		}
		h.facts.Rollers = append(h.facts.Rollers, r)
	}
	return nil
}

// usesBefore are the sessions of each roller that are older than the window.
func (h *history) usesBefore(q db.Q, account *Account) (map[string][]time.Time, error) {
	if account.FirstSessionAt.IsZero() || !account.FirstSessionAt.Before(h.window.Sessions) {
		return nil, nil
	}
	older, err := db.Rows[Session](q, `SELECT roller_id, effective_at FROM sessions
		WHERE account_id = $1 AND deleted_at IS NULL AND roller_id <> '' AND effective_at < $2 ORDER BY effective_at`,
		account.ID, T(h.window.Sessions))
	if err != nil {
		return nil, fmt.Errorf("count earlier uses: %w", err)
	}
	out := map[string][]time.Time{}
	for _, s := range older {
		out[s.RollerID] = append(out[s.RollerID], s.EffectiveAt.Time)
	}
	return out, nil
}
