package api

import (
	"context"
	"reflect"
	"strings"

	"golang.org/x/text/language"

	"aftercare/models"
)

// NewDevice is a phone that signs in.
type NewDevice struct {
	Name       string   `json:"name" minLength:"1" maxLength:"100" doc:"What the person knows it by" example:"Ann's phone"`
	Platform   Platform `json:"platform"`
	AppVersion string   `json:"app_version,omitempty" maxLength:"50" example:"1.4.0"`
}

func (d NewDevice) model() models.Device {
	return models.Device{Name: d.Name, Platform: string(d.Platform), AppVersion: d.AppVersion}
}

// SignUp makes an account and signs its first phone in.
type SignUp struct {
	TimeZone   string        `json:"time_zone" minLength:"1" maxLength:"64" doc:"IANA name" example:"Europe/Berlin"`
	Locale     string        `json:"locale,omitempty" maxLength:"35" doc:"BCP 47 tag; default: en" example:"en-GB"`
	Region     string        `json:"region,omitempty" pattern:"^[A-Z]{2}$" doc:"ISO 3166 code; default: the one that the locale names" example:"GB"`
	Consent    HealthConsent `json:"consent"`
	Email      string        `json:"email,omitempty" format:"email" maxLength:"254" doc:"Only a name to sign in with; together with password or not at all"`
	Password   string        `json:"password,omitempty" minLength:"8" maxLength:"256"`
	AccountKey string        `json:"account_key,omitempty" minLength:"43" maxLength:"128" doc:"A 256-bit secret made by the phone. Sent again within 10 minutes it gets the same account, so that a lost answer leaves no orphan"`
	Device     NewDevice     `json:"device"`
}

// HealthConsent is the consent that an account cannot do without.
type HealthConsent struct {
	HealthData bool   `json:"health_data" const:"true" doc:"Without this consent there is nothing to store"`
	Version    string `json:"version" minLength:"1" maxLength:"20" doc:"Version of the text that was shown" example:"1"`
}

// SignedIn answers a sign-in. The secrets are shown this once.
type SignedIn struct {
	Account      Account `json:"account"`
	Device       Device  `json:"device"`
	Token        string  `json:"token" doc:"The bearer token of this device; shown once"`
	RecoveryCode *string `json:"recovery_code" doc:"The way back into the account; shown once, replaced when it is used. null: the one there is remains valid"`
}

type signedInOutput struct {
	CacheControl string `header:"Cache-Control" hidden:"true"`
	Body         SignedIn
}

func answerSignIn(in models.SignedIn) *signedInOutput {
	return &signedInOutput{Body: SignedIn{showAccount(in.Account), showDevice(in.Device), in.Secrets.Token, some(in.Secrets.RecoveryCode)}}
}

func (s *server) createAccount(ctx context.Context, in *struct{ Body SignUp }) (*signedInOutput, error) {
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
	made, err := s.Store.CreateAccount(ctx, models.NewAccount{
		TimeZone: b.TimeZone, Locale: locale, Region: region, ConsentVersion: b.Consent.Version,
		Email: b.Email, Password: b.Password, AccountKey: b.AccountKey, Device: b.Device.model(),
	})
	if err != nil {
		return nil, err
	}
	return answerSignIn(made), nil
}

// place returns the locale and the region; where no region is given, the one
// that the locale names. It never guesses a region from the language alone.
func place(locale, region string) (string, string, error) {
	if locale == "" {
		return language.English.String(), region, nil
	}
	tag, err := language.Parse(locale)
	if err != nil {
		return "", "", models.Invalid("body.locale", "must be a language tag such as en or de-AT")
	}
	if named, sure := tag.Region(); region == "" && sure == language.Exact && len(named.String()) == 2 {
		region = named.String()
	}
	return tag.String(), region, nil
}

// The three ways to sign in.
type (
	// PasswordSignIn is for accounts that have an e-mail address.
	PasswordSignIn struct {
		Email    string    `json:"email" maxLength:"254"`
		Password string    `json:"password" maxLength:"256"`
		Device   NewDevice `json:"device"`
	}
	// RecoverySignIn uses up the recovery code; the response holds a new one.
	RecoverySignIn struct {
		RecoveryCode string    `json:"recovery_code" maxLength:"100"`
		Device       NewDevice `json:"device"`
	}
	// PairingSignIn is for a second phone.
	PairingSignIn struct {
		PairingCode string    `json:"pairing_code" maxLength:"100" doc:"From POST /v1/pairing-codes of a phone that is signed in"`
		Device      NewDevice `json:"device"`
	}
)

var signInWays = func() ways {
	password, recovery, pairing := typeOf[PasswordSignIn](), typeOf[RecoverySignIn](), typeOf[PairingSignIn]()
	return ways{
		name: "SignIn", says: "send email and password, or recovery_code, or pairing_code",
		forms: []reflect.Type{password, recovery, pairing},
		pick:  onlyOf(map[string]reflect.Type{"email": password, "recovery_code": recovery, "pairing_code": pairing}),
	}
}()

type signInInput struct {
	WayBody
	// Authorization is that of a phone that signs in anew.
	Authorization string `header:"Authorization" hidden:"true"`
}

func (s *server) signIn(ctx context.Context, in *signInInput) (*signedInOutput, error) {
	var b struct {
		Email        string    `json:"email"`
		Password     string    `json:"password"`
		RecoveryCode string    `json:"recovery_code"`
		PairingCode  string    `json:"pairing_code"`
		Device       NewDevice `json:"device"`
	}
	if err := signInWays.read(s, in.Body, &b); err != nil {
		return nil, err
	}
	from := requestOf(ctx).from
	if err := s.mayTry(ctx, from, b.Email, in.Authorization); err != nil {
		return nil, err
	}
	signed, err := s.Store.SignIn(ctx, models.SignIn{
		Email: b.Email, Password: b.Password, RecoveryCode: b.RecoveryCode, PairingCode: b.PairingCode, Device: b.Device.model(),
		May: func(account string) error { return s.limit(ctx, devicesPerAccount, account) },
	})
	if models.IsCode(err, models.CodeCredentialsRefused) {
		if over := s.countRefused(ctx, from, b.Email); over != nil {
			return nil, over
		}
	}
	if err != nil {
		return nil, err
	}
	return answerSignIn(signed), nil
}

// mayTry enforces the limits of signing in: a password counts when it is tried,
// a code (no email) only when it was refused. Attempts by strangers slow down
// sign-ins to an account from each address; they never block it, and do not
// affect codes or the account's own phones (decision 15).
func (s *server) mayTry(ctx context.Context, from, email, authorization string) error {
	if email == "" {
		return s.limited(ctx, codesPerAddress, from)
	}
	// The address comes first: over its limit it opens no windows for accounts.
	if err := s.limit(ctx, signInsPerAddress, from); err != nil {
		return err
	}
	name := signInName(email)
	if s.limited(ctx, refusedPerAccount, name) != nil && !s.isPhoneOf(ctx, authorization, name) {
		return s.limit(ctx, signInsSlowed, from+" "+name)
	}
	return s.limit(ctx, signInsPerAccount, from+" "+name)
}

// isPhoneOf reports whether the token belongs to a phone of the account with
// this name.
func (s *server) isPhoneOf(ctx context.Context, authorization, name string) bool {
	caller, err := s.identify(ctx, authorization)
	if err != nil {
		return false
	}
	a, err := s.Store.Account(ctx, caller.AccountID)
	return err == nil && a.Email != nil && signInName(*a.Email) == name
}

// countRefused counts a wrong code by the address it came from, and a wrong
// password by the account, wherever it came from.
func (s *server) countRefused(ctx context.Context, from, email string) error {
	if email == "" {
		return s.limit(ctx, codesPerAddress, from)
	}
	if s.RateLimits {
		s.limits.take(refusedPerAccount, signInName(email), 1) // it refuses nothing by itself
	}
	return nil
}

// signInName returns the e-mail address as a key of limits.
func signInName(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// The two proofs of who holds the phone.
type (
	// PasswordProof is the account's password.
	PasswordProof struct {
		Password string `json:"password" minLength:"1" maxLength:"256"`
	}
	// RecoveryProof is the account's recovery code; it stays valid.
	RecoveryProof struct {
		RecoveryCode string `json:"recovery_code" minLength:"1" maxLength:"100"`
	}
)

var proofWays = func() ways {
	password, recovery := typeOf[PasswordProof](), typeOf[RecoveryProof]()
	return ways{
		name: "Proof", says: "send password or recovery_code",
		forms: []reflect.Type{password, recovery},
		pick:  onlyOf(map[string]reflect.Type{"password": password, "recovery_code": recovery}),
	}
}()

// confirm is the step-up sign-in before what cannot be undone.
func (s *server) confirm(ctx context.Context, in *WayBody) (*struct{}, error) {
	var proof struct {
		PasswordProof
		RecoveryProof
	}
	if err := proofWays.read(s, in.Body, &proof); err != nil {
		return nil, err
	}
	c := callerOf(ctx)
	if err := s.limit(ctx, signInsPerAccount, requestOf(ctx).from+" "+c.AccountID); err != nil {
		return nil, err
	}
	return nil, s.Store.Confirm(ctx, c, proof.Password, proof.RecoveryCode)
}

// NewToken is shown once.
type NewToken struct {
	Token string `json:"token" doc:"The old token works until this one is first used"`
}

type tokenOutput struct{ Body NewToken }

func (s *server) renewToken(ctx context.Context, _ *struct{}) (*tokenOutput, error) {
	token, err := s.Store.RenewToken(ctx, callerOf(ctx))
	return &tokenOutput{NewToken{token}}, err
}

// PairingCode signs a second phone in.
type PairingCode struct {
	Code      string      `json:"code" doc:"To be typed into the second phone"`
	ExpiresAt models.Time `json:"expires_at"`
}

type pairingOutput struct{ Body PairingCode }

func (s *server) newPairingCode(ctx context.Context, _ *struct{}) (*pairingOutput, error) {
	code, expires, err := s.Store.NewPairingCode(ctx, callerOf(ctx))
	return &pairingOutput{PairingCode{code, expires}}, err
}

// SignOut is what may come with a new recovery code.
type SignOut struct {
	SignOutOthers bool `json:"sign_out_others,omitempty" doc:"Whether the tokens of all other devices end"`
}

// RecoveryCode is shown once.
type RecoveryCode struct {
	RecoveryCode string `json:"recovery_code" doc:"The way back into the account; replaces the one before"`
}

type recoveryCodeOutput struct{ Body RecoveryCode }

func (s *server) newRecoveryCode(ctx context.Context, in *struct{ Body *SignOut }) (*recoveryCodeOutput, error) {
	code, err := s.Store.NewRecoveryCode(ctx, callerOf(ctx), deref(in.Body).SignOutOthers)
	return &recoveryCodeOutput{RecoveryCode{code}}, err
}

// NewPassword replaces the one there is, if any.
type NewPassword struct {
	Password      string `json:"password" minLength:"8" maxLength:"256"`
	SignOutOthers bool   `json:"sign_out_others,omitempty" doc:"Whether the tokens of all other devices end"`
}

func (s *server) setPassword(ctx context.Context, in *struct{ Body NewPassword }) (*struct{}, error) {
	return nil, s.Store.SetPassword(ctx, callerOf(ctx), in.Body.Password, in.Body.SignOutOthers)
}
