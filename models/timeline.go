package models

import (
	"context"
	"errors"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// restRow is the answer to "may I roll?" from the last judgement, with the time
// of the next reminder.
type restRow struct {
	ChangeSeq, DigestSeq int64
	Answer               []byte
	AnswerUntil, NextDue Time
}

// Rest returns the answer to "may I roll?" at the current time, and when the
// next reminder is due. It uses the answer of the last judgement unless rows or
// time can have changed it.
func (s *Store) Rest(ctx context.Context, account string) (care.Rest, Time, error) {
	q, now := s.read(ctx), s.Now()
	kept, err := db.Row[restRow](q, `SELECT a.change_seq, COALESCE(d.seq, 0) AS digest_seq, d.answer, d.answer_until,
		(SELECT MIN(due_at) FROM reminders WHERE account_id = $1 AND ended_at IS NULL AND state = $2 AND NOT silent AND due_at > $3) AS next_due
		FROM accounts a LEFT JOIN digests d ON d.account_id = a.id WHERE a.id = $1`, account, StateScheduled, T(now))
	if errors.Is(err, db.ErrNoRow) {
		return care.Rest{}, Time{}, noAccount()
	}
	if err != nil {
		return care.Rest{}, Time{}, err
	}
	rest, valid, err := kept.stored(q, account, now)
	if err == nil && !valid {
		rest, err = restOf(q, account, now)
	}
	return rest, kept.NextDue, err
}

// stored returns the stored answer; holds reports whether it is still valid.
func (r *restRow) stored(q db.Q, account string, now time.Time) (rest care.Rest, holds bool, err error) {
	u := unpackers.Get().(*unpacker)
	defer u.letGo()
	if !r.AnswerUntil.IsZero() && !now.Before(r.AnswerUntil.Time) || !unpackVersioned(u, r.Answer, &rest) {
		return care.Rest{}, false, nil
	}
	if r.DigestSeq == r.ChangeSeq {
		return rest, true, nil
	}
	moved, err := factsMoved(q, account, r.DigestSeq, r.ChangeSeq)
	return rest, !moved, err
}

// restOf judges the history and returns only the rest.
func restOf(q db.Q, account string, now time.Time) (care.Rest, error) {
	a, err := openAccount(q, account, "reports", "", "")
	if err != nil {
		return care.Rest{}, err
	}
	h, err := a.history(q, time.Time{}, now)
	if err != nil {
		return care.Rest{}, err
	}
	defer h.free()
	return care.Assess(h.facts(), a.person(), now).Rest, nil
}

// PlanItem is one step in the timeline of a cycle.
type PlanItem struct {
	ID      string    `json:"id"`
	Kind    care.Kind `json:"kind"`
	Rule    string    `json:"rule,omitempty"`
	Code    string    `json:"code"`
	DueAt   Time      `json:"due_at"`
	State   PlanState `json:"state" enum:"upcoming,due,done,held,skipped"`
	Title   string    `json:"title"`
	Message string    `json:"message"`
	HeldBy  Reason    `json:"held_by,omitempty"`
}

// planHorizon is how far ahead steps that do not belong to a session are shown.
const planHorizon = 365 * 24 * time.Hour

// Plan returns the timeline of the latest session's cycle, with the steps that
// do not belong to a session, soonest first. It shows the reminders in their
// current state.
func (s *Store) Plan(ctx context.Context, account string) (sessionID string, items []PlanItem, err error) {
	q, now := s.read(ctx), s.Now()
	sessionID, err = db.Row[string](q, `SELECT id FROM sessions WHERE account_id = $1 AND deleted_at IS NULL AND effective_at IS NOT NULL
		ORDER BY effective_at DESC, id DESC LIMIT 1`, account)
	if err != nil && !errors.Is(err, db.ErrNoRow) {
		return "", nil, err
	}
	args := db.Args{account, ReasonNotPlanned, sessionID, T(now.Add(planHorizon))}
	rs, err := db.Rows[Reminder](q, "SELECT * FROM reminders WHERE account_id = $1 AND deleted_at IS NULL AND kind IN "+db.In(&args, planned()...)+
		" AND reason <> $2 AND (session_id = $3 OR ended_at IS NULL) AND due_at < $4 ORDER BY due_at, kind, slot", args...)
	items = make([]PlanItem, 0, len(rs))
	for _, r := range rs {
		items = append(items, PlanItem{
			ID: r.ID, Kind: r.Kind, Rule: r.Rule, Code: r.TextKey, DueAt: r.DueAt, State: r.planState(now), HeldBy: r.HeldBy,
		})
	}
	return sessionID, items, err
}

// planState returns the step's state as the person sees it at now. A step is
// due once its time has come, even while quiet hours delay its push.
func (r *Reminder) planState(now time.Time) PlanState {
	switch at := r.WakeAt; r.State {
	case StateScheduled, StateSnoozed:
		if r.State == StateScheduled {
			at = r.DueAt
		}
		switch {
		case at.After(now):
			return PlanUpcoming
		case !r.ExpiresAt.After(now):
			return PlanSkipped
		}
		return PlanDue
	case StateHeld:
		return PlanHeld
	case StateDue, StateSent:
		return PlanDue
	case StateAcknowledged:
		return PlanDone
	default:
		return PlanSkipped
	}
}
