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
	b := in.Body
	// A code is its own account: guesses of codes count by address alone.
	key := requestOf(ctx).from + " " + strings.ToLower(strings.TrimSpace(b.Email))
	if err := s.limit(ctx, signInsPerAccount, key); err != nil {
		return nil, err
	}
	if b.ways() != 1 {
		return nil, models.Invalid("body", "send email and password, or recovery_code, or pairing_code")
	}
	account, device, secrets, err := s.Store.SignIn(ctx, models.SignIn{
		Email: b.Email, Password: b.Password, RecoveryCode: b.RecoveryCode, PairingCode: b.PairingCode, Device: b.Device.model(),
	})
	if err != nil {
		return nil, err
	}
	return &signedInOutput{signedIn{account, device, secrets.Token, secrets.RecoveryCode}}, nil
}

type proof struct {
	Password     string `json:"password,omitempty" maxLength:"256"`
	RecoveryCode string `json:"recovery_code,omitempty" maxLength:"100"`
}

// confirm is the step-up before what cannot be undone.
func (s *server) confirm(ctx context.Context, in *struct{ Body proof }) (*struct{}, error) {
	c := callerOf(ctx)
	if err := s.limit(ctx, signInsPerAccount, requestOf(ctx).from+" "+c.AccountID); err != nil {
		return nil, err
	}
	if (in.Body.Password == "") == (in.Body.RecoveryCode == "") {
		return nil, models.Invalid("body", "send password or recovery_code")
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
	out.Body.Code, out.Body.ExpiresAt, err = s.Store.NewPairingCode(ctx, callerOf(ctx).AccountID)
	return out, err
}
