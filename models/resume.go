package models

import (
	"fmt"
	"slices"

	"aftercare/models/care"
	"aftercare/models/db"
)

// Notifications that an answer had cancelled come again when the answer is taken back.

// quietWarnings cancels the repeats of an episode's warnings that an event stops.
// The warnings keep their state.
func (tx *Tx) quietWarnings(event *ClinicianEvent) error {
	warnings, err := db.Rows[Warning](tx.q, "SELECT * FROM warnings WHERE account_id = $1 AND episode_id = $2", tx.Account, event.EpisodeID)
	if err != nil {
		return fmt.Errorf("load the warnings of an episode: %w", err)
	}
	args := db.Args{tx.Account, KindWarning, StateScheduled, StateDue, StateSnoozed}
	var about []string
	for i := range warnings {
		if !warnings[i].toldAfter(event.EffectiveAt) {
			about = append(about, warnings[i].ID)
		}
	}
	if len(about) == 0 {
		return nil
	}
	repeats, err := db.Rows[Reminder](tx.q, `SELECT * FROM reminders
		WHERE account_id = $1 AND kind = $2 AND ended_at IS NULL AND state IN ($3, $4, $5)
		AND anchor IN `+db.In(&args, about...)+` ORDER BY due_at, id`, args...)
	if err != nil {
		return fmt.Errorf("load the repeats of warnings: %w", err)
	}
	for i := range repeats {
		if !event.quiets(repeats[i].CreatedAt, repeats[i].DueAt, tx.Now) {
			continue
		}
		if err := tx.endUnseen(&repeats[i], StateCancelled, reasonClinician(event.Outcome)); err != nil {
			return err
		}
	}
	return nil
}

// quietInTime cancels the repeats that an event stops which a sync had brought
// before its time: storing it had stopped none.
func (tx *Tx) quietInTime(h *history) error {
	for _, k := range h.Clinician {
		if !k.Early || k.At.After(tx.Now) {
			continue
		}
		if err := tx.quietWarnings(&ClinicianEvent{EpisodeID: k.EpisodeID, EffectiveAt: T(k.At), Outcome: k.Outcome}); err != nil {
			return err
		}
	}
	return nil
}

// resumeWarnings restores the cancelled notifications of the active warnings.
func (tx *Tx) resumeWarnings(h *history) error {
	for _, w := range h.Warnings {
		if w.State != WarningActive {
			continue
		}
		if err := tx.resumeWarning(h, w); err != nil {
			return fmt.Errorf("resume a warning: %w", err)
		}
	}
	return nil
}

// resumeWarning restores the notifications of the latest round that were
// cancelled for a reason that no longer holds. Of those whose time has passed
// unseen only the last is shown.
func (tx *Tx) resumeWarning(h *history, w *Warning) error {
	silenced, err := tx.silenced(h, w)
	if err != nil {
		return err
	}
	quieted, err := tx.quieted(h, w)
	if err != nil {
		return err
	}
	var late *Reminder
	for i := range silenced {
		r := &silenced[i]
		pushed, err := tx.pushed(r)
		if err != nil {
			return err
		}
		switch {
		case pushed.Accepted > 0: // it was shown: a visit removes it from no list
		case quieted(r):
			continue
		case !r.DueAt.After(tx.Now):
			late = r
			continue
		}
		if err := tx.showAgain(r); err != nil {
			return err
		}
	}
	if late == nil {
		return nil
	}
	return tx.showAgain(late)
}

// showAgain restores a reminder. A warning whose time has come is shown at once;
// the others wait for the next tick, which asks for the quiet hours.
func (tx *Tx) showAgain(r *Reminder) error {
	if err := tx.restore(r); err != nil {
		return err
	}
	r.Version++
	if r.Kind == KindWarning && r.State == StateScheduled && !r.DueAt.After(tx.Now) {
		return tx.notify(r, phones{})
	}
	return tx.save(r)
}

// silenced returns the notifications of a warning's latest round that a tap has
// ended.
func (tx *Tx) silenced(h *history, w *Warning) ([]Reminder, error) {
	rows, err := db.Rows[Reminder](tx.q, "SELECT * FROM reminders WHERE account_id = $1 AND kind = $2 AND anchor = $3",
		tx.Account, KindWarning, w.ID)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b Reminder) int { return a.DueAt.Compare(b.DueAt.Time) })
	var latest Time
	for i := range rows {
		if rows[i].CreatedAt.After(latest.Time) {
			latest = rows[i].CreatedAt
		}
	}
	return slices.DeleteFunc(rows, func(r Reminder) bool {
		return !r.CreatedAt.Equal(latest.Time) || !r.ended() || !tx.Now.Before(r.ExpiresAt.Time) || !h.stoppedByTap(w, &r)
	}), nil
}

// quieted returns whether a clinician's visit or appointment cancels a
// notification of the warning, by the present events and reports.
func (tx *Tx) quieted(h *history, w *Warning) (func(*Reminder) bool, error) {
	events, err := db.Rows[ClinicianEvent](tx.q, "SELECT * FROM clinician_events WHERE account_id = $1 AND episode_id = $2 AND deleted_at IS NULL",
		tx.Account, w.EpisodeID)
	return func(r *Reminder) bool {
		return h.quietedByReport(w, r) || slices.ContainsFunc(events, func(e ClinicianEvent) bool {
			return !w.toldAfter(e.EffectiveAt) && e.quiets(r.CreatedAt, r.DueAt, tx.Now)
		})
	}, err
}

// stoppedByTap reports whether a notification ended because of something that
// can be taken back. When a higher warning is resolved, the lower one that
// holds is active again without a push (contract, Episodes and warnings): one
// that was resolved before the notification was made is not what superseded it.
func (h *history) stoppedByTap(w *Warning, r *Reminder) bool {
	switch {
	case r.Reason == "":
		return r.State == StateAcknowledged
	case r.Reason == Reason(WarningSuperseded):
		return !slices.ContainsFunc(h.Warnings, func(o *Warning) bool {
			return o.EpisodeID == w.EpisodeID && o.Tier > w.Tier && o.State == WarningResolved && o.ResolvedAt.After(r.CreatedAt.Time)
		})
	}
	return slices.Contains([]Reason{
		Reason(WarningResolved), reasonClinician(care.OutcomeBooked), reasonClinician(care.OutcomeSeen), reasonClinician(care.OutcomeCleared),
	}, r.Reason)
}

// quietedByReport reports whether a report that came after the notification was
// made says that a clinician has seen it.
func (h *history) quietedByReport(w *Warning, r *Reminder) bool {
	return slices.ContainsFunc(h.Reports, func(k keptReport) bool {
		return k.SeenByClinician && k.ReceivedAt.After(r.CreatedAt.Time) && h.holds(w.EpisodeID, k.ID)
	})
}

// holds reports whether an episode of the window contains a report.
func (h *history) holds(episode, report string) bool {
	return slices.ContainsFunc(h.Episodes, func(e *Episode) bool { return e.ID == episode && slices.Contains(e.ReportIDs, report) })
}
