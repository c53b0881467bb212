package pushtest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"aftercare/jobs/push"
)

const (
	fcmProject = "aftercare-test"
	fcmClient  = "sender@aftercare-test.example"
)

// FCM is Firebase Cloud Messaging HTTP v1 and Google's token endpoint.
type FCM struct {
	*Fake
	ready sync.WaitGroup
	key   *rsa.PrivateKey

	tokenMu     sync.Mutex
	bearers     map[string]time.Time // token → its end
	minted      int
	tokenScript func() Answer
	dead        map[string]bool
}

// NewFCM starts one.
func NewFCM(o Options) (*FCM, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make service account key: %w", err)
	}
	f := &FCM{key: key, bearers: map[string]time.Time{}, dead: map[string]bool{}}
	f.ready.Add(1)
	if f.Fake, err = start(o, f); err != nil {
		return nil, err
	}
	f.ready.Done()
	return f, nil
}

// Credentials is the service account's JSON file.
func (f *FCM) Credentials() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(f.key)
	if err != nil {
		return nil, fmt.Errorf("write service account key: %w", err)
	}
	return json.Marshal(map[string]string{
		"type": "service_account", "project_id": fcmProject, "private_key_id": "k1", "client_email": fcmClient,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"token_uri":   f.URL + "/token",
	})
}

// Register makes the address of a new device.
func (f *FCM) Register() push.Address {
	return push.Address{Transport: push.TransportFCM, Token: "fcm:" + rand.Text() + rand.Text()}
}

// Unregister makes a token 404 UNREGISTERED.
func (f *FCM) Unregister(token string) {
	f.tokenMu.Lock()
	defer f.tokenMu.Unlock()
	f.dead[token] = true
}

// Revoke ends every access token that was handed out.
func (f *FCM) Revoke() {
	f.tokenMu.Lock()
	defer f.tokenMu.Unlock()
	clear(f.bearers)
}

// Minted counts the access tokens handed out.
func (f *FCM) Minted() int {
	f.tokenMu.Lock()
	defer f.tokenMu.Unlock()
	return f.minted
}

// ScriptTokens decides about each request for an access token; nil grants what is right.
func (f *FCM) ScriptTokens(script func() Answer) {
	f.tokenMu.Lock()
	defer f.tokenMu.Unlock()
	f.tokenScript = script
}

// ServeHTTP is both endpoints.
func (f *FCM) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.ready.Wait()
	if r.URL.Path == "/token" {
		a, ordinary := f.grant(r)
		f.play(w, r, a, ordinary)
		return
	}
	m, refused := f.read(r)
	if refused.Status != 0 {
		f.refuse(w, r, refused)
		return
	}
	f.play(w, r, f.record(m), Answer{Status: 200, Body: `{"name":"projects/` + fcmProject + `/messages/` + rand.Text() + `"}`})
}

func (f *FCM) grant(r *http.Request) (scripted, ordinary Answer) {
	f.tokenMu.Lock()
	defer f.tokenMu.Unlock()
	if f.tokenScript != nil {
		scripted = f.tokenScript()
	}
	c, err := openJWT(r.FormValue("assertion"), &f.key.PublicKey)
	now := float64(f.now().Unix())
	if err != nil || r.FormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" ||
		c.Iss != fcmClient || c.Aud != f.URL+"/token" || c.Scope != "https://www.googleapis.com/auth/firebase.messaging" ||
		c.Exp < now || c.Iat > now+300 || c.Exp-c.Iat > 3600 {
		return scripted, Answer{Status: 400, Body: `{"error":"invalid_grant","error_description":"Invalid JWT"}`}
	}
	token := "ya29." + rand.Text()
	f.bearers[token] = f.now().Add(time.Hour)
	f.minted++
	return scripted, Answer{Status: 200, Body: `{"access_token":"` + token + `","expires_in":3599,"token_type":"Bearer"}`}
}

// fcmRequest is the part of the v1 message that the app uses; anything else in
// it is refused, as Google does with unknown names.
type fcmRequest struct {
	Message struct {
		Token        string            `json:"token"`
		Data         map[string]string `json:"data"`
		Notification *struct {
			Title string `json:"title"`
			Body  string `json:"body"`
		} `json:"notification"`
		Android struct {
			Priority     string `json:"priority"`
			TTL          string `json:"ttl"`
			CollapseKey  string `json:"collapse_key"`
			Notification *struct {
				Tag       string `json:"tag"`
				ChannelID string `json:"channel_id"`
			} `json:"notification"`
		} `json:"android"`
	} `json:"message"`
}

// FCMError is an error answer as FCM gives it; code is the FcmError's, or "".
func FCMError(status int, code, message string) Answer {
	details := ""
	if code != "" {
		details = `{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"` + code + `"}`
	}
	return Answer{Status: status, Body: fmt.Sprintf(`{"error":{"code":%d,"message":%q,"status":"","details":[%s]}}`, status, message, details)}
}

func (f *FCM) read(r *http.Request) (Message, Answer) {
	f.tokenMu.Lock()
	defer f.tokenMu.Unlock()
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if end, ok := f.bearers[token]; !ok || f.now().After(end) {
		return Message{}, FCMError(401, "", "Request had invalid authentication credentials.")
	}
	if r.Method != http.MethodPost || r.URL.Path != "/v1/projects/"+fcmProject+"/messages:send" {
		return Message{}, Answer{Status: 404, Body: "<html>not here</html>"}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return Message{}, FCMError(400, "", "unreadable")
	}
	var req fcmRequest
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&req); err != nil {
		return Message{}, FCMError(400, "INVALID_ARGUMENT", "Invalid JSON payload received.")
	}
	if f.dead[req.Message.Token] {
		return Message{}, FCMError(404, "UNREGISTERED", "Requested entity was not found.")
	}
	return readFCM(req)
}

func readFCM(req fcmRequest) (Message, Answer) {
	msg, android := req.Message, req.Message.Android
	ttl, err := time.ParseDuration(android.TTL)
	urgency := map[string]string{"HIGH": "high", "NORMAL": "normal"}[android.Priority]
	if err != nil || urgency == "" || msg.Token == "" {
		return Message{}, FCMError(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
	}
	m := Message{Transport: push.TransportFCM, To: msg.Token, Collapse: android.CollapseKey, TTL: ttl, Urgency: urgency, Data: msg.Data}
	m.fill()
	size := 0
	for k, v := range msg.Data {
		size += len(k) + len(v)
	}
	if msg.Notification != nil {
		m.Title, m.Body = msg.Notification.Title, msg.Notification.Body
		size += len(m.Title) + len(m.Body)
	}
	if size > 4096 {
		return Message{}, FCMError(400, "INVALID_ARGUMENT", "Android message is too big")
	}
	if android.Notification != nil {
		m.Tag = android.Notification.Tag
	}
	return m, Answer{}
}
