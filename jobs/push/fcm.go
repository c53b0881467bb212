package push

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// FCMOptions configure Firebase Cloud Messaging, HTTP v1.
type FCMOptions struct {
	Now         func() time.Time
	Credentials []byte         // a service account's JSON file
	URL         string         // "" = Google's
	RootCAs     *x509.CertPool // nil = the system's
}

// FCM sends to Android.
type FCM struct {
	now    func() time.Time
	send   string
	cred   *credential
	client *http.Client
}

// fcmThrottle is how long FCM wants to be left alone when it does not say.
const fcmThrottle = time.Minute

// serviceAccount is what is used of Google's file.
type serviceAccount struct {
	ProjectID   string `json:"project_id"`
	KeyID       string `json:"private_key_id"`
	PrivateKey  string `json:"private_key"`
	ClientEmail string `json:"client_email"`
	TokenURI    string `json:"token_uri"`
	key         crypto.Signer
}

// NewFCM reads the credentials; nothing is sent yet.
func NewFCM(o FCMOptions) (*FCM, error) {
	account, err := readServiceAccount(o.Credentials)
	if err != nil {
		return nil, fmt.Errorf("FCM credentials: %w", err)
	}
	base := strings.TrimSuffix(o.URL, "/")
	if base == "" {
		base = "https://fcm.googleapis.com"
	}
	f := &FCM{
		now:    o.Now,
		send:   base + "/v1/projects/" + url.PathEscape(account.ProjectID) + "/messages:send",
		client: newClient(&net.Dialer{Timeout: dialTimeout}, o.RootCAs),
	}
	f.cred = newCredential(o.Now, 0, func(ctx context.Context) (bearer, error) { return f.mint(ctx, account) })
	return f, nil
}

func readServiceAccount(file []byte) (*serviceAccount, error) {
	var a serviceAccount
	if err := json.Unmarshal(file, &a); err != nil {
		return nil, fmt.Errorf("not a service account's JSON file: %w", err)
	}
	if a.ProjectID == "" || a.ClientEmail == "" || a.TokenURI == "" {
		return nil, fmt.Errorf("project_id, client_email and token_uri are needed")
	}
	key, err := parsePKCS8([]byte(a.PrivateKey))
	if err != nil {
		return nil, fmt.Errorf("private_key: %w", err)
	}
	a.key = key
	return &a, nil
}

// parsePKCS8 reads the PEM that both Google and Apple hand out.
func parsePKCS8(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("not in PEM")
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("not a PKCS #8 key: %w", err)
	}
	s, ok := k.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a %T cannot sign", k)
	}
	return s, nil
}

// Close closes idle connections.
func (f *FCM) Close() { f.client.CloseIdleConnections() }

// mint asks Google for an access token, and once more if only our clock was wrong.
func (f *FCM) mint(ctx context.Context, a *serviceAccount) (bearer, error) {
	ans, err := f.askToken(ctx, a)
	if err == nil && ans.status == http.StatusBadRequest && f.cred.learn(ans.header.Get("Date")) {
		ans, err = f.askToken(ctx, a)
	}
	if err != nil {
		return bearer{}, err
	}
	switch ans.status {
	case http.StatusOK:
		return readToken(ans.body, f.now())
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		return bearer{}, &mintError{Result{Class: Refused, Reason: fmt.Sprintf("token refused, status %d", ans.status), Scope: ScopeProvider}}
	}
	r := ans.result(ScopeProvider, f.now())
	if r.Class != Throttled { // whatever else it is, it is no token, and says nothing about the message
		r.Class, r.Scope, r.Reason = Unavailable, ScopeProvider, fmt.Sprintf("no token, status %d", ans.status)
	}
	return bearer{}, &mintError{r}
}

// askToken presents a signed assertion (RFC 7523).
func (f *FCM) askToken(ctx context.Context, a *serviceAccount) (answer, error) {
	at := f.cred.providerNow()
	assertion, err := signJWT(a.key, a.KeyID, map[string]any{
		"iss": a.ClientEmail, "aud": a.TokenURI, "iat": at.Unix(), "exp": at.Add(time.Hour).Unix(),
		"scope": "https://www.googleapis.com/auth/firebase.messaging",
	})
	if err != nil {
		return answer{}, err
	}
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}
	return post(ctx, f.client, a.TokenURI,
		http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(form.Encode()))
}

// readToken keeps a token until five minutes before its end.
func readToken(body []byte, now time.Time) (bearer, error) {
	var t struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	if err := json.Unmarshal(body, &t); err != nil || t.AccessToken == "" {
		return bearer{}, &mintError{Result{Class: Unavailable, Reason: "no token in the answer", Scope: ScopeProvider}}
	}
	life := time.Duration(min(max(t.ExpiresIn, 0), 3600)) * time.Second
	return bearer{value: t.AccessToken, renewAt: now.Add(life - min(5*time.Minute, life/2))}, nil
}

// Send posts the message with the account's access token.
func (f *FCM) Send(ctx context.Context, to Address, m Message) Result {
	body, err := json.Marshal(map[string]any{"message": fcmMessage(to.Token, m)})
	if err != nil {
		return Result{Class: Payload, Reason: fmt.Sprintf("encode message: %v", err)}
	}
	if len(body) > maxPayload+len(to.Token) {
		return Result{Class: Payload, Reason: errTooLong.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, AttemptTimeout)
	defer cancel()
	return f.cred.with(ctx, func(token string) (Result, string) {
		a, err := post(ctx, f.client, f.send,
			http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}, body)
		if err != nil {
			return unreachable(err, ScopeProvider), ""
		}
		return fcmResult(a, f.now()), a.header.Get("Date")
	})
}

// fcmMessage shows a notification that Android itself can draw, so that it comes
// while the app does not run. Clearing is data alone, for the app to act on.
//
// For a device that is off FCM keeps the messages of four collapse keys, any
// four, and of each the latest: so there is a key for each group and none for
// each reminder. What a repeat replaces on the screen is decided by the tag.
func fcmMessage(token string, m Message) map[string]any {
	android := map[string]any{"priority": "HIGH", "ttl": m.ttlSeconds() + "s"}
	data := m.data(false)
	if len(m.Actions) > 0 && !m.Silent {
		data["actions"] = strings.Join(m.Actions, ",") // FCM takes texts alone
	}
	msg := map[string]any{"token": token, "data": data, "android": android}
	if m.Urgency == Low || m.Silent {
		android["priority"] = "NORMAL"
	}
	if m.Silent {
		return msg
	}
	channel := "reminders"
	if m.TimeSensitive {
		channel = "warnings"
	}
	android["collapse_key"] = "group-" + strconv.Itoa(m.Group)
	android["notification"] = map[string]any{"tag": m.Tag, "channel_id": channel}
	msg["notification"] = map[string]any{"title": m.Title, "body": m.Body}
	return msg
}

// fcmError is the part of an error answer that is decided by.
type fcmError struct {
	Error struct {
		Message string
		Details []struct {
			ErrorCode       string
			FieldViolations []struct{ Field string }
		}
	}
}

func (e fcmError) code() string {
	for _, d := range e.Error.Details {
		if d.ErrorCode != "" {
			return d.ErrorCode
		}
	}
	return ""
}

// badToken is true only if the answer says that the token is what is wrong. An
// INVALID_ARGUMENT can just as well be our message. Google documents this one
// sentence and no code for it (Firebase, "FCM error codes", example 2).
func (e fcmError) badToken() bool {
	for _, d := range e.Error.Details {
		for _, v := range d.FieldViolations {
			if v.Field == "message.token" {
				return true
			}
		}
	}
	return e.code() == "INVALID_ARGUMENT" && e.Error.Message == "The registration token is not a valid FCM registration token"
}

func fcmResult(a answer, now time.Time) Result {
	r := a.result(ScopeProvider, now)
	if r.Class == Accepted {
		var name struct{ Name string }
		if err := json.Unmarshal(a.body, &name); err != nil || name.Name == "" {
			return Result{Class: Unavailable, Reason: "no message name in the answer", Scope: ScopeProvider}
		}
		return Result{Class: Accepted, ProviderID: name.Name}
	}
	var e fcmError
	_ = json.Unmarshal(a.body, &e) // an answer without details is judged by its status alone
	if code := e.code(); isCode(code) {
		r.Reason = code
	}
	switch {
	case a.status == http.StatusNotFound && e.code() == "UNREGISTERED",
		a.status == http.StatusBadRequest && e.badToken(),
		a.status == http.StatusForbidden && e.code() == "SENDER_ID_MISMATCH":
		r.Class = Gone
	case a.status == http.StatusUnauthorized && e.code() == "THIRD_PARTY_AUTH_ERROR":
		// A token of another platform, which anyone can register: it must not stop FCM.
		r.Class = Mistaken
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		r.Class = Refused
	case r.Class == Throttled && r.RetryAfter == 0:
		r.RetryAfter = fcmThrottle
	}
	return r
}
