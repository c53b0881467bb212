package api

import (
	"context"
	"encoding/json"

	"aftercare/models"
	"aftercare/models/care"
)

// Account is one person.
type Account struct {
	ID                 string            `json:"id" readOnly:"true"`
	Email              *string           `json:"email" format:"email" maxLength:"254" doc:"Only a name to sign in with; a password has to be set first"`
	Locale             string            `json:"locale" maxLength:"35" doc:"BCP 47 tag such as de or pt-BR; null: back to en"`
	Region             *string           `json:"region" pattern:"^([A-Z]{2})?$" doc:"ISO 3166 code of the country whose emergency number is shown"`
	TimeZone           string            `json:"time_zone" required:"true" maxLength:"64" doc:"IANA name such as Europe/Berlin"`
	QuietHours         models.QuietHours `json:"quiet_hours" doc:"Local times between which no phone is woken, except for an emergency; equal times: none; null: back to 21:00 to 08:00"`
	ReminderTime       string            `json:"reminder_time" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" doc:"Local time, HH:MM; null: back to 09:00"`
	Notify             care.Notify       `json:"notify" doc:"The kinds of reminder that are pushed; null: back to all of them"`
	LockScreen         LockScreen        `json:"lock_screen" doc:"neutral: no word about health on the lock screen; null: back to neutral"`
	Risks              []Risk            `json:"risks" nullable:"true" maxItems:"40" doc:"Empty: none of them; null: never asked"`
	RisksOpen          []RiskCode        `json:"risks_open" maxItems:"40" doc:"Risk questions that were left open. The answers given count, and there is no go-ahead while any is open; null: none"`
	RisksReviewedAt    models.Time       `json:"risks_reviewed_at" nullable:"true" doc:"When the risk questions were last answered; null: never, or some are open"`
	ClinicianClearedOn *string           `json:"clinician_cleared_on" format:"date" doc:"Day on which a clinician agreed to rolling; lifts only rules that say so, and only for risks set on or before it"`
	UsesMinoxidil      bool              `json:"uses_minoxidil"`
	HairLoss           *HairLoss         `json:"hair_loss" doc:"What the person reported about their hair loss; null: nothing"`
	FewerQuestions     *bool             `json:"fewer_questions" doc:"The answer to the check-in that offers fewer questions; null: none"`
	Version            int64             `json:"version" readOnly:"true" doc:"Number of the person's edits"`
	CreatedAt          models.Time       `json:"created_at" readOnly:"true"`
	UpdatedAt          models.Time       `json:"updated_at" readOnly:"true"`
}

// Risk is something about the person's health that changes what is advised.
type Risk struct {
	Code   RiskCode    `json:"code" required:"true"`
	Active *bool       `json:"active" doc:"false: a skin disease that is quiet at present; null: active"`
	Until  *string     `json:"until" format:"date" doc:"Last day on which it applies"`
	SetOn  *string     `json:"set_on" format:"date" readOnly:"true" doc:"Local day on which it was first set"`
	SetAt  models.Time `json:"set_at" readOnly:"true" nullable:"true"`
}

// HairLoss is what a person reported about their hair loss.
type HairLoss struct {
	Type           HairType  `json:"type" required:"true"`
	ToldBy         TellsHair `json:"told_by" default:"self"`
	OnsetOn        *string   `json:"onset_on" format:"date"`
	Sudden         bool      `json:"sudden"`
	Patchy         bool      `json:"patchy"`
	PainfulOrScaly bool      `json:"painful_or_scaly"`
	TightStyles    bool      `json:"tight_styles" doc:"With traction: whether tight hairstyles are worn"`
	Trigger        *string   `json:"trigger" maxLength:"200"`
	SetOn          *string   `json:"set_on" format:"date" readOnly:"true" doc:"Local day on which it was reported"`
}

func showHairLoss(l *models.HairLoss) *HairLoss {
	if l == nil {
		return nil
	}
	return &HairLoss{
		HairType(l.Type), TellsHair(l.ToldBy), some(l.OnsetOn), l.Sudden, l.Patchy, l.PainfulOrScaly, l.TightStyles, some(l.Trigger), some(l.SetOn),
	}
}

func (l *HairLoss) model() *models.HairLoss {
	if l == nil {
		return nil
	}
	return &models.HairLoss{
		Type: string(l.Type), ToldBy: string(l.ToldBy), OnsetOn: deref(l.OnsetOn), Sudden: l.Sudden, Patchy: l.Patchy,
		PainfulOrScaly: l.PainfulOrScaly, TightStyles: l.TightStyles, Trigger: deref(l.Trigger),
	}
}

func showAccount(a models.Account) Account {
	out := Account{
		ID: a.ID, Email: a.Email, Locale: a.Locale, Region: some(a.Region), TimeZone: a.TimeZone, QuietHours: a.QuietHours,
		ReminderTime: a.ReminderTime, Notify: a.Notify, LockScreen: LockScreen(a.LockScreen), RisksReviewedAt: a.RisksReviewedAt,
		ClinicianClearedOn: some(a.ClinicianClearedOn), UsesMinoxidil: a.UsesMinoxidil,
		HairLoss: showHairLoss(a.HairLoss), FewerQuestions: a.FewerQuestions,
		Version: a.Version, CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt,
	}
	out.RisksOpen = append([]RiskCode{}, as[RiskCode](a.RisksOpen)...)
	if a.Risks != nil {
		out.Risks = make([]Risk, 0, len(a.Risks))
	}
	for _, r := range a.Risks {
		out.Risks = append(out.Risks, Risk{RiskCode(r.Code), r.Active, some(r.Until), some(r.SetOn), r.SetAt})
	}
	return out
}

func (a Account) model() models.Account {
	out := models.Account{
		Email: a.Email, Locale: a.Locale, Region: deref(a.Region), TimeZone: a.TimeZone, QuietHours: a.QuietHours,
		ReminderTime: a.ReminderTime, Notify: a.Notify, LockScreen: string(a.LockScreen), RisksReviewedAt: a.RisksReviewedAt,
		ClinicianClearedOn: deref(a.ClinicianClearedOn), UsesMinoxidil: a.UsesMinoxidil,
		HairLoss: a.HairLoss.model(), FewerQuestions: a.FewerQuestions,
	}
	for _, code := range a.RisksOpen {
		out.RisksOpen = append(out.RisksOpen, string(code))
	}
	if a.Risks != nil {
		out.Risks = make([]models.Risk, 0, len(a.Risks))
	}
	for _, r := range a.Risks {
		out.Risks = append(out.Risks, models.Risk{Code: string(r.Code), Active: r.Active, Until: deref(r.Until)})
	}
	return out
}

type accountOutput struct {
	ETag string `header:"ETag" doc:"The version of the account"`
	Body Account
}

func answerAccount(a models.Account, err error) (*accountOutput, error) {
	return &accountOutput{ETag: etag(a.Version), Body: showAccount(a)}, err
}

func (s *server) readAccount(ctx context.Context, _ *struct{}) (*accountOutput, error) {
	return answerAccount(s.Store.Account(ctx, callerOf(ctx).AccountID))
}

type patchAccountInput struct {
	Conditions
	PatchBody
}

func (s *server) patchAccount(ctx context.Context, in *patchAccountInput) (*accountOutput, error) {
	caller := callerOf(ctx)
	var old models.Account
	p := patching[Account]{s: s, body: in.Body, conditions: in.Conditions, edit: risksAsObjects, defaults: accountDefaults()}
	p.read = func() (Account, int64, error) {
		var err error
		old, err = s.Store.Account(ctx, caller.AccountID)
		return showAccount(old), old.Version, err
	}
	var out models.Account
	err := p.run(func(sent Account, w models.Write) error {
		next, err := sent.model(), error(nil)
		if next.Locale, next.Region, err = place(next.Locale, next.Region); err != nil {
			return err
		}
		// Whether an address is taken can be asked here as well as by
		// making accounts.
		if next.Email != nil && (old.Email == nil || *next.Email != *old.Email) {
			if err := s.limit(ctx, accountsPerAddress, requestOf(ctx).from); err != nil {
				return err
			}
		}
		out, err = s.Store.UpdateAccount(ctx, caller, next, w)
		return shownCurrent(err, func(a *models.Account) any { return showAccount(*a) })
	})
	return answerAccount(out, err)
}

// accountDefaults returns the values that null in a patch restores.
func accountDefaults() map[string]any {
	fresh := models.DefaultSettings()
	raw, _ := json.Marshal(map[string]any{ // plain values: cannot fail
		"quiet_hours": fresh.QuietHours, "reminder_time": fresh.ReminderTime, "notify": fresh.Notify, "lock_screen": fresh.LockScreen,
	})
	var out map[string]any
	_ = json.Unmarshal(raw, &out)
	return out
}

// risksAsObjects lets a risk be given by its code alone.
func risksAsObjects(patch map[string]any) {
	risks, _ := patch["risks"].([]any)
	for i, risk := range risks {
		if code, ok := risk.(string); ok {
			risks[i] = map[string]any{"code": code}
		}
	}
}

func (s *server) eraseAccount(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, s.Store.EraseAccount(ctx, callerOf(ctx))
}
