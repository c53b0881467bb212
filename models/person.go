package models

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"aftercare/models/care"
)

// Account is one person. An e-mail address serves only to sign in.
type Account struct {
	ID                 string      `gorm:"primaryKey" json:"id,omitempty" readOnly:"true"`
	Email              *string     `json:"email,omitempty" format:"email" maxLength:"254"`
	PasswordHash       *string     `json:"-"`
	RecoveryHash       string      `json:"-"`
	AccountKeyHash     *string     `json:"-"`
	Locale             string      `json:"locale,omitempty" maxLength:"35" doc:"BCP 47, as de or pt-BR"`
	Region             string      `json:"region,omitempty" pattern:"^([A-Z]{2})?$" doc:"ISO 3166; chooses the emergency number"`
	TimeZone           string      `json:"time_zone,omitempty" maxLength:"64" doc:"IANA name, as Europe/Berlin"`
	QuietHours         QuietHours  `gorm:"serializer:json" json:"quiet_hours,omitzero" doc:"Local; equal ends mean none"`
	ReminderTime       string      `json:"reminder_time,omitempty" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" doc:"Local, HH:MM"`
	Notify             care.Notify `gorm:"serializer:json" json:"notify,omitzero"`
	LockScreen         string      `json:"lock_screen,omitempty" enum:"neutral,detailed"`
	Risks              []Risk      `gorm:"serializer:json" json:"risks" required:"false" nullable:"true" maxItems:"40" doc:"null: never asked"`
	PastRisks          []PastRisk  `gorm:"serializer:json" json:"-"`
	RisksOpen          []string    `gorm:"serializer:json" json:"risks_open"` // risk questions left open: no go-ahead while there are any (RS-14)
	RisksReviewedAt    Time        `json:"risks_reviewed_at,omitzero"`
	ClinicianClearedOn string      `json:"clinician_cleared_on,omitempty" format:"date" doc:"Lifts only rows that say ask a doctor, and risks set on or before it"`
	UsesMinoxidil      bool        `json:"uses_minoxidil" required:"false"`
	MinoxidilSince     Time        `json:"-"` // when it was set; zero: not, or before this was kept
	HairLoss           *HairLoss   `gorm:"serializer:json" json:"hair_loss,omitempty" doc:"null: never reported"`
	FewerQuestions     *bool       `json:"fewer_questions,omitempty" doc:"The answer to the check-in \"fewer questions?\"; null: none"`
	HealthConsent      bool        `json:"-"`
	PushConsent        bool        `json:"-"`
	FirstSessionAt     Time        `json:"-"`
	NewDeviceAt        Time        `json:"-"`
	JudgeAt            Time        `json:"-"`
	ChangeSeq          int64       `json:"-"`
	Version            int64       `json:"version,omitempty" readOnly:"true"`
	CreatedAt          Time        `gorm:"autoCreateTime:false" json:"created_at,omitzero" readOnly:"true"`
	UpdatedAt          Time        `gorm:"autoUpdateTime:false" json:"updated_at,omitzero" readOnly:"true"`
}

// opened is an account with its derived row, which may be missing.
type opened struct {
	Account
	DigestSeq  int64
	DigestBody []byte
	Known      bool // whether the requested row exists, including as a tombstone
}

// QuietHours is the local time span in which no phone is woken.
type QuietHours struct {
	Start string `json:"start" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$"`
	End   string `json:"end" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$"`
}

// Risk is a health flag, by its code in the contract.
type Risk struct {
	Code   string `json:"code"`
	Active *bool  `json:"active,omitempty"`
	Until  string `json:"until,omitempty" format:"date"`
	SetOn  string `json:"set_on,omitempty" format:"date" readOnly:"true"`
	SetAt  Time   `json:"set_at,omitzero" readOnly:"true"`
}

// HairLoss is what a person reported about their hair loss.
type HairLoss struct {
	Type           string `json:"type" enum:"androgenetic,alopecia_areata,traction,telogen_effluvium,scarring,unknown"`
	ToldBy         string `json:"told_by,omitempty" enum:"clinician,self" default:"self"`
	OnsetOn        string `json:"onset_on,omitempty" format:"date"`
	Sudden         bool   `json:"sudden,omitempty" required:"false"`
	Patchy         bool   `json:"patchy,omitempty" required:"false"`
	PainfulOrScaly bool   `json:"painful_or_scaly,omitempty" required:"false"`
	TightStyles    bool   `json:"tight_styles,omitempty" required:"false"`
	Trigger        string `json:"trigger,omitempty" maxLength:"200"`
	SetOn          string `json:"set_on,omitempty" format:"date" readOnly:"true"`
}

// PastRisk is a risk that the person removed: judgements made while it was set
// do not change.
type PastRisk struct {
	Code    string `json:"code"`
	SetAt   Time   `json:"set_at"`
	EndedAt Time   `json:"ended_at"`
}

// edit validates and copies the fields that a person may set; answers says that the
// health questions are answered now, be it as before.
func (a *Account) edit(in Account, answers bool, now time.Time) error {
	// A zone that an earlier version accepted stays until the person sets another.
	if _, err := zoneOf(in.TimeZone); err != nil && (a.Version == 0 || in.TimeZone != a.TimeZone) {
		return Invalid("body.time_zone", "must be an IANA zone, as Europe/Berlin")
	}
	if _, err := in.QuietHours.hours(); err != nil {
		return Invalid("body.quiet_hours", "must be two times, HH:MM")
	}
	if _, err := care.ParseClock(in.ReminderTime); err != nil {
		return Invalid("body.reminder_time", "must be a time, HH:MM")
	}
	if err := a.checkClearance(in.ClinicianClearedOn, now.In(in.zone())); err != nil {
		return err
	}
	risks, err := setRisks(a.Risks, in.Risks, now.In(in.zone()))
	if err != nil {
		return err
	}
	hair, err := setHairLoss(a.HairLoss, in.HairLoss, now.In(in.zone()))
	if err != nil {
		return err
	}
	switch {
	case !in.UsesMinoxidil:
		a.MinoxidilSince = Time{}
	case !a.UsesMinoxidil:
		a.MinoxidilSince = T(now)
	}
	a.HairLoss, a.FewerQuestions = hair, in.FewerQuestions
	a.TimeZone, a.QuietHours, a.ReminderTime, a.ClinicianClearedOn = in.TimeZone, in.QuietHours, in.ReminderTime, in.ClinicianClearedOn
	a.Locale, a.Region, a.Notify, a.LockScreen, a.UsesMinoxidil = in.Locale, in.Region, in.Notify, in.LockScreen, in.UsesMinoxidil
	reviewed, err := a.reviewed(in, risks, answers, now)
	if err != nil {
		return err
	}
	a.PastRisks = append(a.PastRisks, endedRisks(a.Risks, risks, now)...)
	a.Email, a.Risks, a.RisksOpen, a.RisksReviewedAt = normalEmail(in.Email), risks, in.RisksOpen, reviewed
	return nil
}

// reviewed returns when all risk questions were last answered: zero where they
// never were (RS-14), and while some are open, so that the answers given count
// and the open ones are no "no". A time to come is a phone's clock.
func (a *Account) reviewed(in Account, risks []Risk, answers bool, now time.Time) (Time, error) {
	for i, code := range in.RisksOpen {
		if !slices.Contains(care.RiskCodes(), code) {
			return Time{}, Invalid(fmt.Sprintf("body.risks_open[%d]", i), "is not a risk that this version knows")
		}
	}
	switch answered := answers || len(a.RisksOpen) > 0 || !equalJSON(a.Risks, risks); {
	case risks == nil || len(in.RisksOpen) > 0:
		return Time{}, nil
	case answered && in.RisksReviewedAt.Equal(a.RisksReviewedAt.Time), in.RisksReviewedAt.After(now):
		return T(now), nil
	}
	return in.RisksReviewedAt, nil
}

// checkClearance refuses a future date: a clearance lifts what asks for a
// doctor from its day on.
func (a *Account) checkClearance(on string, now time.Time) error {
	if _, err := optionalDate(on); err != nil {
		return Invalid("body.clinician_cleared_on", "must be a date, YYYY-MM-DD")
	}
	if on != a.ClinicianClearedOn && on > now.Format(time.DateOnly) {
		return Invalid("body.clinician_cleared_on", "must not be a day to come")
	}
	return nil
}

// setRisks returns the risks with the day on which each was first set: a
// doctor's clearance lifts only what was known on its date.
func setRisks(old, in []Risk, now time.Time) ([]Risk, error) {
	if in == nil {
		return nil, nil
	}
	out := make([]Risk, 0, len(in))
	for i, r := range in {
		if !slices.Contains(care.RiskCodes(), r.Code) {
			return nil, Invalid(fmt.Sprintf("body.risks[%d].code", i), "is not a risk that this version knows")
		}
		if _, err := optionalDate(r.Until); err != nil {
			return nil, Invalid(fmt.Sprintf("body.risks[%d].until", i), "must be a date, YYYY-MM-DD")
		}
		r.SetOn, r.SetAt = care.DateOf(now).String(), T(now)
		if j := slices.IndexFunc(old, func(o Risk) bool { return o.Code == r.Code && o.SetOn != "" }); j >= 0 {
			r.SetOn, r.SetAt = old[j].SetOn, old[j].SetAt
		}
		if !slices.ContainsFunc(out, func(o Risk) bool { return o.Code == r.Code }) {
			out = append(out, r)
		}
	}
	return out, nil
}

// setHairLoss keeps the day on which it was reported: a doctor's clearance
// lifts only what was known on its date, and "unknown for 90 days" counts from
// it (HL-06).
func setHairLoss(old, in *HairLoss, now time.Time) (*HairLoss, error) {
	if in == nil {
		return nil, nil
	}
	if _, err := optionalDate(in.OnsetOn); err != nil {
		return nil, Invalid("body.hair_loss.onset_on", "must be a date, YYYY-MM-DD")
	}
	if in.OnsetOn > now.Format(time.DateOnly) {
		return nil, Invalid("body.hair_loss.onset_on", "must not be a day to come")
	}
	out := *in
	if out.ToldBy == "" {
		out.ToldBy = "self"
	}
	out.SetOn = care.DateOf(now).String()
	if old != nil {
		same := out
		same.ToldBy, same.Trigger, same.SetOn = old.ToldBy, old.Trigger, old.SetOn
		if same == *old {
			out.SetOn = old.SetOn
		}
	}
	return &out, nil
}

// endedRisks returns the risks of old that are not in still.
func endedRisks(old, still []Risk, now time.Time) []PastRisk {
	var out []PastRisk
	for _, r := range old {
		if !slices.ContainsFunc(still, func(s Risk) bool { return s.Code == r.Code }) {
			out = append(out, PastRisk{Code: r.Code, SetAt: r.SetAt, EndedAt: T(r.end(now))})
		}
	}
	return out
}

// end returns when a risk that is removed now ended: at its until date, if that
// came first.
func (r Risk) end(now time.Time) time.Time {
	if until, err := care.ParseDate(r.Until); err == nil {
		return earliest(now, until.Passed())
	}
	return now
}

// normalEmail returns the address in the form used for comparison, or nil.
func normalEmail(email *string) *string {
	if email == nil || strings.TrimSpace(*email) == "" {
		return nil
	}
	lower := strings.ToLower(strings.TrimSpace(*email))
	return &lower
}

// zone returns the person's time zone, which was validated when it was stored.
func (a *Account) zone() *time.Location {
	loc, err := zoneOf(a.TimeZone)
	if err != nil {
		return time.UTC
	}
	return loc
}

func (q QuietHours) hours() (care.Hours, error) {
	start, errStart := care.ParseClock(q.Start)
	end, errEnd := care.ParseClock(q.End)
	return care.Hours{Start: start, End: end}, errors.Join(errStart, errEnd)
}

// maxSpread is the range of the jitter of reminders that are due at the same
// hour.
const maxSpread = 10 * time.Minute

// spread returns the account's jitter in whole seconds, derived from a hash of its ID.
func (a *Account) spread() time.Duration {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(a.ID)) // never fails
	return time.Duration(hash.Sum64() % uint64(maxSpread)).Truncate(time.Second)
}

// afterQuiet returns the first moment from t on that is outside the quiet
// hours; at their end everything except warnings gets the account's jitter.
func (a *Account) afterQuiet(t time.Time, kind care.Kind) time.Time {
	quiet, _ := a.QuietHours.hours() // validated when stored
	if kind == KindWarning || !quiet.Contains(t, a.zone()) {
		return quiet.Defer(t, a.zone())
	}
	return a.morningOf(quiet, t)
}

// morningOf returns the moment after the quiet hours around t at which the account
// is reminded: its jitter after their end, unless they have begun again by then.
func (a *Account) morningOf(quiet care.Hours, t time.Time) time.Time {
	end := quiet.Defer(t, a.zone())
	if spread := end.Add(a.spread()); !quiet.Contains(spread, a.zone()) {
		return spread
	}
	return end
}

// person returns the account as input for care. What was stored has been
// validated.
func (a *Account) person() care.Person {
	quiet, _ := a.QuietHours.hours()
	at, _ := care.ParseClock(a.ReminderTime)
	cleared, _ := optionalDate(a.ClinicianClearedOn)
	p := care.Person{
		Zone: a.zone(), ClinicianClearedOn: cleared, UsesMinoxidil: a.UsesMinoxidil, QuietHours: quiet, ReminderTime: at,
		Notify: a.Notify, RisksReviewedAt: a.RisksReviewedAt.Time, NewDeviceAt: a.NewDeviceAt.Time, CreatedAt: a.CreatedAt.Time,
		Spread: a.spread(), HairLoss: a.HairLoss.facts(), MinoxidilSince: a.MinoxidilSince.Time, FewerQuestions: a.FewerQuestions,
	}
	for _, r := range a.Risks {
		until, _ := optionalDate(r.Until)
		set, _ := optionalDate(r.SetOn)
		p.Risks = append(p.Risks, care.Risk{Code: r.Code, Inactive: r.Active != nil && !*r.Active, Until: until, SetOn: set})
	}
	for _, r := range a.PastRisks {
		p.Risks = append(p.Risks, care.Risk{Code: r.Code, SetAt: r.SetAt.Time, EndedAt: r.EndedAt.Time})
	}
	return p
}

// facts returns the hair loss as input for care. What was stored has been
// validated.
func (l *HairLoss) facts() *care.HairLoss {
	if l == nil {
		return nil
	}
	onset, _ := optionalDate(l.OnsetOn)
	set, _ := optionalDate(l.SetOn)
	return &care.HairLoss{
		Type: l.Type, ToldBy: l.ToldBy, OnsetOn: onset, SetOn: set, Sudden: l.Sudden, Patchy: l.Patchy,
		PainfulOrScaly: l.PainfulOrScaly, TightStyles: l.TightStyles, Trigger: l.Trigger,
	}
}
