package models

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// history is the part of an account's rows that a judgement can depend on: as
// stored, including the changes of the current write.
type history struct {
	kept
	now    time.Time
	person *Account
	edited change // not stored yet; nil: none
	// undoing is set if it takes something back, or restores it.
	undoing bool
	healed  map[string]bool // sessions whose needle length was fixed just now
	// grouped holds the sessions by time, and groupedBefore those of before the
	// write, if it changes one; nil: not asked for yet.
	grouped, groupedBefore groups
	// touched is the earliest moment that the write changed; zero: only time
	// passed. since is when the knowledge in force began to judge.
	touched, since time.Time
	// before holds the uses of rollers older than the window, including rollers
	// that arrived after their sessions; it is read from the tables only.
	before map[string][]time.Time
	// unpacker has the memory of what was unpacked; nil: it was loaded.
	unpacker *unpacker
	given    *givenFacts // to care; nil: nothing yet
	was      was
	draft    draft
}

// groups are sessions by time, oldest first.
type groups []group

type group struct {
	at      time.Time
	session string
}

// was has room for what rows were before the judgement.
type was struct {
	warning  Warning
	fired    []Fired
	episode  Episode
	reminder Reminder
}

// givenFacts has room for the lists that are given to care.
type givenFacts struct {
	sessions []care.Session
	reports  []care.Report
}

// given are those that are not in use.
var given = sync.Pool{New: func() any { return new(givenFacts) }}

// kept is the content of a derived row. It holds the facts of rows and, for
// those that may be judged, a mark of the stored verdict.
type kept struct {
	BuiltAt           time.Time
	Window            care.Window
	EarlierInfections []care.Span
	Sessions          []keptSession
	Reports           []keptReport
	Rollers           []keptRoller
	Clinician         []keptEvent
	Acks              []keptAck
	Progress          []keptProgress
	Episodes          []*Episode // those that begin within the window
	Warnings          []*Warning // the warnings of these episodes
	// Reminders holds the open planned ones, and the ended ones of the anchors.
	Reminders []*Reminder
	Anchors   []string
}

type keptSession struct {
	care.Session
	Mark uint64
}

type keptReport struct {
	care.Report
	Mark uint64
	Old  bool // judged by an earlier version of the knowledge
}

// visit returns the clinician event that a report of a visit records.
func (r *keptReport) visit(episode string) *ClinicianEvent {
	return &ClinicianEvent{Base: Base{CreatedAt: T(r.ReceivedAt)}, EpisodeID: episode, EffectiveAt: T(r.At), Outcome: care.OutcomeSeen}
}

type keptRoller struct {
	care.Roller
	QuarantinedBy string
	QuarantinedAt time.Time
	Mark          uint64
}

type keptEvent struct {
	ID, EpisodeID string
	care.ClinicianEvent
	Early bool // stored before its time
}

func keptEventOf(e *ClinicianEvent) keptEvent {
	return keptEvent{e.ID, e.EpisodeID, e.facts(), e.early()}
}

type keptAck struct {
	ID, EpisodeID string
	care.Ack
}

type keptProgress struct {
	ID string
	care.Progress
}

// change is the content of a write: judge adds it to the history and stores it
// with its consequences.
type change interface {
	join(h *history)
	store(tx *Tx) error
}

// loadHistory reads from the tables everything that can affect a verdict after
// rows at touched were written; zero: only time passed. Episodes matter longer by
// gap.
func loadHistory(q db.Q, account *Account, touched, now time.Time, gap time.Duration) (*history, error) {
	h := &history{now: now, person: account, healed: map[string]bool{}}
	h.BuiltAt = now
	var err error
	if h.Window, err = windowOf(q, account.ID, touched, now, gap); err != nil {
		return nil, err
	}
	for _, load := range []func(q db.Q) error{h.loadSessions, h.loadReports, h.loadRollers, h.loadEpisodes, h.loadAnswers, h.loadProgress, h.loadReminders} {
		if err := load(q); err != nil {
			return nil, err
		}
	}
	return h, nil
}

const since = "WHERE account_id = $1 AND deleted_at IS NULL AND effective_at >= $2"

func (h *history) loadSessions(q db.Q) error {
	rows, err := db.Rows[Session](q, "SELECT * FROM sessions "+since, h.person.ID, T(h.Window.Sessions))
	for i := range rows {
		h.Sessions = append(h.Sessions, keptSession{rows[i].facts(), rows[i].mark()})
	}
	return err
}

// loadReports reads whole rows only for reports that are judged: of the others
// care needs only the answers.
func (h *history) loadReports(q db.Q) error {
	judged := h.Window.Judge
	if judged.Before(h.Window.Reports) {
		judged = h.Window.Reports
	}
	rows, err := db.Rows[Report](q, "SELECT * FROM reports "+since, h.person.ID, T(judged))
	if err != nil {
		return err
	}
	for i := range rows {
		h.Reports = append(h.Reports, keptReport{rows[i].facts(), rows[i].mark(), rows[i].judgedBefore()})
	}
	older, err := db.Rows[Report](q, "SELECT id, effective_at, answers, created_at FROM reports "+since+" AND effective_at < $3",
		h.person.ID, T(h.Window.Reports), T(judged))
	for i := range older {
		h.Reports = append(h.Reports, keptReport{Report: older[i].facts()})
	}
	return err
}

func (h *history) loadRollers(q db.Q) error {
	rows, err := db.Rows[Roller](q, "SELECT * FROM rollers WHERE account_id = $1 AND deleted_at IS NULL", h.person.ID)
	if err != nil {
		return err
	}
	if h.before, err = h.usesBefore(q); err != nil {
		return err
	}
	for i := range rows {
		if rows[i].tooMany() {
			continue
		}
		r := keptRoller{rows[i].facts(), rows[i].QuarantinedBy, rows[i].QuarantinedAt.Time, rows[i].mark()}
		h.reachBack(&r.Roller)
		if r.QuarantinedAt.Before(h.Window.Judge) {
			r.QuarantinedBefore, r.QuarantinedBeforeAt = r.QuarantinedBy, r.QuarantinedAt
		}
		h.Rollers = append(h.Rollers, r)
	}
	return nil
}

// reachBack adds to a roller how often and since when it was used before the
// window.
func (h *history) reachBack(r *care.Roller) {
	uses := h.before[r.ID]
	r.UsesBefore, r.LastUseBefore = care.CountUses(uses)
	if r.FirstUsedOn.IsZero() && len(uses) > 0 {
		r.FirstUsedOn = care.DateOf(uses[0].UTC())
	}
}

// usesBefore returns the sessions of each roller that are older than the
// window.
func (h *history) usesBefore(q db.Q) (map[string][]time.Time, error) {
	if first := h.person.FirstSessionAt; first.IsZero() || !first.Before(h.Window.Sessions) {
		return nil, nil
	}
	older, err := db.Rows[Session](q, `SELECT roller_id, effective_at FROM sessions
		WHERE account_id = $1 AND deleted_at IS NULL AND roller_id <> '' AND effective_at < $2 ORDER BY effective_at`,
		h.person.ID, T(h.Window.Sessions))
	if err != nil {
		return nil, fmt.Errorf("count earlier uses: %w", err)
	}
	out := map[string][]time.Time{}
	for _, s := range older {
		out[s.RollerID] = append(out[s.RollerID], s.EffectiveAt.Time)
	}
	return out, nil
}

// firstUse returns when one of the rollers was first used; zero: never. What
// happened then is judged with a roller that arrives after its sessions, or that
// was deleted: its quarantine does not end with its row.
func (tx *Tx) firstUse(rollers []string) (time.Time, error) {
	if len(rollers) == 0 {
		return time.Time{}, nil
	}
	args := db.Args{tx.Account}
	first, err := db.Row[struct{ At Time }](tx.q, `SELECT MIN(effective_at) AS at FROM sessions
		WHERE account_id = $1 AND deleted_at IS NULL AND roller_id IN `+db.In(&args, rollers...), args...)
	if err != nil {
		return time.Time{}, fmt.Errorf("find the first use of a roller: %w", err)
	}
	return first.At.Time, nil
}

// loadEpisodes reads the episodes of the window with their warnings, and which
// of the episodes before it were infections (RK-24).
func (h *history) loadEpisodes(q db.Q) error {
	rows, err := db.Rows[Episode](q, "SELECT * FROM episodes WHERE account_id = $1 AND deleted_at IS NULL AND onset_at >= $2 ORDER BY onset_at, id",
		h.person.ID, T(h.Window.Judge))
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(rows))
	for i := range rows {
		h.Episodes, ids = append(h.Episodes, &rows[i]), append(ids, rows[i].ID)
	}
	args := db.Args{h.person.ID}
	warnings, err := db.Rows[Warning](q, "SELECT * FROM warnings WHERE account_id = $1 AND episode_id IN "+db.In(&args, ids...)+" ORDER BY raised_at, id", args...)
	for i := range warnings {
		h.Warnings = append(h.Warnings, &warnings[i])
	}
	if err != nil {
		return err
	}
	infected, err := db.Rows[Episode](q, `SELECT infected_at, infection_lifted_at FROM episodes
		WHERE account_id = $1 AND deleted_at IS NULL AND state <> $2 AND infected_at IS NOT NULL AND onset_at < $3 ORDER BY infected_at`,
		h.person.ID, EpisodeVoid, T(h.Window.Judge))
	if err != nil {
		return fmt.Errorf("look for earlier infections: %w", err)
	}
	for _, e := range infected {
		h.EarlierInfections = append(h.EarlierInfections, care.Span{From: e.InfectedAt.Time, Until: e.InfectionLiftedAt.Time})
	}
	return nil
}

// loadAnswers reads clinician events and acknowledgements.
func (h *history) loadAnswers(q db.Q) error {
	events, err := db.Rows[ClinicianEvent](q, "SELECT * FROM clinician_events WHERE account_id = $1 AND deleted_at IS NULL AND effective_at >= $2",
		h.person.ID, T(h.Window.Judge))
	if err != nil {
		return err
	}
	for i := range events {
		h.Clinician = append(h.Clinician, keptEventOf(&events[i]))
	}
	acks, err := db.Rows[struct {
		Ack
		EpisodeID string
	}](q, `SELECT a.*, COALESCE(w.episode_id, '') AS episode_id FROM acks a LEFT JOIN warnings w ON w.account_id = a.account_id AND w.id = a.warning_id
		WHERE a.account_id = $1 AND a.at >= $2`, h.person.ID, T(h.Window.Judge))
	for i := range acks {
		h.Acks = append(h.Acks, keptAck{acks[i].ID, acks[i].EpisodeID, acks[i].facts()})
	}
	return err
}

// loadProgress reads what the plan needs of progress entries.
func (h *history) loadProgress(q db.Q) error {
	rows, err := db.Rows[Progress](q, "SELECT * FROM progress WHERE account_id = $1 AND deleted_at IS NULL AND at >= $2",
		h.person.ID, T(h.now.Add(-care.ProgressLooksBack)))
	for i := range rows {
		if !rows[i].tooMany() {
			h.Progress = append(h.Progress, keptProgress{rows[i].ID, rows[i].facts()})
		}
	}
	return err
}

// loadReminders reads the open planned reminders; ended ones are read later,
// for the anchors of a plan.
func (h *history) loadReminders(q db.Q) error {
	rows, err := db.Rows[Reminder](q, "SELECT * FROM reminders WHERE account_id = $1 AND ended_at IS NULL", h.person.ID)
	for i := range rows {
		if slices.Contains(planned(), rows[i].Kind) {
			h.Reminders = append(h.Reminders, &rows[i])
		}
	}
	return err
}

// windowOf returns how far back a verdict can depend on rows, given what is
// stored. Episodes matter longer by gap.
func windowOf(q db.Q, account string, touched, now time.Time, gap time.Duration) (care.Window, error) {
	last, err := db.Row[newestRows](q, `SELECT
		(SELECT MAX(effective_at) FROM reports WHERE account_id = $1 AND deleted_at IS NULL) AS report,
		(SELECT MAX(effective_at) FROM sessions WHERE account_id = $1 AND deleted_at IS NULL) AS session`, account)
	if err != nil {
		return care.Window{}, fmt.Errorf("find the newest rows: %w", err)
	}
	w := care.WindowOf(now, touched, last.Report.Time, last.Session.Time, nil)
	for {
		rows, err := db.Rows[struct{ OnsetAt, SettledAt Time }](q, `SELECT onset_at, settled_at FROM episodes
			WHERE account_id = $1 AND deleted_at IS NULL AND state <> $2 AND settled_at IS NULL
			UNION ALL SELECT onset_at, settled_at FROM episodes
			WHERE account_id = $1 AND deleted_at IS NULL AND state <> $2 AND settled_at >= $3`, account, EpisodeVoid, T(w.Judge.Add(-gap)))
		if err != nil {
			return care.Window{}, err
		}
		spans := make([]care.Span, 0, len(rows))
		for _, e := range rows {
			span := care.Span{From: e.OnsetAt.Time, Until: e.SettledAt.Time}
			if !span.Until.IsZero() {
				span.Until = span.Until.Add(gap)
			}
			spans = append(spans, span)
		}
		wider := care.WindowOf(now, touched, last.Report.Time, last.Session.Time, spans)
		if wider.Judge.Equal(w.Judge) {
			return wider, nil
		}
		w = wider
	}
}

// newestRows holds the times of the newest report and session.
type newestRows struct{ Report, Session Time }
