package models

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"time"

	"aftercare/models/db"
)

// What a write adds to the history: join puts it among the rows that are
// judged, and judge stores it together with its consequences.

type editedReport struct{ *Report }

func (e editedReport) join(h *history) {
	h.Reports = slices.DeleteFunc(h.Reports, func(r keptReport) bool {
		if r.ID == e.ID {
			e.forgetDefault(h, &r)
		}
		return r.ID == e.ID
	})
	e.enter(h)
}

// forgetDefault forgets a session that the earlier state of the report had by default,
// for its time may have been corrected; phones send back what they were answered.
func (e editedReport) forgetDefault(h *history, earlier *keptReport) {
	if e.SessionID == h.groupsBefore().of(earlier.At) {
		e.SessionID = ""
	}
}

// enter is join for a report of which the history has no earlier state.
func (e editedReport) enter(h *history) {
	if e.deleted() {
		return
	}
	e.arrived(h.now)
	if e.SessionID == "" {
		e.SessionID = h.groups().of(e.EffectiveAt.Time)
	}
	h.Reports = append(h.Reports, keptReport{Report: e.facts()})
}

func (e editedReport) store(tx *Tx) error { return tx.saveEdited(e.Report) }

type editedSession struct{ *Session }

func (e editedSession) join(h *history) {
	h.regroups()
	h.Sessions = slices.DeleteFunc(h.Sessions, func(s keptSession) bool { return s.ID == e.ID })
	if e.deleted() {
		return
	}
	e.arrived(h.now)
	h.Sessions = append(h.Sessions, keptSession{Session: e.facts()})
}

// regroup assigns the reports that had a session by default to the one that is their
// default after a session was entered, moved or deleted. It asks nothing where that
// changes none.
func (tx *Tx) regroup(h *history) error {
	if h.groupedBefore == nil {
		return nil
	}
	for i := range h.Reports {
		r := &h.Reports[i]
		was, is := h.groupedBefore.of(r.At), h.groups().of(r.At)
		if _, chosen := editOf[editedReport](h.edited, r.ID); chosen || was == is {
			continue
		}
		if err := tx.q.Exec("UPDATE reports SET session_id = $1, seq = $2, updated_at = $3 WHERE account_id = $4 AND id = $5 AND session_id = $6",
			is, tx.tx.NextSeq(), T(tx.Now), tx.Account, r.ID, was); err != nil {
			return fmt.Errorf("assign a report to its session: %w", err)
		}
	}
	return nil
}

func (e editedSession) store(tx *Tx) error { return tx.saveEdited(e.Session) }

type editedRoller struct{ *Roller }

// join keeps what a roller takes from before the window, which no edit changes.
func (e editedRoller) join(h *history) {
	i := slices.IndexFunc(h.Rollers, func(r keptRoller) bool { return r.ID == e.ID })
	switch {
	case e.deleted() || e.tooMany():
		h.Rollers = slices.DeleteFunc(h.Rollers, func(r keptRoller) bool { return r.ID == e.ID })
	case i < 0:
		r := keptRoller{Roller: e.facts()}
		h.reachBack(&r.Roller)
		h.Rollers = append(h.Rollers, r)
	default:
		old := h.Rollers[i]
		h.Rollers[i].Roller, h.Rollers[i].Mark = e.facts(), 0
		h.reachBack(&h.Rollers[i].Roller)
		h.Rollers[i].QuarantinedBefore, h.Rollers[i].QuarantinedBeforeAt = old.QuarantinedBefore, old.QuarantinedBeforeAt
	}
}

func (e editedRoller) store(tx *Tx) error { return tx.saveEdited(e.Roller) }

type editedProgress struct{ *Progress }

func (e editedProgress) join(h *history) {
	h.Progress = slices.DeleteFunc(h.Progress, func(p keptProgress) bool { return p.ID == e.ID })
	if !e.deleted() && !e.tooMany() {
		h.Progress = append(h.Progress, keptProgress{e.ID, e.facts()})
	}
}

func (e editedProgress) store(tx *Tx) error { return tx.saveEdited(e.Progress) }

// edit wraps a row written by a phone.
func edit(row any) change {
	switch r := row.(type) {
	case *Report:
		return editedReport{r}
	case *Session:
		return editedSession{r}
	case *Roller:
		return editedRoller{r}
	case *Progress:
		return editedProgress{r}
	case *ClinicianEvent:
		return editedEvent{r}
	}
	panic("edit: a row that is not judged")
}

type editedEvent struct{ *ClinicianEvent }

func (e editedEvent) join(h *history) {
	h.Clinician = slices.DeleteFunc(h.Clinician, func(k keptEvent) bool { return k.ID == e.ID })
	if !e.deleted() {
		h.Clinician = append(h.Clinician, keptEventOf(e.ClinicianEvent))
	}
}

func (e editedEvent) store(tx *Tx) error {
	if err := tx.saveEdited(e.ClinicianEvent); err != nil || e.deleted() {
		return err
	}
	return tx.quietWarnings(e.ClinicianEvent)
}

// reply is a person's answer to a warning, or, without an ack, its withdrawal.
type reply struct {
	warning *Warning
	ack     *Ack
	event   *ClinicianEvent // the clinician event that the answer records, if any
	before  answers         // what it replaces
}

// answers are a person's answers to a warning, with the clinician events that
// they recorded.
type answers struct {
	acks   []Ack
	events []*ClinicianEvent
}

// since returns when the first of the replaced answers was given; zero: there
// was none.
func (a *reply) since() (at time.Time) {
	for _, ack := range a.before.acks {
		at = earliest(at, ack.At.Time)
	}
	for _, e := range a.before.events {
		at = earliest(at, e.EffectiveAt.Time)
	}
	return at
}

func (a *reply) join(h *history) {
	h.Acks = slices.DeleteFunc(h.Acks, func(k keptAck) bool {
		return slices.ContainsFunc(a.before.acks, func(gone Ack) bool { return gone.ID == k.ID })
	})
	for _, e := range a.before.events {
		editedEvent{e}.join(h)
	}
	if a.ack != nil {
		h.Acks = append(h.Acks, keptAck{a.ack.ID, a.warning.EpisodeID, a.ack.facts()})
	}
	if a.event != nil {
		editedEvent{a.event}.join(h)
	}
	for i, w := range h.Warnings {
		if w.ID == a.warning.ID {
			h.Warnings[i] = a.warning
		}
	}
}

func (a *reply) store(tx *Tx) error {
	for _, gone := range a.before.acks {
		if err := tx.q.Exec("DELETE FROM acks WHERE account_id = $1 AND id = $2", tx.Account, gone.ID); err != nil {
			return err
		}
	}
	events := a.before.events
	if a.event != nil {
		events = append(events, a.event)
	}
	for _, e := range events {
		if err := (editedEvent{e}).store(tx); err != nil {
			return err
		}
	}
	if a.ack != nil {
		if err := tx.q.Put(a.ack); err != nil {
			return err
		}
	}
	return tx.save(a.warning)
}

// batch holds the changes of one upload, which are judged together.
type batch struct {
	all []change
	of  map[editKey]change
}

// editKey names the row of a change.
type editKey struct {
	kind reflect.Type
	id   string
}

// add records a change, replacing an earlier one of the same row.
func (b *batch) add(c change, id string) {
	key := editKey{reflect.TypeOf(c), id}
	if before, again := b.of[key]; again {
		b.all = slices.DeleteFunc(b.all, func(c change) bool { return c == before })
	}
	if b.of == nil {
		b.of = map[editKey]change{}
	}
	b.all, b.of[key] = append(b.all, c), c
}

// join begins with the rows that others refer to. A month of reports leaves a
// history of years at once: one after another they would move it a hundred times.
func (b *batch) join(h *history) {
	slices.SortStableFunc(b.all, func(x, y change) int { return cmp.Compare(joinOrder(x), joinOrder(y)) })
	h.Reports = slices.DeleteFunc(h.Reports, func(r keptReport) bool {
		c, again := b.of[editKey{reflect.TypeFor[editedReport](), r.ID}].(editedReport)
		if again {
			c.forgetDefault(h, &r)
		}
		return again
	})
	for _, c := range b.all {
		if r, ok := c.(editedReport); ok {
			r.enter(h)
		} else {
			c.join(h)
		}
	}
}

func joinOrder(c change) int {
	switch c.(type) {
	case editedRoller:
		return 0
	case editedSession:
		return 1
	case editedReport:
		return 2
	default:
		return 3
	}
}

// store stores the reports together, which are most of what phones send.
func (b *batch) store(tx *Tx) error {
	var reports []*Report
	for _, c := range b.all {
		if r, ok := c.(editedReport); ok {
			tx.edited(r)
			reports = append(reports, r.Report)
			continue
		}
		if err := c.store(tx); err != nil {
			return err
		}
	}
	return db.PutAll(tx.q, reports)
}

// editOf returns the change of a row, if this write has one.
func editOf[E interface {
	change
	base() *Base
}](c change, id string) (e E, found bool) {
	if b, several := c.(*batch); several {
		c = b.of[editKey{reflect.TypeFor[E](), id}]
	}
	e, found = c.(E)
	return e, found && e.base().ID == id
}

// again returns the ids of the changed rows of a kind that were stored before.
func again[E interface {
	change
	base() *Base
}](c change) (ids []string) {
	switch c := c.(type) {
	case *batch:
		for _, one := range c.all {
			ids = append(ids, again[E](one)...)
		}
	case E:
		if c.base().Version > 1 {
			ids = append(ids, c.base().ID)
		}
	}
	return ids
}

// editsRollers reports whether a roller is among the changes.
func editsRollers(c change) bool {
	if b, several := c.(*batch); several {
		return slices.ContainsFunc(b.all, editsRollers)
	}
	_, roller := c.(editedRoller)
	return roller
}

// arriving returns the rollers among the changes that have no verdict: they are
// new, or were deleted before.
func arriving(c change) (ids []string) {
	switch c := c.(type) {
	case *batch:
		for _, one := range c.all {
			ids = append(ids, arriving(one)...)
		}
	case editedRoller:
		if !c.deleted() && !c.tooMany() && c.Advisories == nil {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// undoes reports whether a write takes something back, or restores it.
func undoes(c change) bool {
	switch c := c.(type) {
	case *batch:
		return slices.ContainsFunc(c.all, undoes)
	case editedReport:
		return c.Version > 1
	case editedSession:
		return c.Version > 1
	case editedEvent:
		return c.Version > 1
	case *reply:
		return len(c.before.acks) > 0
	}
	return false
}

// newestLeft returns when the newest of the rows is that an edit or deletion of
// reports or of sessions leaves as they are; zero: none. What follows from it
// followed from a newer one before, and is judged again: the window is found
// before the change.
func (tx *Tx) newestLeft(edited change) (time.Time, error) {
	var left time.Time
	for _, of := range []struct {
		table string
		ids   []string
	}{{"reports", again[editedReport](edited)}, {"sessions", again[editedSession](edited)}} {
		if len(of.ids) == 0 {
			continue
		}
		args := db.Args{tx.Account}
		newest, err := db.Row[struct{ Newest Time }](tx.q, "SELECT MAX(effective_at) AS newest FROM "+of.table+
			" WHERE account_id = $1 AND deleted_at IS NULL AND id NOT IN "+db.In(&args, of.ids...), args...)
		if err != nil {
			return left, fmt.Errorf("find the newest of the other %s: %w", of.table, err)
		}
		left = earliest(left, newest.Newest.Time)
	}
	return left, nil
}
