package models

import (
	"cmp"
	"slices"
	"time"
)

// The session that a report is shown with if it names none: the latest before it,
// chosen again when a write changes which one that is.

// groupDays is how far back the session of a report may lie (contract,
// Irritation reports).
const groupDays = 60

func groupsOf(sessions []keptSession) groups {
	out := make(groups, len(sessions))
	for i := range sessions {
		out[i] = group{sessions[i].Time(), sessions[i].ID}
	}
	slices.SortFunc(out, func(a, b group) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.session, b.session)) })
	return out
}

// of returns the session to assign to a report that names none, or "".
func (g groups) of(at time.Time) string {
	after, _ := slices.BinarySearchFunc(g, at, func(s group, at time.Time) int {
		if s.at.After(at) {
			return 1
		}
		return -1
	})
	if after == 0 || g[after-1].at.Before(at.AddDate(0, 0, -groupDays)) {
		return ""
	}
	return g[after-1].session
}

// groups returns the sessions by time, with the changes of the write that have
// joined.
func (h *history) groups() groups {
	if h.grouped == nil {
		h.grouped = groupsOf(h.Sessions)
	}
	return h.grouped
}

// groupsBefore returns those of before the write.
func (h *history) groupsBefore() groups {
	if h.groupedBefore != nil {
		return h.groupedBefore
	}
	return h.groups()
}

// regroups says that a session is about to change.
func (h *history) regroups() {
	h.groupedBefore, h.grouped = h.groupsBefore(), nil
}

// keepGroup keeps the session that was assigned to a report meanwhile in an edit
// that is not about it: otherwise a session that arrives late would have another
// phone's edit of the report conflict.
func keepGroup(old, based, next any) {
	stored, isReport := old.(*Report)
	if !isReport {
		return
	}
	if before, after := based.(*Report), next.(*Report); before.SessionID == after.SessionID {
		before.SessionID, after.SessionID = stored.SessionID, stored.SessionID
	}
}
