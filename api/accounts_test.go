package api

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"aftercare/models"
	"aftercare/models/storetest"
)

const password = "correct horse battery"

func withEmail(email string) func(object) {
	return func(in object) { in["email"], in["password"] = email, password }
}

func TestSignUpAndIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		w := openWorld(t, database)
		p := w.newPerson(withEmail("Ann@Example.org"))
		phone := object{"name": "second", "platform": "ios"}
		if a := w.call("POST", "/v1/accounts", object{
			"time_zone": "Europe/London", "consent": object{"health_data": true, "version": "1"}, "device": phone,
			"email": "ann@example.org", "password": password,
		}); a.StatusCode != 409 || a.code() != "email-taken" {
			t.Errorf("a taken e-mail: %d %s", a.StatusCode, a.raw)
		}
		second := w.signedIn(w.want(201, w.call("POST", "/v1/devices", object{"email": "ANN@example.org ", "password": password, "device": phone})))
		if second.account != p.account || second.recovery != "" {
			t.Error("signed in to something else")
		}
		third := w.signedIn(w.want(201, w.call("POST", "/v1/devices", object{"recovery_code": strings.ToLower(p.recovery), "device": phone})))
		if third.account != p.account || third.recovery == "" || third.recovery == p.recovery {
			t.Error("the recovery code was not replaced")
		}
		code := text(w.want(201, p.do("POST", "/v1/pairing-codes", nil)).body, "code")
		w.signedIn(w.want(201, w.call("POST", "/v1/devices", object{"pairing_code": code, "device": phone})))
		refusals := []object{
			{"recovery_code": p.recovery}, {"pairing_code": code}, {"email": "ann@example.org", "password": "wrong password"},
			{"email": "bob@example.org", "password": password}, {"recovery_code": "AAAA"},
		}
		for _, in := range refusals {
			in["device"] = phone
			if a := w.call("POST", "/v1/devices", in); a.StatusCode != 401 || a.code() != "credentials-refused" {
				t.Errorf("%v: %d %s", in, a.StatusCode, a.raw)
			}
		}
		for _, in := range []object{{"device": phone}, {"email": "ann@example.org", "device": phone}, {"pairing_code": "x", "recovery_code": "y", "device": phone}} {
			w.want(422, w.call("POST", "/v1/devices", in))
		}
		if n := len(p.do("GET", "/v1/devices", nil).items()); n != 4 {
			t.Errorf("%d devices, want 4", n)
		}
	})
}

func TestRepeatedSignUpOrphansNothing(t *testing.T) {
	w := newWorld(t)
	key := func(in object) { in["account_key"] = strings.Repeat("k", 43) }
	first, again := w.newPerson(key), w.newPerson(key)
	if first.account != again.account || first.token == again.token {
		t.Error("a repeated call made another account")
	}
	w.want(401, first.do("GET", "/v1/account", nil))
	w.want(200, again.do("GET", "/v1/account", nil))
}

func TestTheRegionComesFromTheLocaleOnlyIfItNamesOne(t *testing.T) {
	w := newWorld(t)
	for locale, want := range map[string]string{"de-AT": "AT", "de": "", "en-GB": "GB", "pt-BR": "BR", "es-419": ""} {
		p := w.newPerson(func(in object) { in["locale"] = locale })
		if got := text(p.do("GET", "/v1/account", nil).body, "region"); got != want {
			t.Errorf("%s: region %q, want %q", locale, got, want)
		}
	}
	a := w.call("POST", "/v1/accounts", object{
		"time_zone": "Europe/London", "locale": "not a locale", "consent": object{"health_data": true, "version": "1"},
		"device": object{"name": "x", "platform": "web"},
	})
	w.want(422, a)
}

func TestConsentComesFirst(t *testing.T) {
	w := newWorld(t)
	in := object{"time_zone": "Europe/London", "consent": object{"health_data": false, "version": "1"}, "device": object{"name": "x", "platform": "web"}}
	w.want(422, w.call("POST", "/v1/accounts", in))
	in["consent"] = object{"health_data": true, "version": "banana"}
	w.want(422, w.call("POST", "/v1/accounts", in))
	p := w.newPerson()
	p.session("session-1", 30)
	p.want(204, p.do("DELETE", "/v1/account/consents/health_data", nil))
	for _, c := range [][2]string{{"PUT", "/v1/sessions/session-2"}, {"PATCH", "/v1/sessions/session-1"}} {
		if a := p.do(c[0], c[1], object{"started_at": ago(time.Hour)}); a.StatusCode != 403 || a.code() != "consent-required" {
			t.Errorf("%v without consent: %d %s", c, a.StatusCode, a.raw)
		}
	}
	for _, health := range []object{{"risks": []string{}}, {"risks_open": []string{"keloid"}}, {"uses_minoxidil": true}} {
		if a := p.do("PATCH", "/v1/account", health); a.StatusCode != 403 || a.code() != "consent-required" {
			t.Errorf("%v without consent: %d %s", health, a.StatusCode, a.raw)
		}
	}
	p.want(200, p.do("PATCH", "/v1/account", object{"reminder_time": "08:00"}))
	p.want(200, p.do("GET", "/v1/sessions/session-1", nil))
	p.want(200, p.do("GET", "/v1/account/export", nil))
	p.want(204, p.do("DELETE", "/v1/sessions/session-1", nil)) // it erases
	p.want(204, p.do("DELETE", "/v1/sessions/unknown-1", nil))
	p.want(404, p.do("GET", "/v1/sessions/session-1", nil))
	p.want(422, p.do("PUT", "/v1/account/consents/health_data", object{"version": "banana"}))
	p.want(200, p.do("PUT", "/v1/account/consents/health_data", object{"version": "1"}))
	p.session("session-2", 1)
	if n := len(p.do("GET", "/v1/account/consents", nil).items()); n != 1 {
		t.Errorf("%d consents", n)
	}
	p.want(422, p.do("PUT", "/v1/account/consents/marketing", object{"version": "1"}))
}

// TestStepUp: what cannot be undone needs a fresh sign-in.
func TestStepUp(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson(withEmail("ann@example.org"))
	w.clock.advance(6 * time.Minute)
	calls := []struct {
		method, path string
		body         any
		status       int
	}{
		{"GET", "/v1/account/export", nil, 200},
		{"POST", "/v1/account/recovery-code", nil, 200},
		{"PUT", "/v1/account/password", object{"password": password}, 204},
		{"PATCH", "/v1/account", object{"email": "ann@example.net"}, 200},
		{"DELETE", "/v1/account", nil, 204},
	}
	for _, c := range calls {
		if a := p.do(c.method, c.path, c.body); a.StatusCode != 403 || a.code() != "step-up-required" {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.StatusCode, a.raw)
		}
	}
	p.want(401, p.do("POST", "/v1/devices/current/confirm", object{"password": "wrong"}))
	p.want(422, p.do("POST", "/v1/devices/current/confirm", object{}))
	p.want(204, p.do("POST", "/v1/devices/current/confirm", object{"password": password}))
	for _, c := range calls {
		p.want(c.status, p.do(c.method, c.path, c.body))
	}
	p.want(401, p.do("GET", "/v1/account", nil))
}

// TestPairingIsNoStepUp: a phone that was let in by another is not the owner.
func TestPairingIsNoStepUp(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	code := text(p.do("POST", "/v1/pairing-codes", nil).body, "code")
	second := w.signedIn(w.call("POST", "/v1/devices", object{"pairing_code": code, "device": object{"name": "x", "platform": "web"}}))
	if a := second.do("DELETE", "/v1/account", nil); a.code() != "step-up-required" {
		t.Errorf("%d %s", a.StatusCode, a.raw)
	}
}

func TestTokensRenew(t *testing.T) {
	p := newWorld(t).newPerson()
	old := p.token
	p.token = text(p.want(200, p.do("POST", "/v1/devices/current/token", nil)).body, "token")
	p.want(200, p.call("GET", "/v1/account", nil, "Authorization: Bearer "+old))
	p.want(200, p.do("GET", "/v1/account", nil))
	p.want(401, p.call("GET", "/v1/account", nil, "Authorization: Bearer "+old))
	p.clock.advance(181 * 24 * time.Hour)
	p.want(401, p.do("GET", "/v1/account", nil))
}

func TestSigningOut(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson(withEmail("ann@example.org"))
	second := w.signedIn(w.call("POST", "/v1/devices", object{"email": "ann@example.org", "password": password, "device": object{"name": "x", "platform": "web"}}))
	if p.do("GET", "/v1/devices/current", nil).body["id"] != p.device {
		t.Error("current is another device")
	}
	p.want(204, p.do("DELETE", "/v1/devices/"+second.device, nil))
	p.want(204, p.do("DELETE", "/v1/devices/"+second.device, nil))
	p.want(401, second.do("GET", "/v1/account", nil))
	third := w.signedIn(w.call("POST", "/v1/devices", object{"email": "ann@example.org", "password": password, "device": object{"name": "x", "platform": "web"}}))
	p.want(204, p.do("PUT", "/v1/account/password", object{"password": "another long one", "sign_out_others": true}))
	p.want(401, third.do("GET", "/v1/account", nil))
	p.want(204, p.do("DELETE", "/v1/devices/current", nil))
	p.want(401, p.do("GET", "/v1/account", nil))
}

func TestPushAddresses(t *testing.T) {
	p := newWorld(t).newPerson()
	secret := "https://push.example.org/send/a-long-secret-9f3c"
	a := p.want(200, p.do("PUT", "/v1/devices/current/push", pushAddressOf(secret)))
	if bytes.Contains(a.raw, []byte("a-long-secret")) || text(a.body, "push", "state") != "active" || text(a.body, "push", "token_tail") != "9f3c" {
		t.Errorf("registered: %s", a.raw)
	}
	if export := p.do("GET", "/v1/account/export", nil); bytes.Contains(export.raw, []byte("a-long-secret")) {
		t.Error("the export holds the push address")
	}
	if strings.Contains(p.log.String(), "a-long-secret") {
		t.Error("the log holds the push address")
	}
	bad := p.want(422, p.do("PUT", "/v1/devices/current/push", pushAddressOf("http://127.0.0.1/")))
	if errs, _ := bad.body["errors"].([]any); len(errs) != 1 || text(errs[0], "location") != "body.endpoint" {
		t.Errorf("%s", bad.raw)
	}
	p.want(202, p.do("POST", "/v1/devices/current/push/test", nil))
	p.want(204, p.do("DELETE", "/v1/devices/current/push", nil))
	p.want(204, p.do("DELETE", "/v1/devices/nobody-there/push", nil))
	p.want(404, p.do("PUT", "/v1/devices/nobody-there/push", pushAddressOf(secret)))
	p.want(404, p.do("POST", "/v1/devices/nobody-there/push/test", nil))
	if p.do("GET", "/v1/devices/current", nil).body["push"] != nil {
		t.Error("the address is still there")
	}
}

func TestAccountIsPatched(t *testing.T) {
	p := newWorld(t).newPerson()
	before := p.do("GET", "/v1/account", nil)
	if before.body["risks"] != nil {
		t.Errorf("risks of a new account: %v", before.body["risks"])
	}
	a := p.want(200, p.do("PATCH", "/v1/account", object{
		"risks": []any{"diabetes", object{"code": "keloid", "until": "2027-01-01"}}, "quiet_hours": object{"start": "22:30"},
	}, "If-Match: "+before.Header.Get("ETag")))
	risks, _ := a.body["risks"].([]any)
	if len(risks) != 2 || text(risks[0], "code") != "diabetes" {
		t.Errorf("risks %v", a.body["risks"])
	}
	if text(a.body, "quiet_hours", "start") != "22:30" || text(a.body, "quiet_hours", "end") != "08:00" {
		t.Errorf("quiet hours %v", a.body["quiet_hours"])
	}
	p.want(412, p.do("PATCH", "/v1/account", object{"time_zone": "Europe/Paris"}, "If-Match: "+before.Header.Get("ETag")))
	for _, bad := range []object{
		{"time_zone": "Mars/Olympus"}, {"time_zone": "Local"}, {"time_zone": nil}, {"quiet_hours": object{"start": "25:00"}}, {"risks": []any{"dragons"}},
		{"risks": []any{1}}, {"lock_screen": "loud"}, {"region": "Germany"}, {"locale": "???"}, {"email": "no address"},
	} {
		if a := p.do("PATCH", "/v1/account", bad); a.StatusCode != 422 {
			t.Errorf("%v: %d %s", bad, a.StatusCode, a.raw)
		}
	}
	if got := p.do("GET", "/v1/account", nil).Header.Get("ETag"); got != a.Header.Get("ETag") {
		t.Error("a refused patch changed the account")
	}
}

// TestErasure: nothing of the person answers any more.
func TestErasure(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson(withEmail("ann@example.org"))
	p.session("session-1", 30)
	p.want(204, p.do("DELETE", "/v1/account", nil))
	p.want(401, p.do("GET", "/v1/account", nil))
	phone := object{"name": "x", "platform": "web"}
	w.want(401, w.call("POST", "/v1/devices", object{"email": "ann@example.org", "password": password, "device": phone}))
	w.want(401, w.call("POST", "/v1/devices", object{"recovery_code": p.recovery, "device": phone}))
	w.newPerson(withEmail("ann@example.org"))
}

// TestExportHoldsEverything that the other calls answer.
func TestExportHoldsEverything(t *testing.T) {
	p := newWorld(t).newPerson()
	p.session("session-1", 30)
	p.report("report-01", 5, object{"itch": 2, "note": "by the ear"})
	a := p.want(200, p.do("GET", "/v1/account/export", nil))
	var export map[string]json.RawMessage
	if err := json.Unmarshal(a.raw, &export); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"account", "devices", "consents", "audit", "rollers", "sessions", "reports", "episodes", "warnings", "reminders", "deliveries"} {
		if export[name] == nil {
			t.Errorf("no %s in the export", name)
		}
	}
	for _, word := range []string{"session-1", "report-01", "by the ear"} {
		if !bytes.Contains(a.raw, []byte(word)) {
			t.Errorf("no %q in the export", word)
		}
	}
	if !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
		t.Error("a browser would show it")
	}
}

// TestDevicesAreNamed: what a phone is called can change, what it is cannot.
func TestDevicesAreNamed(t *testing.T) {
	p := newWorld(t).newPerson()
	for field, patch := range map[string]object{
		"body.platform": {"platform": "web"}, "body.name": {"name": nil},
	} {
		a := p.want(422, p.do("PATCH", "/v1/devices/current", patch))
		if errs, _ := a.body["errors"].([]any); len(errs) != 1 || text(errs[0], "location") != field {
			t.Errorf("%v: %s", patch, a.raw)
		}
	}
	p.want(200, p.do("PATCH", "/v1/devices/current", object{"name": "mine", "platform": "android"}))
	p.want(200, p.do("PATCH", "/v1/devices/current", string(p.do("GET", "/v1/devices/current", nil).raw)))
}

// TestAnErasureEndsWhatRuns: a phone that is at work while its account is
// erased has to sign in, and is told nothing else.
func TestAnErasureEndsWhatRuns(t *testing.T) {
	for _, err := range []error{raced(t, func(s *models.Store, account string) error {
		_, _, err := models.Put(context.Background(), s, account, "roller-01", models.Roller{}, models.Write{})
		return err
	}), raced(t, func(s *models.Store, account string) error {
		_, err := s.Account(context.Background(), account)
		return err
	})} {
		if p := problemOf(context.Background(), err); p.Status != 401 || p.Code != "unauthorized" {
			t.Errorf("%v is answered %d %s", err, p.Status, p.Code)
		}
	}
}

// raced is what a call answers that was let through before the erasure.
func raced(t *testing.T, call func(*models.Store, string) error) error {
	t.Helper()
	p := newWorld(t).newPerson()
	p.want(204, p.do("DELETE", "/v1/account", nil))
	return call(p.store, p.account)
}

// TestClearedHealthQuestionsHoldTheGoAhead (RS-14): risks of null were never
// asked, also where they once were answered, and a review to come is none.
func TestClearedHealthQuestionsHoldTheGoAhead(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	rest := func() string { return text(p.want(200, p.do("GET", "/v1/rest", nil)).body, "state") }
	p.want(200, p.do("PATCH", "/v1/account", object{"risks": []string{}}))
	if rest() != "ready" {
		t.Fatal("no risk, no session: not ready")
	}
	a := p.want(200, p.do("PATCH", "/v1/account", object{"risks": nil}))
	if a.body["risks"] != nil || a.body["risks_reviewed_at"] != nil || rest() != "blocked" {
		t.Errorf("cleared: %s, %s", rest(), a.raw)
	}
	a = p.want(200, p.do("PATCH", "/v1/account", object{"risks": []string{}, "risks_reviewed_at": "2090-01-01T00:00:00Z"}))
	if at := text(a.body, "risks_reviewed_at"); at > w.clock.now().UTC().Format(time.RFC3339) || rest() != "ready" {
		t.Errorf("reviewed at %s, %s", at, rest())
	}
}

// TestHealthQuestionsAnsweredAsBeforeWereAnsweredNow: their review is over, and
// is asked for again from now. An account that is sent back whole answers none.
func TestHealthQuestionsAnsweredAsBeforeWereAnsweredNow(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	first := text(p.want(200, p.do("PATCH", "/v1/account", object{"risks": []string{"diabetes"}})).body, "risks_reviewed_at")
	w.clock.advance(91 * 24 * time.Hour)
	w.advanceAll()
	asked := func() int {
		n := 0
		for _, row := range p.want(200, p.do("GET", "/v1/reminders?state=due,sent", nil)).items() {
			if row["kind"] == "risk_review" {
				n++
			}
		}
		return n
	}
	whole := p.want(200, p.do("GET", "/v1/account", nil)).body
	if at := text(p.want(200, p.do("PATCH", "/v1/account", whole)).body, "risks_reviewed_at"); at != first || asked() != 1 {
		t.Errorf("sent back whole: reviewed at %s, not %s; %d asked", at, first, asked())
	}
	a := p.want(200, p.do("PATCH", "/v1/account", object{"risks": []string{"diabetes"}}))
	if at := text(a.body, "risks_reviewed_at"); at != w.clock.now().UTC().Format(time.RFC3339) || asked() != 0 {
		t.Errorf("answered again: reviewed at %s, %d asked", at, asked())
	}
}
