package models

import "aftercare/models/care"

// Kinds of reminders that the store creates; care creates the others.
const (
	KindWarning care.Kind = "warning"
	KindSummary care.Kind = "summary"
	KindTest    care.Kind = "test"
)

// planned returns the kinds of reminders that the plan creates and cancels.
func planned() []care.Kind {
	return []care.Kind{
		care.KindCheckIn, care.KindAftercare, care.KindRestOver, care.KindRollerCare,
		care.KindProgress, care.KindRecheck, care.KindRiskReview,
	}
}

// Kinds returns all kinds of reminders.
func Kinds() []care.Kind { return append(planned(), KindWarning, KindSummary, KindTest) }

// ReminderState is the stage of a reminder (contract, Reminders).
type ReminderState string

// States of a reminder.
const (
	StateScheduled    ReminderState = "scheduled"
	StateHeld         ReminderState = "held"
	StateDue          ReminderState = "due"
	StateSent         ReminderState = "sent"
	StateAcknowledged ReminderState = "acknowledged"
	StateSnoozed      ReminderState = "snoozed"
	StateExpired      ReminderState = "expired"
	StateCancelled    ReminderState = "cancelled"
)

// ReminderStates returns all states of a reminder.
func ReminderStates() []ReminderState {
	return []ReminderState{StateScheduled, StateHeld, StateDue, StateSent, StateAcknowledged, StateSnoozed, StateExpired, StateCancelled}
}

// PlanState is the state of a step in the cycle's timeline.
type PlanState string

// States of a step.
const (
	PlanUpcoming PlanState = "upcoming"
	PlanDue      PlanState = "due"
	PlanDone     PlanState = "done"
	PlanHeld     PlanState = "held"
	PlanSkipped  PlanState = "skipped"
)

// PlanStates returns all states of a step.
func PlanStates() []PlanState {
	return []PlanState{PlanUpcoming, PlanDue, PlanDone, PlanHeld, PlanSkipped}
}

// DeliveryState is the stage of a delivery: pending → sending (lease) →
// accepted, pending again with backoff, or dead; skipped when it is no longer
// wanted.
type DeliveryState string

// States of a delivery.
const (
	DeliveryPending  DeliveryState = "pending"
	DeliverySending  DeliveryState = "sending"
	DeliveryAccepted DeliveryState = "accepted"
	DeliveryDead     DeliveryState = "dead"
	DeliverySkipped  DeliveryState = "skipped"
)

// DeliveryStates returns all states of a delivery.
func DeliveryStates() []DeliveryState {
	return []DeliveryState{DeliveryPending, DeliverySending, DeliveryAccepted, DeliveryDead, DeliverySkipped}
}

// WarningState says whether a warning still requires an acknowledgement.
type WarningState string

// States of a warning.
const (
	WarningActive       WarningState = "active"
	WarningAcknowledged WarningState = "acknowledged"
	WarningResolved     WarningState = "resolved"
	WarningSuperseded   WarningState = "superseded"
)

// WarningStates returns all states of a warning.
func WarningStates() []WarningState {
	return []WarningState{WarningActive, WarningAcknowledged, WarningResolved, WarningSuperseded}
}

// EpisodeVoid is an episode that an edit left without a report.
const EpisodeVoid care.EpisodeState = "void"

// EpisodeStates returns all states of an episode.
func EpisodeStates() []care.EpisodeState {
	return []care.EpisodeState{care.EpisodeOpen, care.EpisodeClosed, EpisodeVoid}
}

// PushState says whether a push address works; "" means no address.
type PushState string

// States of a push address.
const (
	PushActive      PushState = "active"
	PushStale       PushState = "stale"       // made with another key, or the phone was silent for 60 days
	PushQuarantined PushState = "quarantined" // it does not fit our key, topic or environment
	PushGone        PushState = "gone"        // its service no longer knows it
)

// PushStates returns all states of a push address.
func PushStates() []PushState { return []PushState{PushActive, PushStale, PushQuarantined, PushGone} }

// Action is a person's answer to a warning.
type Action string

// Answers to a warning; booked and seen are also clinician events.
const (
	ActionWillBook Action = "will_book"
	ActionBooked   Action = "booked"
	ActionSeen     Action = "seen"
	ActionWatching Action = "watching"
)

// Actions returns all answers to a warning.
func Actions() []Action { return []Action{ActionWillBook, ActionBooked, ActionSeen, ActionWatching} }

// Reason says why a reminder, a delivery or a warning is in its state. A
// reminder that was held until it expired has the rule of care that held it.
type Reason string

// Reasons of a delivery that is waiting.
const (
	ReasonQuietHours     Reason = "quiet_hours"
	ReasonAddressChanged Reason = "address_changed" // its phone registered another address
	ReasonBusy           Reason = "destination_busy"
	ReasonPaused         Reason = "destination_paused" // its service asked for a pause
	ReasonTransportOff   Reason = "transport_off"      // not configured on this server
	ReasonStopped        Reason = "stopped"            // interrupted while it was being sent
)

// Reasons of a delivery that ended before a push service accepted it.
const (
	ReasonSignedOut   Reason = "signed_out"
	ReasonPushRemoved Reason = "push_removed"
	ReasonErased      Reason = "erased"
	ReasonLeaseLost   Reason = "lease_lost"
	ReasonCannotClear Reason = "cannot_clear" // browsers show something for every push
	ReasonSnoozed     Reason = "snoozed"
	ReasonExpired     Reason = "expired"
)

// Reasons derived from a push service's answer: the classes of jobs/push.
const (
	ReasonGone        Reason = "gone"
	ReasonMistaken    Reason = "mistaken"
	ReasonThrottled   Reason = "throttled"
	ReasonUnavailable Reason = "unavailable"
	ReasonRefused     Reason = "refused"
	ReasonPayload     Reason = "payload"
)

// Reasons of a reminder's end.
const (
	// ReasonNotPlanned ends a reminder whose cause is gone: a new session began
	// another cycle, or the session was deleted. If the cause comes back, so
	// does the reminder.
	ReasonNotPlanned   Reason = "not_planned"
	ReasonConsent      Reason = "consent_withdrawn"
	ReasonAnswered     Reason = "answered"
	ReasonLate         Reason = "late" // it expired before it could be shown
	ReasonNotDelivered Reason = "not_delivered"
	ReasonRepeated     Reason = "told_again" // a newer notification replaces it
)

// Reasons for the end of a warning.
const (
	ReasonEscalated      Reason = "escalated"
	ReasonHistoryChanged Reason = "history_changed"
)

// reasonPush returns why nothing is sent to an address in the given state.
func reasonPush(s PushState) Reason { return Reason("push_" + s) }

// reasonWarning returns why nothing is sent for a warning in the given state.
func reasonWarning(s WarningState) Reason { return Reason("warning_" + s) }

// reasonClinician returns why the repeats of a warning end when a clinician saw
// the person, or will.
func reasonClinician(outcome string) Reason { return Reason("clinician_" + outcome) }

// Reasons returns all reasons of this package. The results of push services
// (jobs/push) and the rules that hold a reminder (care) complete the list.
func Reasons() []Reason {
	out := []Reason{
		ReasonQuietHours, ReasonAddressChanged, ReasonBusy, ReasonPaused, ReasonTransportOff, ReasonStopped,
		ReasonSignedOut, ReasonPushRemoved, ReasonErased, ReasonLeaseLost, ReasonCannotClear, ReasonSnoozed, ReasonExpired,
		ReasonGone, ReasonMistaken, ReasonThrottled, ReasonUnavailable, ReasonRefused, ReasonPayload,
		ReasonNotPlanned, ReasonConsent, ReasonAnswered, ReasonLate, ReasonNotDelivered, ReasonRepeated,
		ReasonEscalated, ReasonHistoryChanged,
		Reason(StateHeld), Reason(StateAcknowledged), Reason(StateCancelled), Reason(WarningResolved), Reason(WarningSuperseded),
	}
	for _, s := range PushStates()[1:] {
		out = append(out, reasonPush(s))
	}
	for _, s := range WarningStates()[1:] {
		out = append(out, reasonWarning(s))
	}
	for _, outcome := range []string{care.OutcomeBooked, care.OutcomeSeen, care.OutcomeCleared} {
		out = append(out, reasonClinician(outcome))
	}
	return out
}
