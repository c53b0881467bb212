package care

import "time"

// Person is who the history is about: what they set, as it is now.
type Person struct {
	Zone               *time.Location // nil: UTC
	Risks              []Risk
	ClinicianClearedOn Date // lifts "ask a doctor" rows set on or before it
	UsesMinoxidil      bool
	QuietHours         Hours
	ReminderTime       Clock
	Notify             Notify
	HairLoss           *HairLoss // nil: never told
	MinoxidilSince     time.Time // when the person first said that they use it; zero: unknown (PG-13)
	FewerQuestions     *bool     // the answer to "fewer questions?" (RM-13); nil: none
	RisksReviewedAt    time.Time // zero: never asked
	NewDeviceAt        time.Time // the newest sign-in on another phone; zero: none
	// CreatedAt is when the account was made: the progress dates count from
	// the first session, risk review from here when never asked.
	CreatedAt time.Time
	// Spread moves reminders other than warnings by up to 10 minutes, so that
	// a herd at 09:00 does not arrive at once. A hash of the account.
	Spread time.Duration
}

// Risk is one flag of section 6, by the code of the API.
type Risk struct {
	Code     string
	Inactive bool // psoriasis and the like, quiet at present (RK-10)
	Until    Date // zero: for ever. Off once that date has passed everywhere on earth
	SetOn    Date
	// SetAt and EndedAt are given for a flag that the person took away: reports
	// of the time between stay judged as they were (section 8.2), and it holds
	// nothing any more. Zero EndedAt: it stands.
	SetAt, EndedAt time.Time
}

// Notify is which kinds of reminder a person wants pushed.
type Notify struct {
	RestOver, CheckIn, Aftercare, RollerCare, Progress bool
}
