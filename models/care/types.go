package care

import "time"

// History is what a person reported, in any order: the verdict does not depend
// on the order in which rows arrived. No output of Assess is an input.
type History struct {
	Sessions  []Session
	Reports   []Report
	Rollers   []Roller
	Clinician []ClinicianEvent
	Acks      []Ack
	Progress  []Progress
	// JudgeFrom is Window.Judge: reports and events before it are context only
	// and are not judged again. Zero: everything is judged.
	JudgeFrom time.Time
	// EarlierInfections holds the Infection spans of all episodes that began
	// before JudgeFrom (RK-24).
	EarlierInfections []Span
	// FirstSessionAt is the time of the very first session, which a window of
	// the history may lack: progress is counted from it. Zero: the earliest of
	// Sessions.
	FirstSessionAt time.Time
}

// Session is one use of a roller on the scalp.
type Session struct {
	ID                 string
	StartedAt          time.Time
	EndedAt            time.Time // zero: not said
	RollerID           string
	NeedleMM           float64 // 0: unknown (NL-10)
	Professional       bool
	ClinicIntervalDays int // 0: none given (RS-10)
	Bleeding           string
	Pain               *int // 0 to 10; nil: not said (SX-01)
	Passes             *int
	LoggedAt           time.Time // when it first arrived; zero: at its end (DV-01)
	RollerDisinfected  *bool     // nil: not said (DV-08)
	Products           []Product
	Baseline           Baseline
}

// Time returns the instant from which symptom age and rest count.
func (s *Session) Time() time.Time {
	if !s.EndedAt.IsZero() {
		return s.EndedAt
	}
	return s.StartedAt
}

// Baseline is the state of the scalp before rolling (DQ-11).
type Baseline struct {
	Itch    *int `json:"itch,omitempty" minimum:"0" maximum:"10" doc:"Itch before rolling, 0 to 10"`
	Flaking *int `json:"flaking,omitempty" minimum:"0" maximum:"3" doc:"Flaking before rolling, 0 none to 3 severe"`
}

// Product is something applied to the scalp.
type Product struct {
	Kind              string   `json:"kind" enum:"minoxidil,oil,serum,retinoid,acid,steroid_cream,antiseptic,dye,shampoo,other"`
	HoursAfterSession *float64 `json:"hours_after_session,omitempty" minimum:"0" maximum:"2000"`
	Name              string   `json:"name,omitempty" maxLength:"100"`
}

// Report is how the scalp felt at one instant.
type Report struct {
	ID string
	At time.Time // effective time (DQ-08)
	// ReceivedAt is when it first arrived; zero: when it was made (RM-14).
	ReceivedAt time.Time
	Answers
}

// Set is a set of strings: nil is unknown, empty is an explicit "none".
type Set []string

// Has reports whether the set contains the value.
func (s Set) Has(word string) bool {
	for _, w := range s {
		if w == word {
			return true
		}
	}
	return false
}

// Answers holds the questions of a report. A missing answer (nil or "") is
// unknown, never 0 (DQ-05).
type Answers struct {
	Erythema *int `json:"erythema,omitempty" minimum:"0" maximum:"3" doc:"Colour change: redder, pinker, purple or darker than usual. 0 none to 3 severe"`
	Swelling *int `json:"swelling,omitempty" minimum:"0" maximum:"3" doc:"0 none to 3 severe"`
	Warmth   *int `json:"warmth,omitempty" minimum:"0" maximum:"3" doc:"0 none to 3 severe"`
	Flaking  *int `json:"flaking,omitempty" minimum:"0" maximum:"3" doc:"0 none to 3 severe"`
	Pain     *int `json:"pain,omitempty" minimum:"0" maximum:"10" doc:"Worst in the last 24 h, 0 to 10"`
	Itch     *int `json:"itch,omitempty" minimum:"0" maximum:"10" doc:"Worst in the last 24 h, 0 to 10"`
	Burning  *int `json:"burning,omitempty" minimum:"0" maximum:"10" doc:"Worst in the last 24 h, 0 to 10"`

	Extent        string `json:"extent,omitempty" enum:"rolled_area,beyond,spreading,streaks"`
	SpreadingFast *bool  `json:"spreading_fast,omitempty" doc:"Visibly larger within hours"`
	Discharge     Set    `json:"discharge,omitzero" enum:"clear,blood,yellow_green,thick,not_sure" uniqueItems:"true" gorm:"serializer:json" doc:"Empty: none"`
	Odour         string `json:"odour,omitempty" enum:"yes,no,not_sure"`
	Lumps         string `json:"lumps,omitempty" enum:"none,few_pimples,many_pustules,painful_lump,firm_bumps,grouped_blisters"`
	TenderNodes   string `json:"tender_nodes,omitempty" enum:"yes,no,not_sure"`
	Bleeding      string `json:"bleeding,omitempty" enum:"none,pinpoint,returned,not_stopping" doc:"not_stopping: after 15 min of firm pressure, 10 with a blood thinner"`
	Feverish      string `json:"feverish,omitempty" enum:"yes,no,not_sure"`

	TemperatureC *float64 `json:"temperature_c,omitempty" minimum:"30" maximum:"43" doc:"Degrees Celsius, one decimal"`

	Systemic Set    `json:"systemic,omitzero" enum:"chills,very_unwell,confusion,fast_breathing,racing_heart,faintness,repeated_vomiting,cold_clammy_skin,no_urine,not_sure" uniqueItems:"true" gorm:"serializer:json"`
	Alarm    Set    `json:"alarm,omitzero" enum:"eyelid_swelling,eye_pain_or_vision,face_or_tongue_swelling,breathing_difficulty,widespread_hives,chest_pain,swollen_hands_or_feet,skin_black_or_numb,pain_beyond_look,not_sure" uniqueItems:"true" gorm:"serializer:json"`
	Skin     Set    `json:"skin,omitzero" enum:"local_hives,rash,scaly_plaque,scaly_ring,patchy_hair_loss,yellow_crust,growing_scab,lasting_marks,raised_scar" uniqueItems:"true" gorm:"serializer:json"`
	Trend    string `json:"trend,omitempty" enum:"better,same,worse,resolved"`

	Products        []Product `json:"products,omitempty" maxItems:"20" gorm:"serializer:json"`
	SeenByClinician bool      `json:"seen_by_clinician,omitempty" doc:"A clinician event seen at observed_at"`
}

// Roller is the device, with what the session rows no longer show.
type Roller struct {
	ID          string
	NeedleMM    float64
	FirstUsedOn Date // zero: unknown; the first session of the rows given then counts
	Shared      bool
	Problems    Set
	Discarded   bool
	DiscardedAt time.Time // before it, sessions used a roller that was still in use; zero: unknown
	// UsesBefore and LastUseBefore are the results of CountUses for the
	// sessions older than the given rows (DV-04, DQ-09).
	UsesBefore    int
	LastUseBefore time.Time
	// QuarantinedBefore is the rule of a warning of an episode that began
	// before JudgeFrom (DV-07), and QuarantinedBeforeAt its onset.
	QuarantinedBefore   string
	QuarantinedBeforeAt time.Time
}

// Outcomes of a ClinicianEvent.
const (
	OutcomeBooked  = "booked"
	OutcomeSeen    = "seen"
	OutcomeCleared = "cleared"
)

// ClinicianEvent is what a person reported about a clinician. A report with
// SeenByClinician and an Ack with "booked" or "seen" count as events as well.
type ClinicianEvent struct {
	At          time.Time
	Outcome     string // booked, seen, cleared
	Report      string // a report of the episode it is about; required with NoInfection
	NoInfection bool   // the clinician found none: RK-24 no longer counts that episode
}

// Ack is the person's acknowledgement of a warning of one tier (DQ-06).
type Ack struct {
	At     time.Time
	Tier   Tier
	Action string // will_book, booked, seen, watching
	Report string // a report of the episode whose warning it answers; "": any
}

// Verdict is the meaning of the history at one moment. It holds no running
// counts: two verdicts between now and Next are equal.
type Verdict struct {
	AtRisk   bool
	Episodes []Episode               // oldest first
	Reports  map[string]*Assessment  // by report id
	Sessions map[string]*SessionCare // by session id
	Rollers  map[string]RollerCare   // by roller id
	Warnings []Warning               // oldest first; one per episode and tier
	Rest     Rest
	Next     time.Time // the first moment at which time alone changes the verdict (from Judge: or the plan); zero: never
}

// EpisodeState is open or closed; the store sets void for an episode that an
// edit left without reports.
type EpisodeState string

// States of an episode.
const (
	EpisodeOpen   EpisodeState = "open"
	EpisodeClosed EpisodeState = "closed"
)

// Episode is one run of symptoms, from its first symptomatic report to a calm
// one (DQ-01, DQ-02). Its earliest report identifies it.
type Episode struct {
	FirstReport   string
	AnchorSession string // "": no session within 60 days before it (DQ-04)
	AnchorAt      time.Time
	OnsetAt       time.Time
	LastReportAt  time.Time
	ClosedAt      time.Time // zero while open
	State         EpisodeState
	Tier          Tier // of the last judgement, silence included
	PeakTier      Tier
	Reports       []string
	// FreeAt is when the episode no longer blocks rolling. It may be in the
	// future; zero: no moment is known.
	FreeAt time.Time
	// SettledAt is when it stops mattering: its warnings are resolved, and it no
	// longer blocks rolling, or a later one does so in its place. The store keeps
	// it because WindowOf needs it.
	SettledAt time.Time
	// Infection is the time during which the episode puts the person at risk
	// (RK-24): from its close until a clinician ruled infection out. The store
	// keeps it.
	Infection Span
}

// Report returns the assessment of a report, or the zero Assessment if the
// report has no usable time or lies in the future.
func (v *Verdict) Report(id string) Assessment {
	if a := v.Reports[id]; a != nil {
		return *a
	}
	return Assessment{}
}

// Assessment is the tier of one report with the rules behind it.
type Assessment struct {
	Tier  Tier
	Rule  string   // the deciding one
	Rules []string // every rule that fired, worst first
	Title string   // text key of the chosen variant (DQ-12)
	// HoursSince is the age behind the verdict, in hours since the latest
	// session before the report; negative: no session within 60 days.
	HoursSince float64
	AtRisk     bool
	RestCalm   bool     // calm for RS-03 and RS-04: old marks that a clinician has seen do not count
	AsksAgain  []string // fields answered "not sure" (DQ-05)
	EpisodeOf  string   // FirstReport of its episode, or ""
	// Advice lists the lines of further rules that fired, worst first (RM-08).
	Advice []Advice
	// Standing lists the warnings of a higher tier that were unresolved at that
	// time, worst first: the answer names them and says what ends them (RM-09).
	Standing []StandingWarning
}

// WarningState is derived from the history; the store keeps acknowledgements.
type WarningState string

// States that a history gives to a warning.
const (
	WarningActive     WarningState = "active"
	WarningResolved   WarningState = "resolved"
	WarningSuperseded WarningState = "superseded" // a higher tier of the episode holds
)

// Warning is of tier doctor_soon or above; there is one per episode and tier.
type Warning struct {
	Episode string // FirstReport of the episode
	Tier    Tier
	Title   string  // text key
	Fired   []Fired // every rule of the tier that held, oldest first
	State   WarningState
	// AskedAt is when the warning last started to require an acknowledgement:
	// when it was raised, when a rule joined it, or when its trigger came back.
	AskedAt    time.Time
	ResolvedAt time.Time
	Reports    []string // the reports that caused it
}

// Rule returns the rule that raised the warning.
func (w Warning) Rule() string { return w.Fired[0].Rule }

// Fired is the moment at which a rule became true in the history.
type Fired struct {
	Rule   string
	At     time.Time
	ByTime bool // by silence, not by a report
	// PushNotBefore delays the push of a warning raised by time for a report
	// that arrived late, until the rest of the same upload has arrived (RM-14);
	// zero: no delay.
	PushNotBefore time.Time
}

// RestState is the answer to "may I roll?".
type RestState string

// Rest states, in the order of the contract.
const (
	RestBlocked RestState = "blocked"
	RestResting RestState = "resting"
	RestEarly   RestState = "early"
	RestReady   RestState = "ready"
)

// Rest is the state of the scalp's rest at a moment.
type Rest struct {
	State       RestState
	LastSession time.Time // zero: none yet
	SessionID   string
	FloorUntil  time.Time
	Until       time.Time
	Blocks      []Block // all that apply, in every state
	// CalmUntil is the end of the 48 h of RS-03 after a T1 without an episode;
	// zero: none, or over for longer than 9 days.
	CalmUntil time.Time
}

// Block is one reason not to roll.
type Block struct {
	Rule  string
	Code  string    // text key
	Until time.Time // zero: no time is known
}

// SessionCare is the effect of a session on the scalp's rest.
type SessionCare struct {
	NeedleMM   float64 // as used; 0 unknown
	HoldMM     float64 // the longest needle of the sessions merged with it, which decides aftercare holds (DQ-09, DQ-10)
	Until      time.Time
	FloorUntil time.Time
	Days       int // rest days with all multipliers applied
	Rule       string
	Advisories []Advisory
}

// Severity of an advisory.
type Severity string

// Severities.
const (
	Info    Severity = "info"
	Caution Severity = "caution"
	Stop    Severity = "stop"
)

// Advisory is advice on a session or a roller. Its text has the key Code.
type Advisory struct {
	Rule     string
	Code     string
	Severity Severity
}

// RollerCare is the consequence of a roller's uses and problems.
type RollerCare struct {
	Uses          int
	MaxUses       int
	ReplaceBy     Date   // zero: no first use known
	QuarantinedBy string // rule of the warning, or ""
	// QuarantinedAt is the onset of that warning's episode. The store keeps it
	// to know whether that was before JudgeFrom.
	QuarantinedAt time.Time
	Advisories    []Advisory
}

// Kind of a reminder.
type Kind string

// Kinds of reminders that Plan makes. The store makes warnings, tests and
// summaries.
const (
	KindCheckIn    Kind = "check_in"
	KindAftercare  Kind = "aftercare"
	KindRestOver   Kind = "rest_over"
	KindRollerCare Kind = "roller_care"
	KindProgress   Kind = "progress"
	KindRecheck    Kind = "recheck"
	KindRiskReview Kind = "risk_review"
)

// Item is one step of the plan. (Kind, Anchor, Slot) is its identity and stays
// the same when planned again.
type Item struct {
	Kind      Kind
	Anchor    string // ID of its session, report or roller, else a name
	Slot      string
	SessionID string // the cycle it belongs to, or ""
	Rule      string
	Key       string // text key: <Key>.title, <Key>.message
	Due       time.Time
	Expires   time.Time
	HeldBy    string // rule or reason that holds it, or ""
	Done      bool   // answered by a report
	Silent    bool   // a step of the timeline that sends no push
	RidesWith string // slot of the check-in of the same anchor whose push announces it
	OneTap    bool   // offers "nothing left" without opening the app (RM-04)
	InQuiet   bool   // may be pushed in quiet hours (RM-11)
}
