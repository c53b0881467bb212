package care

import (
	"cmp"
	"slices"
)

// dayOrder breaks ties between steps that are due at the same moment.
var dayOrder = []Kind{KindRecheck, KindRollerCare, KindRiskReview, KindProgress, KindAftercare}

func byDay(a, b *Item) int {
	return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(slices.Index(dayOrder, a.Kind), slices.Index(dayOrder, b.Kind)),
		byDue(*a, *b))
}

// capDays allows one push per person and local day in addition to check-ins,
// rest_over and warnings: the first that is due. A second tip is shown in the
// app only; steps that come once in months move to the next free day. A request
// to measure again uses the day's place but is never held: it follows a fever.
func (pl *planner) capDays(items []Item) {
	var queue []*Item
	for i := range items {
		if it := &items[i]; it.HeldBy == "" && !it.Silent && it.RidesWith == "" &&
			it.Kind != KindCheckIn && it.Kind != KindRestOver {
			queue = append(queue, it)
		}
	}
	taken := map[Date]bool{}
	for len(queue) > 0 {
		slices.SortFunc(queue, byDay)
		it := queue[0]
		queue = queue[1:]
		today := pl.date(it.Due)
		switch {
		case !taken[today] || it.Kind == KindRecheck:
			taken[today] = true
		case it.Kind == KindAftercare || it.Slot == "disinfect":
			it.HeldBy = HeldByDailyCap
		default:
			next := pl.onDate(today.AddDays(1))
			it.Expires = it.Expires.Add(next.Sub(it.Due))
			it.Due = next
			queue = append(queue, it)
		}
	}
}
