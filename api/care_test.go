package api

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"aftercare/models/storetest"
	"aftercare/models/texts"
)

// TestFromSessionToClearance is the main job over HTTP: a session, a scalp
// that does not calm down, the warning after a week, the doctor, the way back.
func TestFromSessionToClearance(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := openWorld(t, database).newPerson()
		if rest := p.do("GET", "/v1/rest", nil); rest.body["state"] != "blocked" { // RS-14
			t.Errorf("before the health questions: %s", rest.raw)
		}
		p.do("PATCH", "/v1/account", object{"risks": []any{}})
		if rest := p.do("GET", "/v1/rest", nil); rest.body["state"] != "ready" || rest.body["until"] != nil {
			t.Errorf("before the first session: %s", rest.raw)
		}
		p.session("session-1", 169)
		first := p.report("report-01", 100, object{"erythema": 2, "itch": 3})
		if tier := text(first.body, "assessment", "tier"); tier == "expected" {
			t.Errorf("judged %s", first.raw)
		}
		if text(first.body, "session_id") != "session-1" || text(first.body, "episode_id") == "" {
			t.Errorf("belongs to nothing: %s", first.raw)
		}
		if text(first.body, "assessment", "message") == "" || len(at(first.body, "assessment", "get_help_if").([]any)) == 0 {
			t.Errorf("without words: %s", first.raw)
		}
		active := p.do("GET", "/v1/warnings?state=active", nil).items()
		if len(active) != 1 || active[0]["tier"] != "doctor_soon" || text(active[0], "rule") != "DS-01" || text(active[0], "title") == "" {
			t.Fatalf("warnings %v", active)
		}
		rest := p.do("GET", "/v1/rest", nil)
		if blocks, _ := rest.body["blocked_by"].([]any); rest.body["state"] != "blocked" || len(blocks) == 0 || text(blocks[0], "message") == "" {
			t.Errorf("with an active warning: %s", rest.raw)
		}
		id := text(active[0], "id")
		acked := p.want(200, p.do("POST", "/v1/warnings/"+id+"/acknowledge", object{"action": "booked"}))
		if acked.body["state"] != "acknowledged" || text(acked.body, "acknowledged_at") == "" {
			t.Errorf("acknowledged: %s", acked.raw)
		}
		p.want(422, p.do("POST", "/v1/warnings/"+id+"/acknowledge", object{"action": "shrugged"}))
		p.want(422, p.do("POST", "/v1/episodes/"+text(first.body, "episode_id")+"/clinician", object{"outcome": "healed"}))
		p.want(412, p.do("POST", "/v1/episodes/"+text(first.body, "episode_id")+"/clinician", object{"outcome": "cleared"}, `If-Match: "v99"`))
		p.want(200, p.do("POST", "/v1/episodes/"+text(first.body, "episode_id")+"/clinician", object{"outcome": "cleared"}))
		p.clock.advance(time.Minute)
		calm := object{"observed_at": p.clock.now().Format(time.RFC3339), "calm": true}
		p.want(201, p.do("PUT", "/v1/reports/report-02", calm))
		if w := p.do("GET", "/v1/warnings/"+id, nil); w.body["state"] != "resolved" {
			t.Errorf("after a calm report: %s", w.raw)
		}
	})
}

// Contract, session_id: by default the latest session before the report, within 60
// days; so it follows when the report's time is corrected. Another that was named
// stays.
func TestACorrectedTimeChangesTheSession(t *testing.T) {
	p := newWorld(t).newPerson()
	p.session("session-1", 20*24)
	p.session("session-2", 5*24)
	p.report("report-01", 100, object{"itch": 1})
	p.report("report-02", 100, object{"itch": 1, "session_id": "session-1"})
	of := func(id string, h float64) string {
		return text(p.want(200, p.do("PATCH", "/v1/reports/"+id, object{"observed_at": ago(hours(h))})).body, "session_id")
	}
	for _, c := range []struct {
		h    float64
		want string
	}{{15 * 24, "session-1"}, {25 * 24, ""}, {90, "session-2"}} {
		if got := of("report-01", c.h); got != c.want {
			t.Errorf("%v h ago: %q, want %q", c.h, got, c.want)
		}
	}
	if got := of("report-02", 90); got != "session-1" {
		t.Errorf("named: %q", got)
	}
}

// TestNumbersToCall: the emergency number is that of the region, and none is
// invented for a region that is not known.
func TestNumbersToCall(t *testing.T) {
	w := newWorld(t)
	advice := map[string]any{"en-GB": "111", "de-DE": "116117"}
	for locale, want := range map[string]any{"en-GB": "999", "en-US": "911", "de-DE": "112", "en": nil} {
		p := w.newPerson(func(in object) { in["locale"] = locale })
		p.session("session-1", 24)
		a := p.report("report-01", 1, object{"alarm": []string{"breathing_difficulty"}})
		if at(a.body, "assessment", "tier") != "emergency" || at(a.body, "assessment", "emergency_number") != want {
			t.Errorf("%s: %v", locale, a.body["assessment"])
		}
		for _, warning := range p.do("GET", "/v1/warnings", nil).items() {
			if at(warning, "emergency_number") != want || at(warning, "advice_number") != advice[locale] {
				t.Errorf("%s: the warning names %v and %v", locale, at(warning, "emergency_number"), at(warning, "advice_number"))
			}
		}
		if n, ok := want.(string); ok && !strings.Contains(text(a.body, "assessment", "message"), n) {
			t.Errorf("%s: the message does not name %s: %s", locale, n, text(a.body, "assessment", "message"))
		}
	}
}

// TestRemindersFromTheScreen: the action token of a push acknowledges and
// snoozes its own reminder and opens nothing else.
func TestRemindersFromTheScreen(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	p.want(200, p.do("PUT", "/v1/devices/current/push", pushAddressOf("https://push.example.org/x")))
	p.session("session-1", 169)
	p.report("report-01", 1, object{"erythema": 2, "discharge": []string{"thick"}})
	ctx := context.Background()
	claims, err := w.store.ClaimDeliveries(ctx, 10, time.Minute, nil)
	if err != nil || len(claims) == 0 {
		t.Fatalf("nothing to send: %v %v", claims, err)
	}
	claim := claims[0]
	if refusal, err := w.store.StillWanted(ctx, &claim); err != nil || refusal != nil || claim.ActionToken == "" {
		t.Fatalf("not to be sent: %v %v", refusal, err)
	}
	own := "/v1/reminders/" + claim.ReminderID
	var other string
	for _, r := range p.do("GET", "/v1/reminders", nil).items() {
		if r["id"] != claim.ReminderID {
			other = "/v1/reminders/" + text(r, "id")
		}
	}
	auth := "Authorization: Bearer " + claim.ActionToken
	w.want(404, w.call("POST", other+"/acknowledge", nil, auth))
	w.want(401, w.call("GET", own, nil, auth))
	w.want(401, w.call("GET", "/v1/account", nil, auth))
	w.want(401, w.call("POST", own+"/acknowledge", nil, auth+"x"))
	until := start.Add(3 * time.Hour).Format(time.RFC3339)
	snoozed := w.want(200, w.call("POST", own+"/snooze", object{"until": until}, auth))
	if snoozed.body["state"] != "snoozed" || snoozed.body["snoozed_until"] != until {
		t.Errorf("snoozed: %s", snoozed.raw)
	}
	w.want(422, w.call("POST", own+"/snooze", object{"until": ago(0)}, auth))
	for i := range 4 {
		w.want(200, w.call("POST", own+"/snooze", object{"until": start.Add(time.Duration(i+4) * time.Hour).Format(time.RFC3339)}, auth))
	}
	if a := w.call("POST", own+"/snooze", object{"until": start.Add(9 * time.Hour).Format(time.RFC3339)}, auth); a.code() != "snooze-limit" || a.StatusCode != 422 {
		t.Errorf("a sixth snooze: %d %s", a.StatusCode, a.raw)
	}
	for range 2 {
		if a := w.want(200, w.call("POST", own+"/acknowledge", nil, auth)); a.body["state"] != "acknowledged" {
			t.Errorf("acknowledged: %s", a.raw)
		}
	}
	w.clock.advance(49 * time.Hour)
	w.want(401, w.call("POST", own+"/acknowledge", nil, auth))
}

// TestPatchesFromManyPhones: none overwrites another, though none says which
// version it knows.
func TestPatchesFromManyPhones(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := openWorld(t, database).newPerson()
		p.want(201, p.do("PUT", "/v1/rollers/roller-01", object{"name": "mine"}))
		changes := []object{{"name": "ours"}, {"material": "steel"}, {"notes": "new"}, {"needle_mm": 0.5}}
		var wg sync.WaitGroup
		for _, change := range changes {
			wg.Go(func() {
				if a := p.do("PATCH", "/v1/rollers/roller-01", change); a.StatusCode != http.StatusOK {
					t.Errorf("%v: %d %s", change, a.StatusCode, a.raw)
				}
			})
		}
		wg.Wait()
		a := p.do("GET", "/v1/rollers/roller-01", nil)
		for _, change := range changes {
			for field, want := range change {
				if a.body[field] != want {
					t.Errorf("%s is %v, want %v", field, a.body[field], want)
				}
			}
		}
		if a.Header.Get("ETag") != `"v5"` {
			t.Errorf("four edits made %s", a.Header.Get("ETag"))
		}
	})
}

// TestShutdownFinishesWhatRuns: it stops accepting and waits for the answer
// that is under way.
func TestShutdownFinishesWhatRuns(t *testing.T) {
	w := newWorld(t)
	entered, release := make(chan bool), make(chan bool)
	w.app.Get("/slow", func(c *fiber.Ctx) error {
		close(entered)
		<-release
		return c.SendString("done")
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served, answered, stopped := make(chan error, 1), make(chan string, 1), make(chan error, 1)
	go func() { served <- w.app.Listener(l) }()
	go func() {
		var body bytes.Buffer
		res, err := http.Get("http://" + l.Addr().String() + "/slow")
		if err == nil {
			_, err = body.ReadFrom(res.Body)
			err = errorsOf(err, res.Body.Close())
		}
		answered <- fmt.Sprint(body.String(), err)
	}()
	<-entered
	go func() { stopped <- w.app.ShutdownWithContext(context.Background()) }()
	close(release)
	if got := <-answered; got != "done<nil>" {
		t.Errorf("the running request was answered %q", got)
	}
	if err := errorsOf(<-stopped, <-served); err != nil {
		t.Error(err)
	}
	if _, err := net.DialTimeout("tcp", l.Addr().String(), time.Second); err == nil {
		t.Error("still accepts")
	}
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestNotReady(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Ready = func(context.Context) Readiness { return Readiness{Database: "does not answer", Migrations: "unknown"} }
	})
	if a := w.want(503, w.call("GET", "/readyz", nil)); a.body["database"] != "does not answer" {
		t.Errorf("%s", a.raw)
	}
	w.want(200, w.call("GET", "/livez", nil))
}

// TestTooSlow: what runs out of time is an overload, not a fault.
func TestTooSlow(t *testing.T) {
	p := problemOf(context.Background(), fmt.Errorf("read: %w", context.DeadlineExceeded))
	if p.Status != 503 || p.Code != "overloaded" || p.GetHeaders().Get("Retry-After") != "1" {
		t.Errorf("%+v", p)
	}
}

// TestOneTapFromTheScreen (RM-04, RM-14): a warning that silence raised for a late
// report comes a minute later; its action token says that nothing is left, once.
func TestOneTapFromTheScreen(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	ctx := context.Background()
	p.want(200, p.do("PUT", "/v1/devices/current/push", pushAddressOf("https://push.example.org/x")))
	p.session("session-1", 169)
	first := p.report("report-01", 100, object{"erythema": 2})
	if ids := at(first.body, "warning_ids").([]any); len(ids) != 1 {
		t.Errorf("the report raised %v", ids)
	}
	w.clock.advance(2 * time.Minute)
	w.advanceAll()
	claims, err := w.store.ClaimDeliveries(ctx, 10, time.Minute, nil)
	if err != nil || len(claims) == 0 {
		t.Fatalf("to be sent: %v %v", claims, err)
	}
	if refusal, err := w.store.StillWanted(ctx, &claims[0]); err != nil || refusal != nil || !claims[0].OneTap {
		t.Fatalf("not to be sent: %v %v", refusal, err)
	}
	own, auth := "/v1/reminders/"+claims[0].ReminderID, "Authorization: Bearer "+claims[0].ActionToken
	w.want(401, w.call("POST", own+"/calm", nil, auth+"x"))
	for range 2 {
		if a := w.want(200, w.call("POST", own+"/calm", nil, auth)); a.body["state"] != "acknowledged" {
			t.Errorf("answered %s", a.raw)
		}
	}
	if rows := p.do("GET", "/v1/reports", nil).items(); len(rows) != 2 {
		t.Errorf("%d reports", len(rows))
	}
	if rows := p.do("GET", "/v1/warnings", nil).items(); len(rows) != 1 || rows[0]["state"] != "resolved" {
		t.Errorf("warnings %v", rows)
	}
}

// TestTheEarlierWarningIsSaid (RM-09): a calmer answer says of which day the warning
// is that still stands, in the person's zone and language.
func TestTheEarlierWarningIsSaid(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	p.session("session-1", 30)
	raised := p.report("report-01", 1, object{"discharge": []string{"yellow_green"}})
	calm := object{"observed_at": p.clock.now().Format(time.RFC3339), "calm": true}
	for language, word := range map[string]string{"en": "still stands", "de": "gilt"} {
		a := p.do("PUT", "/v1/reports/report-02", calm, "Accept-Language: "+language)
		standing, _ := at(a.body, "assessment", "standing").([]any)
		if len(standing) != 1 || standing[0] != at(raised.body, "warning_ids").([]any)[0] {
			t.Fatalf("standing %v", standing)
		}
		if title := text(a.body, "assessment", "title"); !strings.Contains(title, word) {
			t.Errorf("the title in %s is %q", language, title)
		}
		if day := texts.For(language).Day(start.In(raisedZone(p))); !strings.Contains(text(a.body, "assessment", "message"), day) {
			t.Errorf("the message in %s names no %s: %s", language, day, text(a.body, "assessment", "message"))
		}
	}
}

// raisedZone is the person's zone.
func raisedZone(p *person) *time.Location {
	p.Helper()
	zone, err := time.LoadLocation(text(p.do("GET", "/v1/account", nil).body, "time_zone"))
	if err != nil {
		p.Fatal(err)
	}
	return zone
}

// TestProgressIsItsOwn (PG-15): a value that its scale does not have is 422.
func TestProgressIsItsOwn(t *testing.T) {
	p := newWorld(t).newPerson()
	p.want(201, p.do("PUT", "/v1/progress/progress-1", object{"on": "2026-11-20", "scale": "salt", "value": 35, "change": -1}))
	p.want(422, p.do("PATCH", "/v1/progress/progress-1", object{"scale": "ludwig"}))
	p.want(422, p.do("PUT", "/v1/progress/progress-2", object{"on": "2030-01-01", "change": 1}))
	if rows := p.do("GET", "/v1/progress", nil).items(); len(rows) != 1 || rows[0]["value"] != 35.0 || rows[0]["by"] != "self" {
		t.Errorf("listed %v", rows)
	}
}

// TestWhatAccountsSayOfHair (14.5): hair_loss and the answer about fewer questions.
func TestWhatAccountsSayOfHair(t *testing.T) {
	p := newWorld(t).newPerson()
	a := p.want(200, p.do("PATCH", "/v1/account", object{"hair_loss": object{"type": "traction", "tight_styles": true}, "fewer_questions": true}))
	if text(a.body, "hair_loss", "told_by") != "self" || a.body["fewer_questions"] != true {
		t.Errorf("kept as %s", a.raw)
	}
	p.want(422, p.do("PATCH", "/v1/account", object{"hair_loss": object{"type": "balding"}}))
	if a := p.want(200, p.do("PATCH", "/v1/account", object{"hair_loss": nil})); a.body["hair_loss"] != nil {
		t.Errorf("cleared: %s", a.raw)
	}
}

// TestIntendedUseIsSaidEverywhere (14.6): in the same words wherever somebody may
// look first.
func TestIntendedUseIsSaidEverywhere(t *testing.T) {
	p := newWorld(t).newPerson()
	said := map[string]bool{}
	for _, path := range []string{"/v1/meta", "/v1/knowledge", "/v1/catalogue"} {
		said[text(p.do("GET", path, nil).body, "intended_use")] = true
	}
	if len(said) != 1 || said[""] {
		t.Errorf("said: %v", said)
	}
}

// A risk question that is left open is no "no" (RS-14): the answers that were
// given count, and there is no go-ahead until the last one is answered.
func TestOpenRiskQuestionsHoldTheGoAhead(t *testing.T) {
	p := newWorld(t).newPerson()
	p.want(200, p.do("PATCH", "/v1/account", object{"risks": []string{"diabetes"}, "risks_open": []string{"keloid"}}))
	rules := func() string {
		return string(p.want(200, p.do("GET", "/v1/rest", nil)).raw)
	}
	if a := p.do("GET", "/v1/account", nil); a.body["risks_reviewed_at"] != nil || len(a.body["risks"].([]any)) != 1 || !strings.Contains(rules(), `"RS-14"`) {
		t.Errorf("with an open question: %s\n%s", a.raw, rules())
	}
	report := p.want(201, p.do("PUT", "/v1/reports/report-1", object{"observed_at": ago(time.Hour), "itch": 1}))
	if assessment := report.body["assessment"].(object); assessment["at_risk"] != true {
		t.Errorf("the risk that was told does not count: %s", report.raw)
	}
	p.want(422, p.do("PATCH", "/v1/account", object{"risks_open": []string{"balding"}}))
	a := p.want(200, p.do("PATCH", "/v1/account", object{"risks_open": []string{}}))
	if a.body["risks_reviewed_at"] == nil || strings.Contains(rules(), `"RS-14"`) {
		t.Errorf("all answered: %s\n%s", a.raw, rules())
	}
}
