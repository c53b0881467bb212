package models

import (
	"slices"
	"time"

	"aftercare/models/care"
)

// facts returns the history as input for care.
func (h *history) facts() care.History {
	h.healNeedles()
	out := care.History{
		JudgeFrom:         h.Window.Judge,
		EarlierInfections: h.EarlierInfections, FirstSessionAt: h.firstSession(),
	}
	h.given = given.Get().(*givenFacts)
	for i := range h.Sessions {
		h.given.sessions = append(h.given.sessions, h.Sessions[i].Session)
	}
	for i := range h.Reports {
		h.given.reports = append(h.given.reports, h.Reports[i].Report)
	}
	out.Sessions, out.Reports = h.given.sessions, h.given.reports
	for _, r := range h.Rollers {
		out.Rollers = append(out.Rollers, r.Roller)
	}
	for _, e := range h.Clinician {
		if e.NoInfection {
			e.Report = h.reportOf(e.EpisodeID)
		}
		out.Clinician = append(out.Clinician, e.ClinicianEvent)
	}
	for _, a := range h.Acks {
		a.Report = h.reportOf(a.EpisodeID)
		out.Acks = append(out.Acks, a.Ack)
	}
	for _, p := range h.Progress {
		out.Progress = append(out.Progress, p.Progress)
	}
	return out
}

// free makes the memory of a history that nothing refers to any more available
// again.
func (h *history) free() {
	if h.unpacker != nil {
		h.unpacker.free()
		h.unpacker = nil
	}
	if g := h.given; g != nil {
		clear(g.sessions)
		clear(g.reports)
		g.sessions, g.reports = g.sessions[:0], g.reports[:0]
		given.Put(g)
		h.given = nil
	}
}

// healNeedles fixes the needle length of sessions whose roller is known: at the
// first judgement, or later if the roller arrived after the session (NL-10).
// Later changes of the roller do not affect it.
func (h *history) healNeedles() {
	length := map[string]float64{}
	for _, r := range h.Rollers {
		length[r.ID] = r.NeedleMM
	}
	for i := range h.Sessions {
		if s := &h.Sessions[i]; s.NeedleMM == 0 && length[s.RollerID] != 0 {
			s.NeedleMM, h.healed[s.ID] = length[s.RollerID], true
		}
	}
}

// firstSession returns when the first session was. If it is older than the
// window, no change in the window affects it, and the account stores its time.
func (h *history) firstSession() time.Time {
	// An earlier version stored year 0 where a session was beyond a bound.
	if known := h.person.FirstSessionAt.Time; known.After(time.Time{}) && known.Before(h.Window.Sessions) {
		return known
	}
	var first time.Time
	for _, s := range h.Sessions {
		first = earliest(first, s.Time())
	}
	return first
}

// reportOf returns a judged report of the episode, so that what a person said
// about the episode is counted there; noReport if there is none.
func (h *history) reportOf(episode string) string {
	for _, e := range h.Episodes {
		if e.ID != episode {
			continue
		}
		for _, id := range slices.Concat(e.ReportIDs, e.WasReportIDs) {
			if slices.ContainsFunc(h.Reports, func(r keptReport) bool { return r.ID == id }) {
				return id
			}
		}
	}
	return noReport
}

// noReport is the id of no report: an answer with it belongs to no episode in
// the window.
const noReport = "-"
