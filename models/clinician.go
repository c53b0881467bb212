package models

import (
	"fmt"
	"slices"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// ClinicianEvent is what a person reported about a clinician.
type ClinicianEvent struct {
	Base
	Entry
	EpisodeID   string `json:"episode_id,omitempty" maxLength:"64" doc:"Default: the latest episode that had begun by then"`
	At          Time   `json:"at,omitzero" required:"true"`
	EffectiveAt Time   `json:"effective_at,omitzero" readOnly:"true" doc:"What care counts from: the sent time, corrected for a wrong clock"`
	Outcome     string `json:"outcome,omitempty" enum:"booked,seen,cleared" required:"true"`
	NoInfection bool   `json:"no_infection,omitempty" doc:"The clinician found no infection: the episode counts as none (RK-24)"`
	Note        string `json:"note,omitempty" maxLength:"4000"`
}

func (*ClinicianEvent) orderColumn() string { return "at" }

func (e *ClinicianEvent) orderTime() Time { return e.At }

// touched names the episode whose infection the event rules out.
func (e *ClinicianEvent) touched() (at time.Time, episode string) {
	if e.NoInfection {
		episode = e.EpisodeID
	}
	return e.EffectiveAt.Time, episode
}

func (e *ClinicianEvent) adopt(old *ClinicianEvent) {
	if old == nil {
		old = &ClinicianEvent{}
	}
	if e.EpisodeID == "" {
		e.EpisodeID = old.EpisodeID
	}
	stillLost(&e.Entry, &old.Entry, "at", &e.At, old.At)
	e.EffectiveAt = old.EffectiveAt
}

func (e *ClinicianEvent) arrive(tx *Tx, old *ClinicianEvent, w Write) error {
	switch {
	case e.At.IsZero() && !e.lost("at"):
		return Invalid("body.at", "is required")
	case !slices.Contains(outcomes(), e.Outcome) && !e.lost("outcome"):
		return Invalid("body.outcome", "must be booked, seen or cleared")
	}
	if e.lost("at") {
		e.EffectiveAt, e.At = Time{}, e.shownAt(e.At, tx)
	} else if old == nil || old.deleted() || old.lost("at") || old.tooMany() || !old.At.Equal(e.At.Time) {
		toCome := w.corrected(e.At, tx.Now).Sub(tx.Now) > clockTolerance
		if toCome && !w.Offline { // DQ-06
			return Invalid("body.at", "must not be a time to come")
		}
		e.EffectiveAt = w.effective(e.At, tx.Now)
		if toCome { // it counts from then on
			e.EffectiveAt = T(w.corrected(e.At, tx.Now))
		}
	}
	e.flag()
	if !e.counts(tx.Now) && !e.lost("at") {
		e.flag("at")
	}
	return e.findEpisode(tx, old, w)
}

func (*ClinicianEvent) faults() []FieldError { return nil }

// findEpisode checks the episode that the event names, or finds one.
func (e *ClinicianEvent) findEpisode(tx *Tx, old *ClinicianEvent, w Write) error {
	if old != nil && old.EpisodeID == e.EpisodeID && e.EpisodeID != "" {
		return nil
	}
	where, args := "id = $2", db.Args{tx.Account, e.EpisodeID}
	if e.EpisodeID == "" {
		where, args = "state <> $2 AND onset_at <= $3 ORDER BY onset_at DESC, id DESC LIMIT 1", db.Args{tx.Account, EpisodeVoid, e.EffectiveAt}
	}
	found, err := db.Found[Episode](tx.q, "SELECT id FROM episodes WHERE account_id = $1 AND "+where, args...)
	if err != nil {
		return fmt.Errorf("find the episode of a clinician event: %w", err)
	}
	switch {
	case found != nil:
		e.EpisodeID = found.ID
	case !w.Offline && (old == nil || old.deleted() || old.EpisodeID != e.EpisodeID): // else it may be known later
		return Invalid("body.episode_id", "is none of your episodes")
	}
	return nil
}

// counts reports whether the event has an effect: one without a time never, one
// that a sync brought before its time from that time on (DQ-06).
func (e *ClinicianEvent) counts(now time.Time) bool {
	return !e.EffectiveAt.IsZero() && !e.EffectiveAt.After(now)
}

// quiets reports whether the event cancels a warning's notification that was
// planned before it: an appointment those of the next 72 h, a visit or a
// clearance all, and one without effect none (DQ-06).
func (e *ClinicianEvent) quiets(planned, due Time, now time.Time) bool {
	if !e.counts(now) || planned.After(e.CreatedAt.Time) && planned.After(e.EffectiveAt.Time) {
		return false
	}
	return e.Outcome != care.OutcomeBooked || due.Before(e.EffectiveAt.Add(bookedQuiet))
}

// bookedQuiet is how long an appointment suppresses the repeats of a warning
// (contract, Irritation reports).
const bookedQuiet = 72 * time.Hour

func (e *ClinicianEvent) scrub() {
	*e = ClinicianEvent{Base: e.Base, At: e.At}
}

// facts returns the event as input for care. It belongs to an episode only
// where it rules out the infection; report is one of that episode.
func (e *ClinicianEvent) facts() care.ClinicianEvent {
	return care.ClinicianEvent{At: e.EffectiveAt.Time, Outcome: e.Outcome, NoInfection: e.NoInfection}
}

// early reports whether the event was stored before its time.
func (e *ClinicianEvent) early() bool {
	return !e.EffectiveAt.IsZero() && slices.Contains(e.Flags, needsReview+"at")
}

// outcomes returns the outcomes that a ClinicianEvent may have.
func outcomes() []string { return []string{care.OutcomeBooked, care.OutcomeSeen, care.OutcomeCleared} }

func (e *ClinicianEvent) leaveOut() {
	e.EffectiveAt = Time{}
	e.flagTooMany()
}
