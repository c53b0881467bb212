package push_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"aftercare/jobs/push"
	"aftercare/jobs/push/pushtest"
)

// rows plays each answer once and compares what it comes to.
func rows(t *testing.T, r *rig, table map[string]row) {
	for name, want := range table {
		t.Run(name, func(t *testing.T) {
			r.fake.Script(func(pushtest.Message) pushtest.Answer { return want.answer })
			to := r.register()
			to.RegisteredAt = epoch
			got := r.send(t, to, message())
			if got.Class != want.class || got.Scope != want.scope || got.RetryAfter != want.after {
				t.Errorf("got %+v, want %v, scope %v, after %v", got, want.class, want.scope, want.after)
			}
		})
	}
}

type row struct {
	answer pushtest.Answer
	class  push.Class
	scope  push.Scope
	after  time.Duration
}

func TestErrorTableOfWebPush(t *testing.T) {
	r, _ := webPushRig(t, true)
	after := map[string]string{"Retry-After": "86400"}
	rows(t, r, map[string]row{
		"200":           {pushtest.Answer{Status: 200}, push.Accepted, 0, 0},
		"201 and reset": {pushtest.Answer{Status: 201, Cut: true}, push.Accepted, 0, 0},
		"202":           {pushtest.Answer{Status: 202}, push.Accepted, 0, 0},
		"404":           {pushtest.Answer{Status: 404}, push.Gone, push.ScopeHost, 0},
		"410":           {pushtest.Answer{Status: 410}, push.Gone, push.ScopeHost, 0},
		"401":           {pushtest.Answer{Status: 401}, push.Mistaken, push.ScopeHost, 0},
		"403":           {pushtest.Answer{Status: 403}, push.Mistaken, push.ScopeHost, 0},
		"429":           {pushtest.Answer{Status: 429, Header: after}, push.Throttled, push.ScopeHost, 24 * time.Hour},
		"429 bare":      {pushtest.Answer{Status: 429}, push.Throttled, push.ScopeHost, 0},
		"503":           {pushtest.Answer{Status: 503, Header: after}, push.Unavailable, push.ScopeHost, 24 * time.Hour},
		"400":           {pushtest.Answer{Status: 400}, push.Payload, push.ScopeHost, 0},
		"413":           {pushtest.Answer{Status: 413}, push.Payload, push.ScopeHost, 0},
	})
}

func TestErrorTableOfFCM(t *testing.T) {
	r, _ := fcmRig(t)
	provider := push.ScopeProvider
	field := `{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"no","details":[{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"%s","description":"no"}]}]}}`
	rows(t, r, map[string]row{
		"404 UNREGISTERED":           {pushtest.FCMError(404, "UNREGISTERED", "Requested entity was not found."), push.Gone, provider, 0},
		"404 of something else":      {pushtest.FCMError(404, "", "Requested entity was not found."), push.Unavailable, provider, 0},
		"404 html":                   {pushtest.Answer{Status: 404, Body: "<html>UNREGISTERED"}, push.Unavailable, provider, 0},
		"410":                        {pushtest.Answer{Status: 410}, push.Unavailable, provider, 0},
		"400 the token":              {pushtest.FCMError(400, "INVALID_ARGUMENT", "The registration token is not a valid FCM registration token"), push.Gone, provider, 0},
		"400 the token by field":     {pushtest.Answer{Status: 400, Body: fmt.Sprintf(field, "message.token")}, push.Gone, provider, 0},
		"400 another field":          {pushtest.Answer{Status: 400, Body: fmt.Sprintf(field, "message.data[0].value")}, push.Payload, provider, 0},
		"400 INVALID_ARGUMENT":       {pushtest.FCMError(400, "INVALID_ARGUMENT", "Request contains an invalid argument."), push.Payload, provider, 0},
		"400 too big":                {pushtest.FCMError(400, "INVALID_ARGUMENT", "Android message is too big"), push.Payload, provider, 0},
		"403 SENDER_ID_MISMATCH":     {pushtest.FCMError(403, "SENDER_ID_MISMATCH", "SenderId mismatch"), push.Gone, provider, 0},
		"403 PERMISSION_DENIED":      {pushtest.FCMError(403, "", "Permission denied"), push.Refused, provider, 0},
		"401":                        {pushtest.FCMError(401, "", "Request had invalid authentication credentials."), push.Refused, provider, 0},
		"401 of a third party":       {pushtest.FCMError(401, "THIRD_PARTY_AUTH_ERROR", "Auth error from APNS or Web Push Service"), push.Mistaken, provider, 0},
		"429 without a time":         {pushtest.FCMError(429, "QUOTA_EXCEEDED", "Quota exceeded"), push.Throttled, provider, time.Minute},
		"429 with a time":            {pushtest.Answer{Status: 429, Header: map[string]string{"Retry-After": "5"}}, push.Throttled, provider, 5 * time.Second},
		"500 INTERNAL":               {pushtest.FCMError(500, "INTERNAL", "Internal error"), push.Unavailable, provider, 0},
		"503 UNAVAILABLE":            {pushtest.FCMError(503, "UNAVAILABLE", "Busy"), push.Unavailable, provider, 0},
		"500 that says UNREGISTERED": {pushtest.FCMError(500, "UNREGISTERED", "x"), push.Unavailable, provider, 0},
		"200 of a stranger":          {pushtest.Answer{Status: 200, Body: "<html>welcome to the hotel"}, push.Unavailable, provider, 0},
		"200 cut short":              {pushtest.Answer{Status: 200, Body: `{"name": "projec`, Cut: true}, push.Unavailable, provider, 0},
	})
}

func TestErrorTableOfAPNs(t *testing.T) {
	r, _ := apnsRig(t)
	provider := push.ScopeProvider
	dead := func(at time.Time) pushtest.Answer {
		return pushtest.Answer{Status: 410, Body: fmt.Sprintf(`{"reason":"Unregistered","timestamp":%d}`, at.UnixMilli())}
	}
	rows(t, r, map[string]row{
		"410 after the registration":     {dead(epoch.Add(time.Second)), push.Gone, provider, 0},
		"410 at the registration":        {dead(epoch), push.Unavailable, push.ScopeDevice, 0},
		"410 before it":                  {dead(epoch.Add(-time.Hour)), push.Unavailable, push.ScopeDevice, 0},
		"410 without a time":             {pushtest.APNsError(410, "Unregistered"), push.Unavailable, push.ScopeDevice, 0},
		"410 ExpiredToken":               {pushtest.Answer{Status: 410, Body: fmt.Sprintf(`{"reason":"ExpiredToken","timestamp":%d}`, epoch.Add(time.Hour).UnixMilli())}, push.Gone, provider, 0},
		"404":                            {pushtest.APNsError(404, "BadPath"), push.Unavailable, provider, 0},
		"400 BadDeviceToken":             {pushtest.APNsError(400, "BadDeviceToken"), push.Mistaken, provider, 0},
		"400 DeviceTokenNotForTopic":     {pushtest.APNsError(400, "DeviceTokenNotForTopic"), push.Mistaken, provider, 0},
		"400 BadExpirationDate":          {pushtest.APNsError(400, "BadExpirationDate"), push.Payload, provider, 0},
		"403 InvalidProviderToken":       {pushtest.APNsError(403, "InvalidProviderToken"), push.Refused, provider, 0},
		"403 without a word":             {pushtest.Answer{Status: 403, Body: "{"}, push.Refused, provider, 0},
		"401":                            {pushtest.Answer{Status: 401}, push.Refused, provider, 0},
		"413":                            {pushtest.APNsError(413, "PayloadTooLarge"), push.Payload, provider, 0},
		"429 TooManyRequests":            {pushtest.APNsError(429, "TooManyRequests"), push.Throttled, push.ScopeDevice, 0},
		"429 TooManyProviderTokenUpdate": {pushtest.APNsError(429, "TooManyProviderTokenUpdates"), push.Throttled, provider, 0},
		"500":                            {pushtest.APNsError(500, "InternalServerError"), push.Unavailable, provider, 0},
		"503":                            {pushtest.APNsError(503, "Shutdown"), push.Unavailable, provider, 0},
		"201":                            {pushtest.Answer{Status: 201}, push.Unavailable, provider, 0},
		"200 and reset":                  {pushtest.Answer{Status: 200, Cut: true}, push.Accepted, 0, 0},
	})
}

func TestAPNsAddressOfUnknownAgeNeedsApplesTimeToBeGone(t *testing.T) {
	r, _ := apnsRig(t)
	to := r.register()
	to.RegisteredAt = time.Time{}
	r.fake.Script(func(pushtest.Message) pushtest.Answer { return pushtest.APNsError(410, "Unregistered") })
	if got := r.send(t, to, message()); got.Class != push.Unavailable {
		t.Errorf("got %+v", got)
	}
}

func TestWebPushTriesOnceWithAFreshSignature(t *testing.T) {
	r, _ := webPushRig(t, true)
	n := 0
	r.fake.Script(func(pushtest.Message) pushtest.Answer {
		if n++; n%2 == 1 {
			return pushtest.Answer{Status: 403}
		}
		return pushtest.Answer{}
	})
	to := r.register()
	if got := r.send(t, to, message()); got.Class != push.Accepted || n != 2 {
		t.Errorf("after %d tries: %+v", n, got)
	}
	n = 0
	r.fake.Script(func(pushtest.Message) pushtest.Answer { n++; return pushtest.Answer{Status: 401} })
	if got := r.send(t, to, message()); got.Class != push.Mistaken || n != 2 {
		t.Errorf("after %d tries: %+v", n, got)
	}
}

// A clock that was set right after the signature was cached: RFC 8292 allows 24 h.
func TestWebPushSignsAnewWhenTheCachedSignatureIsStale(t *testing.T) {
	r, _ := webPushRig(t, true)
	to := r.register()
	r.send(t, to, message())
	r.theirs.Advance(13 * time.Hour)
	r.ours.Advance(5 * time.Hour)
	if got := r.send(t, to, message()); got.Class != push.Accepted {
		t.Errorf("got %+v", got)
	}
}

func TestWebPushBoundToAnotherKeyIsMistaken(t *testing.T) {
	r, fake := webPushRig(t, true)
	to := r.register()
	fake.BindVAPID(newKey(t).Public())
	if got := r.send(t, to, message()); got.Class != push.Mistaken {
		t.Errorf("refused by the service: %+v", got)
	}
	fake.BindVAPID("")
	to.VAPIDKey = newKey(t).Public()
	if got := r.send(t, to, message()); got.Class != push.Mistaken || len(r.fake.Messages()) != 0 {
		t.Errorf("known beforehand: %+v", got)
	}
}

// Browsers withdraw the permission from who pushes nothing to show.
func TestNoSilentPushToABrowser(t *testing.T) {
	r, _ := webPushRig(t, true)
	to := r.register()
	for _, endpoint := range []string{
		"https://web.push.apple.com/x", "https://fcm.googleapis.com/fcm/send/x", "https://WNS2-db.notify.windows.com/w/?token=x",
		"https://updates.push.services.mozilla.com/wpush/v2/x",
	} {
		to.Endpoint = endpoint
		m := message()
		m.Silent = true
		if got := r.send(t, to, m); got.Class != push.Payload || to.CanClear() {
			t.Errorf("%s: %+v", endpoint, got)
		}
	}
}

func TestRefusedTokensAreRenewedOnce(t *testing.T) {
	t.Run("fcm", func(t *testing.T) {
		r, fake := fcmRig(t)
		to := r.register()
		r.send(t, to, message())
		fake.Revoke()
		if got := r.send(t, to, message()); got.Class != push.Accepted || fake.Minted() != 2 {
			t.Errorf("%d tokens: %+v", fake.Minted(), got)
		}
		r.fake.Script(func(pushtest.Message) pushtest.Answer { return pushtest.FCMError(401, "", "no") })
		if got := r.send(t, to, message()); got.Class != push.Refused || fake.Minted() != 3 {
			t.Errorf("%d tokens: %+v", fake.Minted(), got)
		}
	})
	t.Run("apns", func(t *testing.T) {
		r, fake := apnsRig(t)
		r.fake.Script(func(pushtest.Message) pushtest.Answer { return pushtest.APNsError(403, "ExpiredProviderToken") })
		for range 10 { // Apple counts new tokens, and refuses more than one in 20 min
			if got := r.send(t, r.register(), message()); got.Class != push.Refused {
				t.Errorf("got %+v", got)
			}
			r.ours.Advance(time.Minute)
			r.theirs.Advance(time.Minute)
		}
		if fake.Bearers() > 2 {
			t.Errorf("%d provider tokens in 10 min", fake.Bearers())
		}
	})
}

// A herd that meets a refused token renews it once, not a hundred times.
func TestHerdSharesOneRenewal(t *testing.T) {
	r, fake := fcmRig(t)
	to := r.register()
	r.send(t, to, message())
	fake.Revoke()
	results := make(chan push.Result)
	for range 50 {
		go func() { results <- r.sender.Send(t.Context(), to, message()) }()
	}
	for range 50 {
		if got := <-results; got.Class != push.Accepted {
			t.Errorf("got %+v", got)
		}
	}
	if fake.Minted() != 2 {
		t.Errorf("%d tokens minted, want 2", fake.Minted())
	}
}

func TestTokenEndpointFaults(t *testing.T) {
	for name, want := range map[string]row{
		"refused":   {pushtest.Answer{Status: 400, Body: `{"error":"invalid_grant"}`}, push.Refused, push.ScopeProvider, 0},
		"forbidden": {pushtest.Answer{Status: 403}, push.Refused, push.ScopeProvider, 0},
		"down":      {pushtest.Answer{Status: 503, Header: map[string]string{"Retry-After": "9"}}, push.Unavailable, push.ScopeProvider, 9 * time.Second},
		"no token":  {pushtest.Answer{Status: 204}, push.Unavailable, push.ScopeProvider, 0},
		"accepted":  {pushtest.Answer{Status: 202, Body: `{"access_token":"x"}`}, push.Unavailable, push.ScopeProvider, 0},
		"too large": {pushtest.Answer{Status: 413}, push.Unavailable, push.ScopeProvider, 0},
		"throttled": {pushtest.Answer{Status: 429}, push.Throttled, push.ScopeProvider, 0},
		"malformed": {pushtest.Answer{Status: 200, Body: `{"access_token":17}`}, push.Unavailable, push.ScopeProvider, 0},
		"empty":     {pushtest.Answer{Status: 200, Body: `{}`}, push.Unavailable, push.ScopeProvider, 0},
		"reset":     {pushtest.Answer{Reset: true}, push.Unavailable, push.ScopeProvider, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r, fake := fcmRig(t)
			fake.ScriptTokens(func() pushtest.Answer { return want.answer })
			got := r.send(t, r.register(), message())
			if got.Class != want.class || got.Scope != want.scope || got.RetryAfter != want.after {
				t.Errorf("got %+v", got)
			}
			fake.ScriptTokens(nil)
			if got := r.send(t, r.register(), message()); got.Class != push.Accepted {
				t.Errorf("after the fault: %+v", got)
			}
		})
	}
}

func TestWrongCredentialsAreRefused(t *testing.T) {
	t.Run("fcm", func(t *testing.T) {
		r, fake := fcmRig(t)
		_, stranger := fcmRig(t)
		creds := string(must[[]byte](t)(stranger.Credentials()))
		creds = strings.ReplaceAll(creds, stranger.URL, fake.URL)
		s := must[*push.FCM](t)(push.NewFCM(push.FCMOptions{Now: r.ours.Now, Credentials: []byte(creds), URL: fake.URL, RootCAs: fake.RootCAs}))
		defer s.Close()
		if got := s.Send(t.Context(), r.register(), message()); got.Class != push.Refused || got.Scope != push.ScopeProvider {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("apns", func(t *testing.T) {
		r, fake := apnsRig(t)
		_, stranger := apnsRig(t)
		s := must[*push.APNs](t)(push.NewAPNs(push.APNsOptions{
			Now: r.ours.Now, Key: must[[]byte](t)(stranger.Key()), KeyID: pushtest.APNsKeyID, TeamID: pushtest.APNsTeamID,
			Topic: pushtest.APNsTopic, URL: fake.URL, RootCAs: fake.RootCAs,
		}))
		defer s.Close()
		if got := s.Send(t.Context(), r.register(), message()); got.Class != push.Refused || got.Reason != "InvalidProviderToken" {
			t.Errorf("got %+v", got)
		}
	})
}

// Apple offers nothing but HTTP/2, and 64 requests share one connection.
func TestAPNsSendsOnlyWhatAppleTakes(t *testing.T) {
	r, _ := apnsRig(t)
	for _, m := range []push.Message{
		{NotificationID: "a", Tag: strings.Repeat("long", 50), Title: "x"},
		{NotificationID: "b", Urgency: push.Low, Title: "x"},
		{NotificationID: "c", Silent: true, Urgency: push.High, Tag: "t"},
		{NotificationID: "d", TTL: -time.Hour, Title: "x"},
	} {
		if got := r.send(t, r.register(), m); got.Class != push.Accepted {
			t.Errorf("%s: %+v", m.NotificationID, got)
		}
	}
}

func TestBadOptionsAreToldAtOnce(t *testing.T) {
	now := newClock().Now
	for name, make := range map[string]func() error{
		"no VAPID key": func() error { _, err := push.NewWebPush(push.WebPushOptions{Now: now}); return err },
		"subject": func() error {
			_, err := push.NewWebPush(push.WebPushOptions{Now: now, Key: newKey(t), Subject: "care@example.org"})
			return err
		},
		"VAPID key":       func() error { _, err := push.ParseVAPIDKey("AAAA"); return err },
		"FCM file":        func() error { _, err := push.NewFCM(push.FCMOptions{Now: now, Credentials: []byte("{")}); return err },
		"FCM empty":       func() error { _, err := push.NewFCM(push.FCMOptions{Now: now, Credentials: []byte("{}")}); return err },
		"APNs key":        func() error { _, err := push.NewAPNs(push.APNsOptions{Now: now, Key: []byte("key")}); return err },
		"APNs without id": func() error { _, err := push.NewAPNs(push.APNsOptions{Now: now}); return err },
	} {
		if err := make(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestVAPIDKeySurvivesStorage(t *testing.T) {
	k := newKey(t)
	again := must[*push.VAPIDKey](t)(push.ParseVAPIDKey(must[string](t)(k.Private())))
	if again.Public() != k.Public() {
		t.Errorf("public key changed from %s to %s", k.Public(), again.Public())
	}
}
