package models

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"aftercare/models/care"
)

// named finds the states that a cell of the contract names.
var named = regexp.MustCompile("`([a-z]+)`")

// What apps are told that may become of a reminder is what the tables here make of
// it: of the plan, of taps, and of time.
func TestTheContractNamesEveryTransition(t *testing.T) {
	page, err := os.ReadFile("../docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Reminders\n")
	_, section, _ = strings.Cut(section, "\n| State |")
	section, _, _ = strings.Cut(section, "\n\n")
	byTime := map[ReminderState]ReminderState{StateScheduled: StateDue, StateDue: StateSent, StateSnoozed: StateDue}
	for _, state := range ReminderStates() {
		var next string
		for line := range strings.Lines(section) {
			if cells := strings.Split(line, "|"); len(cells) > 4 && slices.Contains(names(cells[1]), string(state)) {
				next = cells[3]
			}
		}
		if next == "" {
			t.Errorf("the contract has no row for %s", state)
		}
		want := []string{string(byTime[state])}
		for _, step := range transitions[state] {
			want = append(want, string(step.to))
		}
		for _, to := range []ReminderState{taps[state][tapAcknowledge], taps[state][tapSnooze]} {
			want = append(want, string(to))
		}
		if slices.Contains(shownStates(), state) {
			want = append(want, string(StateScheduled))
		}
		slices.Sort(want)
		want = slices.DeleteFunc(slices.Compact(want), func(to string) bool {
			return to == "" || to == string(state) || to == string(StateExpired) // of which the last row tells
		})
		if got := names(next); !slices.Equal(got, want) {
			t.Errorf("from %s the contract leads to %v, the program to %v", state, got, want)
		}
		back := taps[state][tapUnacknowledge] == stateBefore || taps[state][tapUnsnooze] == stateBefore
		if said := strings.Contains(next, "taken back, what it was before"); said != back {
			t.Errorf("a tap that led to %s can be taken back: the contract says %v, the program %v", state, said, back)
		}
	}
}

// Another push may take the day of a reminder that waits in the app: it was shown,
// and keeps the time of that, so that a tap taken back does not show it twice.
func TestWhatIsShownKeepsItsTime(t *testing.T) {
	now := evening
	shown := Reminder{State: StateDue, DueAt: T(now.Add(-time.Hour)), ExpiresAt: T(now.Add(time.Hour))}
	for due, keeps := range map[time.Duration]bool{24 * time.Hour: true, -2 * time.Hour: false} {
		r, item := shown, care.Item{Due: now.Add(due), Expires: now.Add(due + 4*time.Hour)}
		r.follow(item, transitions[r.State][eventOf(&r, item, now)], now)
		if r.State != StateDue || (r.DueAt == shown.DueAt && r.ExpiresAt == shown.ExpiresAt) != keeps {
			t.Errorf("moved to %v: %s at %v, until %v", due, r.State, r.DueAt, r.ExpiresAt)
		}
	}
}

// names are the states that a text names, sorted.
func names(text string) (out []string) {
	for _, m := range named.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return out
}
