package push

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A phone's address is either named field by field as wrong, or can be sent to
// without an error of our own; and no message of ours quotes it.
func FuzzAddress(f *testing.F) {
	good := testAddress("https://push.example.org/x")
	f.Add("webpush", good.Endpoint, good.P256dh, good.Auth, "", "")
	f.Add("webpush", "http://127.0.0.1/", "BA", "==", "", "")
	f.Add("webpush", "https://[fe80::1%25eth0]/", good.P256dh, "+/", "", "")
	f.Add("webpush", "https://:443/\x00", "", "", "", "")
	f.Add("fcm", "", "", "", strings.Repeat("a:b", 50), "")
	f.Add("apns", "", "", "", strings.Repeat("0f", 32), "sandbox")
	f.Fuzz(func(t *testing.T, transport, endpoint, p256dh, auth, token, environment string) {
		a := Address{Transport: Transport(transport), Endpoint: endpoint, P256dh: p256dh, Auth: auth, Token: token, Environment: environment}
		_, _ = a.Destination(), a.CanClear()
		err := a.Validate(false)
		if err == nil {
			sendable(t, a)
			return
		}
		var fields AddressError
		if !errors.As(err, &fields) || len(fields) == 0 {
			t.Fatalf("error %v names no field", err)
		}
		for _, p := range fields {
			if p.Field == "" || p.Problem == "" {
				t.Fatalf("empty problem in %v", err)
			}
			for _, secret := range []string{endpoint, p256dh, auth, token} {
				if len(secret) > 20 && strings.Contains(err.Error(), secret) {
					t.Fatalf("%v quotes a secret", err)
				}
			}
		}
	})
}

func sendable(t *testing.T, a Address) {
	t.Helper()
	if a.Transport != TransportWebPush {
		if _, err := http.NewRequest(http.MethodPost, "https://api.push.apple.com/3/device/"+a.Token, nil); err != nil && a.Transport == TransportAPNs {
			t.Fatalf("valid token makes no URL: %v", err)
		}
		return
	}
	if a.Destination() == "invalid" || !strings.HasPrefix(a.Destination(), "https://") {
		t.Fatalf("valid address has destination %q", a.Destination())
	}
	if _, err := seal(read(t, a), Message{Title: "x"}, ""); err != nil {
		t.Fatalf("valid address cannot be encrypted for: %v", err)
	}
	if _, err := http.NewRequest(http.MethodPost, a.Endpoint, nil); err != nil {
		t.Fatalf("valid endpoint makes no request: %v", err)
	}
}

// Whatever a service answers: one class, a bounded wait, a reason fit for logs,
// and Gone only from the answers that are listed (architecture, Answers of push
// services).
func FuzzAnswer(f *testing.F) {
	f.Add(404, `{"error":{"details":[{"errorCode":"UNREGISTERED"}]}}`, "120")
	f.Add(410, `{"reason":"Unregistered","timestamp":1900000000000}`, "")
	f.Add(410, `{"reason":"Unregistered","timestamp":-9223372036854775808}`, "")
	f.Add(400, `{"reason":"BadDeviceToken"}`, "Sat, 14 Mar 2026 10:00:00 GMT")
	f.Add(400, `{"error":{"message":"The registration token is not a valid FCM registration token","details":[{"errorCode":"INVALID_ARGUMENT"}]}}`, "-1")
	f.Add(200, `{"name":"projects/p/messages/1"}`, "99999999999999999999")
	f.Add(429, "null", "1e9")
	f.Fuzz(func(t *testing.T, status int, body, retry string) {
		a := answer{status, http.Header{"Retry-After": {retry}}, []byte(body)}
		fcm, apns := fcmResult(a, epoch), apnsResult(a, epoch, epoch)
		for _, r := range []Result{a.result(ScopeHost, epoch), fcm, apns} {
			if r.Class < Accepted || r.Class > Payload || r.RetryAfter < 0 || r.RetryAfter > 24*time.Hour || len(r.Reason) > 40 {
				t.Fatalf("got %+v", r)
			}
		}
		if fcm.Class == Gone && status != 404 && status != 400 && status != 403 {
			t.Fatalf("FCM %d is gone", status)
		}
		if apns.Class == Gone && (status != 410 || !strings.Contains(body, "imestamp") && !strings.Contains(strings.ToLower(body), "timestamp")) {
			t.Fatalf("APNs %d %s is gone", status, body)
		}
		if (fcm.Class == Accepted || apns.Class == Accepted) && status/100 != 2 {
			t.Fatalf("%d is accepted", status)
		}
	})
}

func FuzzAccessToken(f *testing.F) {
	f.Add(`{"access_token":"x","expires_in":3599}`)
	f.Add(`{"access_token":"x","expires_in":-9223372036854775808}`)
	f.Add(`{"access_token":"","expires_in":9223372036854775807}`)
	f.Fuzz(func(t *testing.T, body string) {
		b, err := readToken([]byte(body), epoch)
		if err == nil && (b.value == "" || b.renewAt.Before(epoch) || b.renewAt.After(epoch.Add(time.Hour))) {
			t.Fatalf("got %+v", b)
		}
	})
}

func FuzzKeyFiles(f *testing.F) {
	pem := "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----\n"
	file, err := json.Marshal(map[string]string{"project_id": "p", "client_email": "c", "token_uri": "https://x", "private_key": pem})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(file))
	f.Add(pem)
	f.Add("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := readServiceAccount([]byte(text)); err == nil && a.key == nil {
			t.Fatal("a service account without a key")
		}
		if s, err := NewAPNs(APNsOptions{Key: []byte(text), KeyID: "k", TeamID: "t", Topic: "p"}); err == nil && s.cred == nil {
			t.Fatal("a sender without credentials")
		}
		if k, err := ParseVAPIDKey(text); err == nil {
			again, err := k.Private()
			if err != nil || len(again) != 43 {
				t.Fatalf("key %q: %v", again, err)
			}
		}
	})
}

func TestAddressProblemsNameTheirField(t *testing.T) {
	good := testAddress("https://push.example.org/x")
	with := func(change func(*Address)) Address { a := good; change(&a); return a }
	for name, row := range map[string]struct {
		a     Address
		field string
	}{
		"good":             {good, ""},
		"port":             {with(func(a *Address) { a.Endpoint = "https://push.example.org:8443/x?y=z" }), ""},
		"standard base64":  {with(func(a *Address) { a.Auth = "BTBZMqHH6r4Tts7J/aSIgg==" }), ""},
		"no transport":     {with(func(a *Address) { a.Transport = "" }), "transport"},
		"plain http":       {with(func(a *Address) { a.Endpoint = "http://push.example.org/" }), "endpoint"},
		"ftp":              {with(func(a *Address) { a.Endpoint = "ftp://push.example.org/" }), "endpoint"},
		"no host":          {with(func(a *Address) { a.Endpoint = "https:///x" }), "endpoint"},
		"opaque":           {with(func(a *Address) { a.Endpoint = "https:push.example.org" }), "endpoint"},
		"password":         {with(func(a *Address) { a.Endpoint = "https://u:p@push.example.org/" }), "endpoint"},
		"loopback":         {with(func(a *Address) { a.Endpoint = "https://127.0.0.1/" }), "endpoint"},
		"metadata":         {with(func(a *Address) { a.Endpoint = "https://[::ffff:169.254.169.254]/" }), "endpoint"},
		"endless":          {with(func(a *Address) { a.Endpoint += strings.Repeat("x", 3000) }), "endpoint"},
		"compressed point": {with(func(a *Address) { a.P256dh = "AlVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx" }), "keys.p256dh"},
		"not on the curve": {with(func(a *Address) { a.P256dh = "BA" + strings.Repeat("A", 85) }), "keys.p256dh"},
		"short auth":       {with(func(a *Address) { a.Auth = "AAAA" }), "keys.auth"},
		"fcm":              {Address{Transport: TransportFCM, Token: strings.Repeat("a:b-_", 30)}, ""},
		"fcm short":        {Address{Transport: TransportFCM, Token: "abc"}, "token"},
		"fcm with a break": {Address{Transport: TransportFCM, Token: strings.Repeat("a", 40) + "\r\n"}, "token"},
		"apns":             {Address{Transport: TransportAPNs, Token: strings.Repeat("0aF", 32), Environment: "production"}, ""},
		"apns short":       {Address{Transport: TransportAPNs, Token: "0a", Environment: "production"}, "token"},
		"apns path":        {Address{Transport: TransportAPNs, Token: strings.Repeat("../", 32), Environment: "production"}, "token"},
		"apns environment": {Address{Transport: TransportAPNs, Token: strings.Repeat("0a", 32), Environment: "prod"}, "environment"},
	} {
		var fields AddressError
		err := row.a.Validate(false)
		errors.As(err, &fields)
		switch {
		case row.field == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case row.field != "" && (len(fields) != 1 || fields[0].Field != row.field):
			t.Errorf("%s: %v, want a problem with %s", name, err, row.field)
		}
	}
	if err := with(func(a *Address) { a.Endpoint = "http://127.0.0.1:9/x" }).Validate(true); err != nil {
		t.Errorf("private allowed: %v", err)
	}
}

func TestBackoffGrowsAndIsSpread(t *testing.T) {
	for attempt, want := range map[int]time.Duration{
		-1: 5 * time.Second, 0: 5 * time.Second, 1: 5 * time.Second, 2: 30 * time.Second, 3: 2 * time.Minute,
		4: 10 * time.Minute, 5: 30 * time.Minute, 6: time.Hour, 7: time.Hour, 1000: time.Hour,
	} {
		low, high := Backoff(attempt, 0), Backoff(attempt, 0.999999)
		if low != want*8/10 || high <= want || high > want*12/10 {
			t.Errorf("attempt %d waits %v to %v, want %v ±20%%", attempt, low, high, want)
		}
	}
}

func TestClassesHaveTheirWords(t *testing.T) {
	want := []string{"none", "accepted", "gone", "mistaken", "throttled", "unavailable", "refused", "payload", "none"}
	for i, word := range want {
		if got := Class(i).String(); got != word {
			t.Errorf("class %d is called %q, want %q", i, got, word)
		}
	}
}
