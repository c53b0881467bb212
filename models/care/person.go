package care

import "time"

// Person is the current profile of the person whose history is judged.
type Person struct {
	Zone               *time.Location // nil: UTC
	Risks              []Risk
	ClinicianClearedOn Date // lifts "ask a doctor" flags set on or before it
	UsesMinoxidil      bool
	QuietHours         Hours
	ReminderTime       Clock
	Notify             Notify
	HairLoss           *HairLoss // nil: never reported
	MinoxidilSince     time.Time // when the person first reported using it; zero: unknown (PG-13)
	FewerQuestions     *bool     // the answer to "fewer questions?" (RM-13); nil: none
	RisksReviewedAt    time.Time // zero: never asked
	NewDeviceAt        time.Time // the newest sign-in on another phone; zero: none
	// CreatedAt is when the account was created. Progress dates count from the
	// first session; the risk review counts from CreatedAt when never asked.
	CreatedAt time.Time
	// Spread delays reminders other than warnings by up to 10 minutes, so that
	// not all of them are sent at 09:00 sharp. It is a hash of the account.
	Spread time.Duration
}

// Risk is one flag of section 6, with the API's code.
type Risk struct {
	Code     string
	Inactive bool // psoriasis and the like, quiet at present (RK-10)
	Until    Date // zero: no end; otherwise off once that date has passed everywhere on earth
	SetOn    Date
	// SetAt and EndedAt are set for a flag that the person removed: reports
	// made in between stay judged as they were (section 8.2), and the flag no
	// longer holds anything. Zero EndedAt: still set.
	SetAt, EndedAt time.Time
}

// Notify says for each kind of reminder whether it is pushed. Warnings always
// are.
type Notify struct {
	RestOver   bool `json:"rest_over"`
	CheckIn    bool `json:"check_in"`
	Aftercare  bool `json:"aftercare"`
	RollerCare bool `json:"roller_care"`
	Progress   bool `json:"progress"`
}
