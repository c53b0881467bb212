package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aftercare/models/texts"

	"github.com/andybalholm/brotli"
)

// TestLongAnswersAreCompressed as tightly as the client accepts, and short ones never.
func TestLongAnswersAreCompressed(t *testing.T) {
	w := newWorld(t)
	plain := w.want(200, w.call("GET", "/v1/knowledge", nil))
	for accepted, encoding := range map[string]string{
		"gzip": "gzip", "br": "br", "gzip, br": "br", "gzip;q=0, br;q=0": "", "deflate": "", "identity": "",
	} {
		a := w.call("GET", "/v1/knowledge", nil, "Accept-Encoding: "+accepted)
		if got := a.Header.Get("Content-Encoding"); got != encoding {
			t.Errorf("%s: encoded as %q, want %q", accepted, got, encoding)
			continue
		}
		if !strings.Contains(strings.Join(a.Header.Values("Vary"), ","), "Accept-Encoding") {
			t.Errorf("%s: Vary is %q", accepted, a.Header.Values("Vary"))
		}
		if got := unpacked(t, encoding, a.raw); !bytes.Equal(got, plain.raw) {
			t.Errorf("%s: another body of %d bytes", accepted, len(got))
		}
	}
	if a := w.call("GET", "/livez", nil, "Accept-Encoding: gzip"); a.Header.Get("Content-Encoding") != "" {
		t.Error("a short answer is compressed")
	}
}

func unpacked(t testing.TB, encoding string, raw []byte) []byte {
	t.Helper()
	var r io.Reader = bytes.NewReader(raw)
	var err error
	switch encoding {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "br":
		r = brotli.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestUnchangedAnswersAreNotSentAgain: an ETag changes with the answer, and
// only then.
func TestUnchangedAnswersAreNotSentAgain(t *testing.T) {
	p := newWorld(t).newPerson()
	p.session("session-1", 50)
	for _, path := range []string{"/v1/rest", "/v1/plan", "/v1/warnings", "/v1/reminders", "/v1/knowledge", "/v1/catalogue", "/openapi.json", "/openapi.yaml"} {
		first := p.want(200, p.do("GET", path, nil))
		tag := first.Header.Get("ETag")
		for _, condition := range []string{tag, "*", `"other", ` + tag, strings.TrimPrefix(tag, "W/")} {
			again := p.want(304, p.do("GET", path, nil, "If-None-Match: "+condition))
			if len(again.raw) > 0 || again.Header.Get("ETag") != tag {
				t.Errorf("%s: 304 with %d bytes and the ETag %q", path, len(again.raw), again.Header.Get("ETag"))
			}
			if vary := again.Header.Get("Vary"); vary != first.Header.Get("Vary") {
				t.Errorf("%s: 304 varies by %q, 200 by %q", path, vary, first.Header.Get("Vary"))
			}
		}
		p.want(200, p.do("GET", path, nil, `If-None-Match: W/"other"`))
		if packed := p.do("GET", path, nil, "Accept-Encoding: gzip"); packed.Header.Get("ETag") != tag {
			t.Errorf("%s: another ETag when compressed", path)
		}
	}
	before := p.do("GET", "/v1/warnings", nil).Header.Get("ETag")
	p.report("report-01", 1, object{"discharge": []string{"yellow_green"}})
	if a := p.want(200, p.do("GET", "/v1/warnings", nil, "If-None-Match: "+before)); len(a.items()) == 0 {
		t.Error("no warning")
	}
	german := p.want(200, p.do("GET", "/v1/warnings", nil, "Accept-Language: de", "If-None-Match: "+p.do("GET", "/v1/warnings", nil).Header.Get("ETag")))
	if german.Header.Get("Content-Language") != "de" || !strings.Contains(german.Header.Get("Vary"), "Accept-Language") {
		t.Errorf("German: %v", german.Header)
	}
}

// TestTheCatalogueForecastsByTheRules of rest and rollers (PG-14).
func TestTheCatalogueForecastsByTheRules(t *testing.T) {
	p := newWorld(t).newPerson()
	var got struct {
		Expectations texts.Expectations
	}
	if err := json.Unmarshal(p.want(200, p.do("GET", "/v1/catalogue", nil)).raw, &got); err != nil {
		t.Fatal(err)
	}
	want := map[float64][2]int{0.25: {68, 7}, 0.5: {19, 2}, 1: {13, 3}, 1.5: {10, 10}}
	for _, f := range got.Expectations.ByNeedle {
		if want[f.NeedleMM] != [2]int{f.Sessions, f.Rollers} || !strings.Contains(f.Text, strconv.Itoa(f.Sessions)) {
			t.Errorf("%+v, want %v", f, want[f.NeedleMM])
		}
		delete(want, f.NeedleMM)
	}
	if len(want) > 0 {
		t.Errorf("no forecast for %v", want)
	}
}

// TestHeadIsGetWithoutBody wherever GET works.
func TestHeadIsGetWithoutBody(t *testing.T) {
	p := newWorld(t).newPerson()
	p.session("session-1", 50)
	for _, path := range []string{"/livez", "/v1/account", "/v1/rest", "/v1/sessions", "/v1/sessions/session-1", "/openapi.json", "/docs", "/"} {
		get, head := p.do("GET", path, nil), p.do("HEAD", path, nil)
		if head.StatusCode != 200 || len(head.raw) > 0 || head.Header.Get("Content-Length") != get.Header.Get("Content-Length") || head.Header.Get("ETag") != get.Header.Get("ETag") {
			t.Errorf("%s: %d, %d bytes, %v", path, head.StatusCode, len(head.raw), head.Header)
		}
	}
	p.want(404, p.do("HEAD", "/v1/sessions/unknown-1", nil))
	p.want(405, p.do("HEAD", "/v1/receipts", nil))
	if allow := p.do("PUT", "/v1/meta", nil).Header.Get("Allow"); !strings.Contains(allow, "HEAD") {
		t.Errorf("Allow is %q", allow)
	}
}

// TestListsAreFiltered by what they name, and never silently by nothing.
func TestListsAreFiltered(t *testing.T) {
	p := newWorld(t).newPerson()
	p.session("session-1", 30*24)
	p.session("session-2", 50)
	p.report("report-01", 29*24, object{"itch": 1})
	p.report("report-02", 40, object{"itch": 1})
	p.want(201, p.do("PUT", "/v1/rollers/roller-01", object{"name": "mine"}))
	p.want(201, p.do("PUT", "/v1/rollers/roller-02", object{"state": "discarded"}))
	for target, want := range map[string]string{
		"/v1/reports?session_id=session-1":         "report-01",
		"/v1/rollers?state=in_use":                 "roller-01",
		"/v1/rollers?state=discarded":              "roller-02",
		"/v1/rollers?state=in_use,discarded":       "roller-02 roller-01",
		"/v1/episodes?state=void,closed&limit=200": "",
	} {
		var got []string
		for _, row := range p.want(200, p.do("GET", target, nil)).items() {
			got = append(got, text(row, "id"))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", target, got, want)
		}
	}
	states := map[any]bool{}
	for _, row := range p.want(200, p.do("GET", "/v1/reminders?state=due,scheduled&limit=200", nil)).items() {
		states[row["state"]] = true
	}
	if len(states) != 2 || !states["due"] || !states["scheduled"] {
		t.Errorf("due and scheduled: %v", states)
	}
	if a := p.do("GET", "/v1/reminders?state=acknowledged&state=due", nil); a.StatusCode != 422 || !strings.Contains(string(a.raw), `"query.state"`) {
		t.Errorf("a filter given twice: %d %s", a.StatusCode, a.raw)
	}
	for _, target := range []string{"/v1/reports?limt=1", "/v1/sessions?state=active", "/v1/rollers?session_id=x", "/v1/rollers?state=lost", "/v1/meta?verbose=1"} {
		p.want(422, p.do("GET", target, nil))
	}
}

// TestASubscriptionIsTakenAsTheBrowserGivesIt, expirationTime included.
func TestASubscriptionIsTakenAsTheBrowserGivesIt(t *testing.T) {
	p := newWorld(t).newPerson()
	subscription := pushAddressOf("https://push.example.org/a")
	subscription["expirationTime"] = nil
	p.want(200, p.do("PUT", "/v1/devices/current/push", subscription))
	delete(subscription, "transport")
	if a := p.want(200, p.do("PUT", "/v1/devices/current/push", subscription)); text(a.body, "push", "transport") != "webpush" {
		t.Errorf("without transport: %s", a.raw)
	}
	for _, wrong := range []object{
		{"transport": "fcm"}, {"transport": "apns", "token": "x"}, {"transport": "pigeon", "token": "x"}, {"token": "x"},
		{"transport": "fcm", "token": "x", "endpoint": "https://push.example.org"},
		{"transport": "fcm", "token": strings.Repeat("t", 40), "destination": "apns"}, {"transport": "fcm", "token": strings.Repeat("t", 40), "vapid_key": "x"},
	} {
		p.want(422, p.do("PUT", "/v1/devices/current/push", wrong))
	}
}

// TestNullGoesBackToTheDefault, and a part changes only what it names.
func TestNullGoesBackToTheDefault(t *testing.T) {
	p := newWorld(t).newPerson()
	fresh := p.do("GET", "/v1/account", nil).body
	p.want(200, p.do("PATCH", "/v1/account", object{"notify": object{"check_in": false}, "reminder_time": "10:30", "lock_screen": "detailed"}))
	a := p.want(200, p.do("PATCH", "/v1/account", object{"notify": object{"progress": false}, "quiet_hours": object{"start": "22:00"}}))
	for field, want := range map[string]any{
		"notify.check_in": false, "notify.progress": false, "notify.rest_over": true, "quiet_hours.start": "22:00", "quiet_hours.end": "08:00",
	} {
		if got, _ := valueAt(a.body, field); got != want {
			t.Errorf("%s is %v, want %v", field, got, want)
		}
	}
	back := p.want(200, p.do("PATCH", "/v1/account", object{"notify": nil, "quiet_hours": nil, "reminder_time": nil, "lock_screen": nil}))
	for _, field := range []string{"notify", "quiet_hours", "reminder_time", "lock_screen"} {
		if string(encoded(t, back.body[field])) != string(encoded(t, fresh[field])) {
			t.Errorf("%s is %v, was %v at first", field, back.body[field], fresh[field])
		}
	}
	p.want(422, p.do("PATCH", "/v1/account", object{"time_zone": nil}))
}

// TestPagesForPeople: what a browser asks for by itself is there.
func TestPagesForPeople(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.CORSOrigins = []string{"https://app.example.org"} })
	for path, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/favicon.ico": "image/png", "/robots.txt": "text/plain; charset=utf-8",
		"/docs/style.css": "text/css; charset=utf-8", "/openapi.yaml": "application/openapi+yaml",
	} {
		if a := w.want(200, w.call("GET", path, nil)); a.Header.Get("Content-Type") != kind || len(a.raw) == 0 {
			t.Errorf("%s is %s", path, a.Header.Get("Content-Type"))
		}
	}
	ways, err := os.ReadFile("../app/src/routes.tsx")
	if err != nil {
		t.Fatal(err)
	}
	screen, led := strings.CutPrefix(w.want(302, w.call("GET", "/.well-known/change-password", nil)).Header.Get("Location"), "/app/")
	if !led || !strings.Contains(string(ways), "'/"+screen+"'") {
		t.Errorf("passwords are changed at %q, which is no screen of the app", screen)
	}
	asked := w.call("OPTIONS", "/v1/sync/rollers/push", nil, "Origin: https://app.example.org", "Access-Control-Request-Method: POST")
	allowed := strings.Split(asked.Header.Get("Access-Control-Allow-Headers"), ",")
	for _, name := range []string{"Authorization", "If-Match", "Client-Time", "Push-Number", "Last-Event-ID"} {
		if !slices.Contains(allowed, name) {
			t.Errorf("browsers may send %v, and no %s", allowed, name)
		}
	}
	exposed := w.call("GET", "/v1/meta", nil, "Origin: https://app.example.org").Header.Get("Access-Control-Expose-Headers")
	if !strings.Contains(exposed, "Location") {
		t.Errorf("browsers may read %s", exposed)
	}
}

// TestNothingOfYesterdayIsUpcoming: also where quiet hours keep what is due from
// being sent.
func TestNothingOfYesterdayIsUpcoming(t *testing.T) {
	p := newWorld(t).newPerson()
	p.clock.advance(13*time.Hour + 30*time.Minute) // 22:30 in London
	p.want(201, p.do("PUT", "/v1/sessions/session-1", object{"started_at": ago(40 * time.Hour), "needle_mm": 0.5}))
	now := p.clock.now().Format(time.RFC3339)
	steps, _ := p.want(200, p.do("GET", "/v1/plan", nil)).body["items"].([]any)
	past := 0
	for _, step := range steps {
		if text(step, "due_at") <= now {
			past++
			if text(step, "state") == "upcoming" {
				t.Errorf("at %s still upcoming: %v", now, step)
			}
		}
	}
	if past == 0 {
		t.Error("no step of the past: nothing is tested")
	}
	if next := text(p.do("GET", "/v1/rest", nil).body, "next_reminder_at"); next <= now {
		t.Errorf("at %s the next reminder is at %q", now, next)
	}
}
