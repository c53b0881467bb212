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
	sessions []*Session
	reports  []*Report     // those that are judged
	older    []olderReport // those that only bear on them
	rollers  []*Roller
	episodes []*Episode      // those that begin in the window
	healed   map[string]bool // sessions whose needle length was fixed just now
	edited   change          // among the rows, not stored yet; nil: none
	facts    care.History
}

// change is a row that a write brings into the history.
type change interface{ base() *Base }

// join puts the edited row in the place of the stored one.
func (h *history) join(edited change) {
	switch r := edited.(type) {
	case *Report:
		h.reports = with(h.reports, r)
		if r.SessionID == "" {
			r.SessionID = r.group(h.sessions)
		}
	case *Session:
		h.sessions = with(h.sessions, r)
	case *Roller:
		h.rollers = with(h.rollers, r)
	}
}

// episode is the stored one as judging has left it.
func (h *history) episode(stored Episode) Episode {
	for _, e := range h.episodes {
		if e.ID == stored.ID {
			return *e
		}
	}
	return stored
}

// with is the rows with one of them in the place of the stored one.
func with[R any, P row[R]](rows []*R, one *R) []*R {
	for i, r := range rows {
		if P(r).base().ID == P(one).base().ID {
			rows[i] = one
			return rows
		}
	}
	return append(rows, one)
}

func pointers[R any](rows []R) []*R {
	out := make([]*R, len(rows))
	for i := range rows {
		out[i] = &rows[i]
	}
	return out
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
func loadHistory(q db.Q, account *Account, touched, now time.Time, edited change) (*history, error) {
	h := &history{healed: map[string]bool{}, edited: edited}
	var err error
	if h.window, err = windowOf(q, account.ID, touched, now, edited); err != nil {
		return nil, err
	}
	if err := h.load(q, account.ID); err != nil {
		return nil, err
	}
	h.join(edited)
	return h, h.tell(q, account)
}

// load reads the rows of the window.
func (h *history) load(q db.Q, account string) error {
	const since = "WHERE account_id = $1 AND deleted_at IS NULL AND effective_at >= $2"
	sessions, err := db.Rows[Session](q, "SELECT * FROM sessions "+since, account, T(h.window.Sessions))
	if err != nil {
		return err
	}
	judged := h.window.Judge
	if judged.Before(h.window.Reports) {
		judged = h.window.Reports
	}
	reports, err := db.Rows[Report](q, "SELECT * FROM reports "+since, account, T(judged))
	if err != nil {
		return err
	}
	h.older, err = db.Rows[olderReport](q, "SELECT * FROM reports "+since+" AND effective_at < $3", account, T(h.window.Reports), T(judged))
	if err != nil {
		return err
	}
	rollers, err := db.Rows[Roller](q, "SELECT * FROM rollers WHERE account_id = $1 AND deleted_at IS NULL", account)
	if err != nil {
		return err
	}
	episodes, err := db.Rows[Episode](q, "SELECT * FROM episodes WHERE account_id = $1 AND deleted_at IS NULL AND onset_at >= $2 ORDER BY onset_at, id",
		account, T(h.window.Judge))
	h.sessions, h.reports, h.rollers, h.episodes = pointers(sessions), pointers(reports), pointers(rollers), pointers(episodes)
	return err
}

// windowOf asks care how far back a verdict can depend, given what was stored.
func windowOf(q db.Q, account string, touched, now time.Time, edited change) (care.Window, error) {
	last, err := newest(q, account, edited)
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

// newestRows are the times of the newest report and session.
type newestRows struct{ Report, Session Time }

// newest reads them as they are with the edited row in its place.
func newest(q db.Q, account string, edited change) (newestRows, error) {
	var report, session string
	var own newestRows
	switch e := edited.(type) {
	case *Report:
		report, own.Report = e.ID, e.EffectiveAt
	case *Session:
		session, own.Session = e.ID, e.EffectiveAt
	}
	last, err := db.Row[newestRows](q, `SELECT
		(SELECT MAX(effective_at) FROM reports WHERE account_id = $1 AND deleted_at IS NULL AND id <> $2) AS report,
		(SELECT MAX(effective_at) FROM sessions WHERE account_id = $1 AND deleted_at IS NULL AND id <> $3) AS session`, account, report, session)
	return newestRows{latest(last.Report, own.Report), latest(last.Session, own.Session)}, err
}

func latest(a, b Time) Time {
	if a.Before(b.Time) {
		return b
	}
	return a
}

// tell puts the rows, and the facts that reach back before them, as care
// wants to hear them.
func (h *history) tell(q db.Q, account *Account) error {
	rollers := map[string]*Roller{}
	for _, r := range h.rollers {
		rollers[r.ID] = r
	}
	for _, s := range h.sessions {
		h.healed[s.ID] = s.fixNeedle(rollers)
		h.facts.Sessions = append(h.facts.Sessions, s.facts())
	}
	for _, r := range h.reports {
		h.facts.Reports = append(h.facts.Reports, r.facts())
	}
	for _, r := range h.older {
		h.facts.Reports = append(h.facts.Reports, care.Report{ID: r.ID, At: r.EffectiveAt.Time, Answers: r.Answers})
	}
	h.facts.JudgeFrom = h.window.Judge
	h.facts.FirstSessionAt = h.firstSession(account.FirstSessionAt.Time)
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
		h.facts.Clinician = append(h.facts.Clinician, care.ClinicianEvent{At: e.At.Time, Outcome: e.Outcome})
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
		h.facts.Acks = append(h.facts.Acks, care.Ack{At: a.At.Time, Tier: a.Tier, Action: string(a.Action), Report: report})
	}
	return nil
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
	infection, err := db.Row[Time](q, `SELECT MIN(closed_at) FROM episodes
		WHERE account_id = $1 AND deleted_at IS NULL AND state = $2 AND peak_tier >= $3 AND onset_at < $4`,
		account.ID, care.EpisodeClosed, care.SameDay, T(h.window.Judge))
	if err != nil {
		return fmt.Errorf("look for an earlier infection: %w", err)
	}
	h.facts.EarlierInfection = infection.Time
	before, err := h.usesBefore(q, account)
	if err != nil {
		return err
	}
	for _, stored := range h.rollers {
		r := stored.facts()
		r.UsesBefore, r.LastUseBefore = care.CountUses(before[r.ID])
		if stored.QuarantinedAt.Before(h.window.Judge) {
			r.QuarantinedBefore, r.QuarantinedBeforeAt = stored.QuarantinedBy, stored.QuarantinedAt.Time
		}
		h.facts.Rollers = append(h.facts.Rollers, r)
	}
	return nil
}

// firstSession is when the first session was, given what the account knows.
func (h *history) firstSession(known time.Time) time.Time {
	if !known.IsZero() && known.Before(h.window.Sessions) {
		return known // the window touches no row before it
	}
	var first time.Time
	for _, s := range h.sessions {
		first = earliest(first, s.EffectiveAt.Time)
	}
	return first
}

// usesBefore are the sessions of each roller that are older than the window.
func (h *history) usesBefore(q db.Q, account *Account) (map[string][]time.Time, error) {
	if !h.facts.FirstSessionAt.Before(h.window.Sessions) || h.facts.FirstSessionAt.IsZero() {
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
