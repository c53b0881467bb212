package api

import (
	"context"
	"strings"

	"golang.org/x/text/language"

	"aftercare/models"
)

// newDevice is a phone that signs in.
type newDevice struct {
	Name       string `json:"name" minLength:"1" maxLength:"100" example:"Ann's phone"`
	Platform   string `json:"platform" enum:"ios,android,web"`
	AppVersion string `json:"app_version,omitempty" maxLength:"50"`
}

func (d newDevice) model() models.Device {
	return models.Device{Name: d.Name, Platform: d.Platform, AppVersion: d.AppVersion}
}

type newAccount struct {
	TimeZone string `json:"time_zone" minLength:"1" maxLength:"64" doc:"IANA name" example:"Europe/Berlin"`
	Locale   string `json:"locale,omitempty" maxLength:"35" doc:"BCP 47" example:"en-GB"`
	Region   string `json:"region,omitempty" pattern:"^[A-Z]{2}$" doc:"ISO 3166; default: from the locale" example:"GB"`
	Consent  struct {
		HealthData bool   `json:"health_data" const:"true" doc:"Without this consent there is nothing to store"`
		Version    string `json:"version" minLength:"1" maxLength:"20" doc:"Of the text that was shown" example:"1"`
	} `json:"consent"`
	Email      string    `json:"email,omitempty" format:"email" maxLength:"254" doc:"Only a name to sign in with; together with password or not at all"`
	Password   string    `json:"password,omitempty" minLength:"8" maxLength:"256"`
	AccountKey string    `json:"account_key,omitempty" minLength:"43" maxLength:"128" doc:"A 256-bit secret of the phone: the same within 10 minutes answers the same account, so a lost answer orphans nothing"`
	Device     newDevice `json:"device"`
}

// signedIn answers a sign-in. The secrets are shown this once.
type signedIn struct {
	Account      models.Account `json:"account"`
	Device       models.Device  `json:"device"`
	Token        string         `json:"token" doc:"The bearer token of this device; shown once"`
	RecoveryCode string         `json:"recovery_code,omitempty" doc:"The way back into the account; shown once, replaced when used"`
}

type signedInOutput struct{ Body signedIn }

func (s *server) createAccount(ctx context.Context, in *struct{ Body newAccount }) (*signedInOutput, error) {
	if err := s.limit(ctx, accountsPerAddress, requestOf(ctx).from); err != nil {
		return nil, err
	}
	b := in.Body
	if err := knownWording(models.ConsentHealth, "body.consent.version", b.Consent.Version); err != nil {
		return nil, err
	}
	locale, region, err := place(b.Locale, b.Region)
	if err != nil {
		return nil, err
	}
	account, device, secrets, err := s.Store.CreateAccount(ctx, models.NewAccount{
		TimeZone: b.TimeZone, Locale: locale, Region: region, ConsentVersion: b.Consent.Version,
		Email: b.Email, Password: b.Password, AccountKey: b.AccountKey, Device: b.Device.model(),
	})
	if err != nil {
		return nil, err
	}
	return &signedInOutput{signedIn{account, device, secrets.Token, secrets.RecoveryCode}}, nil
}

// place reads the locale and, where no region is given, the region that the
// locale names; it never guesses one from the language alone.
func place(locale, region string) (string, string, error) {
	if locale == "" {
		return language.English.String(), region, nil
	}
	tag, err := language.Parse(locale)
	if err != nil {
		return "", "", models.Invalid("body.locale", "must be a language tag, as en or de-AT")
	}
	if named, sure := tag.Region(); region == "" && sure == language.Exact && len(named.String()) == 2 {
		region = named.String()
	}
	return tag.String(), region, nil
}

type signIn struct {
	Email        string    `json:"email,omitempty" maxLength:"254" dependentRequired:"password"`
	Password     string    `json:"password,omitempty" maxLength:"256" dependentRequired:"email"`
	RecoveryCode string    `json:"recovery_code,omitempty" maxLength:"100"`
	PairingCode  string    `json:"pairing_code,omitempty" maxLength:"100"`
	Device       newDevice `json:"device"`
}

// ways counts the credentials that were sent.
func (in signIn) ways() int {
	n := 0
	for _, way := range []string{in.Email, in.RecoveryCode, in.PairingCode} {
		if way != "" {
			n++
		}
	}
	return n
}

func (s *server) signIn(ctx context.Context, in *struct{ Body signIn }) (*signedInOutput, error) {
	b, from := in.Body, requestOf(ctx).from
	if b.ways() != 1 {
		return nil, models.Invalid("body", "send email and password, or recovery_code, or pairing_code")
	}
	if err := s.mayTry(ctx, from, b.Email); err != nil {
		return nil, err
	}
	account, device, secrets, err := s.Store.SignIn(ctx, models.SignIn{
		Email: b.Email, Password: b.Password, RecoveryCode: b.RecoveryCode, PairingCode: b.PairingCode, Device: b.Device.model(),
	})
	if b.Email == "" && models.IsCode(err, models.CodeCredentialsRefused) {
		if over := s.limit(ctx, codesPerAddress, from); over != nil {
			return nil, over
		}
	}
	if err != nil {
		return nil, err
	}
	return &signedInOutput{signedIn{account, device, secrets.Token, secrets.RecoveryCode}}, nil
}

// mayTry holds the limits of signing in: a password counts when it is tried, a
// code (no email) only when it was refused.
func (s *server) mayTry(ctx context.Context, from, email string) error {
	if email == "" {
		return s.limited(ctx, codesPerAddress, from)
	}
	// The address comes first: over its limit it opens no windows for accounts.
	if err := s.limit(ctx, signInsPerAddress, from); err != nil {
		return err
	}
	return s.limit(ctx, signInsPerAccount, from+" "+strings.ToLower(strings.TrimSpace(email)))
}

type proof struct {
	Password     string `json:"password,omitempty" maxLength:"256"`
	RecoveryCode string `json:"recovery_code,omitempty" maxLength:"100"`
}

// confirm is the step-up before what cannot be undone.
func (s *server) confirm(ctx context.Context, in *struct{ Body proof }) (*struct{}, error) {
	c := callerOf(ctx)
	if (in.Body.Password == "") == (in.Body.RecoveryCode == "") {
		return nil, models.Invalid("body", "send password or recovery_code")
	}
	if err := s.limit(ctx, signInsPerAccount, requestOf(ctx).from+" "+c.AccountID); err != nil {
		return nil, err
	}
	return nil, s.Store.Confirm(ctx, c, in.Body.Password, in.Body.RecoveryCode)
}

type tokenOutput struct {
	Body struct {
		Token string `json:"token"`
	}
}

func (s *server) renewToken(ctx context.Context, _ *struct{}) (*tokenOutput, error) {
	out, err := &tokenOutput{}, error(nil)
	out.Body.Token, err = s.Store.RenewToken(ctx, callerOf(ctx))
	return out, err
}

type pairingOutput struct {
	Body struct {
		Code      string      `json:"code"`
		ExpiresAt models.Time `json:"expires_at"`
	}
}

func (s *server) newPairingCode(ctx context.Context, _ *struct{}) (*pairingOutput, error) {
	out, err := &pairingOutput{}, error(nil)
	out.Body.Code, out.Body.ExpiresAt, err = s.Store.NewPairingCode(ctx, callerOf(ctx))
	return out, err
}

type accountOutput struct {
	ETag string `header:"ETag" doc:"The version of the account"`
	Body models.Account
}

func answerAccount(a models.Account, err error) (*accountOutput, error) {
	return &accountOutput{ETag: etag(a.Version), Body: a}, err
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
	return patch(s, edited(in.Body, risksAsObjects), in.Conditions,
		func() (models.Account, int64, error) {
			var err error
			old, err = s.Store.Account(ctx, caller.AccountID)
			return old, old.Version, err
		},
		func(next models.Account, w models.Write) (*accountOutput, error) {
			var err error
			if next.Locale, next.Region, err = place(next.Locale, next.Region); err != nil {
				return nil, err
			}
			// Whether an address is taken can be asked here as well as by
			// making accounts.
			if next.Email != nil && (old.Email == nil || *next.Email != *old.Email) {
				if err := s.limit(ctx, accountsPerAddress, requestOf(ctx).from); err != nil {
					return nil, err
				}
			}
			return answerAccount(s.Store.UpdateAccount(ctx, caller, next, w))
		})
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

type signOutOthers struct {
	SignOutOthers bool `json:"sign_out_others,omitempty" doc:"Ends the tokens of all other devices"`
}

type recoveryCodeOutput struct {
	Body struct {
		RecoveryCode string `json:"recovery_code" doc:"Shown once"`
	}
}

func (s *server) newRecoveryCode(ctx context.Context, in *struct{ Body *signOutOthers }) (*recoveryCodeOutput, error) {
	out, err := &recoveryCodeOutput{}, error(nil)
	out.Body.RecoveryCode, err = s.Store.NewRecoveryCode(ctx, callerOf(ctx), in.Body != nil && in.Body.SignOutOthers)
	return out, err
}

type newPassword struct {
	Password      string `json:"password" minLength:"8" maxLength:"256"`
	SignOutOthers bool   `json:"sign_out_others,omitempty" doc:"Ends the tokens of all other devices"`
}

func (s *server) setPassword(ctx context.Context, in *struct{ Body newPassword }) (*struct{}, error) {
	return nil, s.Store.SetPassword(ctx, callerOf(ctx), in.Body.Password, in.Body.SignOutOthers)
}

func (s *server) listConsents(ctx context.Context, _ *struct{}) (*listOutput[models.Consent], error) {
	consents, err := s.Store.Consents(ctx, callerOf(ctx).AccountID)
	return answerPage(ctx, models.Page[models.Consent]{Items: consents}), err
}

// PurposeParam names what is consented to.
type PurposeParam struct {
	Purpose string `path:"purpose" enum:"health_data,push" example:"health_data"`
}

type grantInput struct {
	PurposeParam
	Body struct {
		Version string `json:"version" minLength:"1" maxLength:"20" doc:"Of the text that was shown" example:"1"`
	}
}

type consentOutput struct{ Body models.Consent }

// knownWording refuses a consent to a text that was never shown.
func knownWording(purpose, where, version string) error {
	if version != models.ConsentVersions[purpose] {
		return models.Invalid(where, "is not the version in force: see consent_versions of GET /v1/meta")
	}
	return nil
}

func (s *server) grantConsent(ctx context.Context, in *grantInput) (*consentOutput, error) {
	if err := knownWording(in.Purpose, "body.version", in.Body.Version); err != nil {
		return nil, err
	}
	consent, err := s.Store.GrantConsent(ctx, callerOf(ctx), in.Purpose, in.Body.Version)
	return &consentOutput{consent}, err
}

func (s *server) withdrawConsent(ctx context.Context, in *PurposeParam) (*struct{}, error) {
	return nil, s.Store.WithdrawConsent(ctx, callerOf(ctx), in.Purpose)
}

func (s *server) listAudit(ctx context.Context, in *Paging) (*listOutput[models.AuditEvent], error) {
	page, err := s.Store.Audit(ctx, callerOf(ctx).AccountID, in.query())
	return answerPage(ctx, page), err
}
