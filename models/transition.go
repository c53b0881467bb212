package models

import (
	"slices"
	"time"

	"aftercare/models/care"
)

// planEvent is what the plan says about a reminder.
type planEvent int

// Columns of transitions.
const (
	stepPlanned  planEvent = iota // nothing holds it
	stepCapped                    // another push of the day takes precedence
	stepOff                       // the person switched its kind off
	stepHeld                      // a rule holds it back
	stepLate                      // it has expired
	stepAnswered                  // a report answered it
	stepEvents
)

func eventOf(r *Reminder, item care.Item, now time.Time) planEvent {
	switch {
	case item.Done:
		return stepAnswered
	case !now.Before(item.Expires) && r.State != StateSnoozed: // a snooze moved its expiry along
		return stepLate
	case item.HeldBy == care.HeldByNotifyOff:
		return stepOff
	case item.HeldBy == care.HeldByDailyCap:
		return stepCapped
	case item.HeldBy != "":
		return stepHeld
	}
	return stepPlanned
}

// effect is what a transition does besides changing a reminder's state.
type effect uint8

const (
	following effect = 1 << iota // copies times and hold from the plan
	skipping                     // skips deliveries that no push service has accepted
	clearing                     // clears the screens that show it
	missing                      // counts it for the summary: it expired during downtime before it was shown
)

type transition struct {
	to      ReminderState
	effects effect
}

// stateNew is the state of a reminder that is not stored yet.
const stateNew ReminderState = ""

// transitions says what happens to a reminder when the plan is stored: the row
// is its state, the column what the plan says about it. What was sent or
// snoozed stays so, unless a rule now holds it back: a go-ahead must not be
// shown or sent once a symptom has followed. Ended reminders have no row; see
// reopen.
var transitions = map[ReminderState][stepEvents]transition{
	stateNew: {
		stepPlanned:  {StateScheduled, following},
		stepCapped:   {StateHeld, following},
		stepOff:      {StateHeld, following},
		stepHeld:     {StateHeld, following},
		stepLate:     {StateExpired, following},
		stepAnswered: {StateAcknowledged, following},
	},
	StateScheduled: {
		stepPlanned:  {StateScheduled, following},
		stepCapped:   {StateHeld, following},
		stepOff:      {StateHeld, following},
		stepHeld:     {StateHeld, following},
		stepLate:     {StateExpired, following | missing},
		stepAnswered: {StateAcknowledged, following | clearing | skipping},
	},
	StateHeld: {
		stepPlanned:  {StateScheduled, following},
		stepCapped:   {StateHeld, following},
		stepOff:      {StateHeld, following},
		stepHeld:     {StateHeld, following},
		stepLate:     {StateExpired, following},
		stepAnswered: {StateAcknowledged, following | clearing | skipping},
	},
	StateDue: {
		stepPlanned:  {StateDue, following},
		stepCapped:   {StateHeld, following | skipping},
		stepOff:      {StateHeld, following | skipping},
		stepHeld:     {StateHeld, following | skipping},
		stepLate:     {StateExpired, following | skipping},
		stepAnswered: {StateAcknowledged, following | clearing | skipping},
	},
	StateSent: {
		stepPlanned:  {StateSent, 0},
		stepCapped:   {StateSent, 0},
		stepOff:      {StateSent, skipping},
		stepHeld:     {StateHeld, following | clearing | skipping},
		stepLate:     {StateSent, 0},
		stepAnswered: {StateAcknowledged, clearing | skipping},
	},
	StateSnoozed: {
		stepPlanned:  {StateSnoozed, 0},
		stepCapped:   {StateSnoozed, 0},
		stepOff:      {StateHeld, following | skipping},
		stepHeld:     {StateHeld, following | skipping},
		stepLate:     {StateSnoozed, 0},
		stepAnswered: {StateAcknowledged, clearing | skipping},
	},
}

// tap is what a person does with a reminder.
type tap int

// Columns of taps.
const (
	tapAcknowledge tap = iota
	tapSnooze
	tapUnacknowledge // takes the acknowledgement back
	tapUnsnooze      // takes the snooze back
	tapKinds
)

// stateBefore stands for the state before the tap that is taken back; see restore.
const stateBefore ReminderState = "before"

// taps defines what a person may do with a reminder and the state that follows.
// Where there is no entry, the tap changes nothing or is refused.
var taps = map[ReminderState][tapKinds]ReminderState{
	StateScheduled:    {tapAcknowledge: StateAcknowledged},
	StateHeld:         {tapAcknowledge: StateAcknowledged},
	StateDue:          {tapAcknowledge: StateAcknowledged, tapSnooze: StateSnoozed},
	StateSent:         {tapAcknowledge: StateAcknowledged, tapSnooze: StateSnoozed},
	StateSnoozed:      {tapAcknowledge: StateAcknowledged, tapSnooze: StateSnoozed, tapUnsnooze: stateBefore},
	StateAcknowledged: {tapUnacknowledge: stateBefore},
}

// may reports whether a tap changes the reminder.
func (r *Reminder) may(t tap) bool { return taps[r.State][t] != "" }

// follow updates the reminder from its item in the plan.
func (r *Reminder) follow(item care.Item, t transition, now time.Time) {
	r.Rule, r.TextKey, r.SessionID = item.Rule, item.Key, item.SessionID
	r.RidesWith, r.Silent, r.OneTap, r.InQuiet = item.RidesWith, item.Silent, item.OneTap, item.InQuiet
	if t.effects&following != 0 {
		r.HeldBy = Reason(item.HeldBy)
		if t.to != StateDue || !item.Due.After(now) { // another push took its day: it was shown, and keeps the time of that
			r.DueAt, r.ExpiresAt = T(item.Due), T(item.Expires)
		}
	}
	switch t.to {
	case StateAcknowledged:
		r.end(StateAcknowledged, ReasonAnswered, now)
		r.Version++
	case StateExpired:
		r.end(StateExpired, ReasonLate, now)
	case StateHeld, StateScheduled:
		r.State, r.Reason = t.to, ""
		r.sleep()
	default:
		r.State = t.to
		r.sleep()
	}
}

// reopens reports whether an ended reminder opens again because the plan wants
// it: its cause has come back, the report that answered it is gone, or its
// expiry lies in the future again.
func (r *Reminder) reopens(item care.Item, now time.Time) bool {
	switch {
	case r.State == StateExpired: // a session had a wrong date, which was corrected
		return now.Before(item.Expires)
	case r.Reason == ReasonNotPlanned, r.Reason == ReasonConsent:
		return true
	}
	return r.Reason == ReasonAnswered && !item.Done
}

// shownStates returns the states of a reminder that was shown, which waits
// again if an edit moves its time into the future.
func shownStates() []ReminderState {
	return []ReminderState{StateDue, StateSent, StateSnoozed}
}

// shownTooEarly reports whether a reminder whose time had come now has its time
// in the future. If it was shown, that takes an edit, and a kind that depends
// on when the person rolled: others also move when another push takes their
// day.
func (r *Reminder) shownTooEarly(item care.Item, edited bool, now time.Time) bool {
	switch {
	case !item.Due.After(now), r.DueAt.After(now), r.SnoozedUntil.After(item.Due), item.Done:
		return false
	case slices.Contains(shownStates(), r.State):
		return edited && slices.Contains([]care.Kind{care.KindCheckIn, care.KindAftercare, care.KindRestOver}, item.Kind)
	}
	return r.ended() && r.reopens(item, now)
}
