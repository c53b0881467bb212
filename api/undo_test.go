package api

import (
	"context"
	"net/http"
	"testing"
	"time"

	"aftercare/models"
)

// told is a person whose phone has just shown a warning, with the path of its
// reminder and what its push carried.
func told(t *testing.T) (p *person, reminder, action string) {
	t.Helper()
	w := newWorld(t)
	p = w.newPerson()
	p.want(200, p.do("PUT", "/v1/devices/current/push", pushAddressOf("https://push.example.org/x")))
	p.session("session-1", 169)
	p.report("report-01", 1, object{"erythema": 2, "discharge": []string{"thick"}})
	ctx := context.Background()
	claims, err := w.store.ClaimDeliveries(ctx, 10, time.Minute, nil)
	if err != nil || len(claims) == 0 {
		t.Fatalf("nothing to send: %v %v", claims, err)
	}
	if refusal, err := w.store.StillWanted(ctx, &claims[0]); err != nil || refusal != nil {
		t.Fatalf("not to be sent: %v %v", refusal, err)
	}
	if err := w.store.Settle(ctx, &claims[0], models.Outcome{State: models.DeliveryAccepted}); err != nil {
		t.Fatal(err)
	}
	return p, "/v1/reminders/" + claims[0].ReminderID, "Authorization: Bearer " + claims[0].ActionToken
}

// others are the person's reminders but this one.
func (p *person) others(reminder string) (out []string) {
	for _, r := range p.do("GET", "/v1/reminders", nil).items() {
		if path := "/v1/reminders/" + text(r, "id"); path != reminder {
			out = append(out, path)
		}
	}
	return out
}

// TestTapsAreTakenBack: the phone that tapped, and the notification itself, take an
// acknowledgement and a snooze back, once or again; nobody else does.
func TestTapsAreTakenBack(t *testing.T) {
	p, own, auth := told(t)
	stranger := p.newPerson()
	before := p.want(200, p.do("GET", own, nil))
	warning := func() string { return text(p.do("GET", "/v1/warnings", nil).items()[0], "state") }
	later := object{"until": start.Add(3 * time.Hour).Format(time.RFC3339)}
	for tap, c := range map[string]struct {
		undo string
		body any
	}{"/acknowledge": {"/acknowledgement", nil}, "/snooze": {"/snooze", later}} {
		for who, call := range map[string]func(method, path string, body any) answer{
			"the phone":        func(method, path string, body any) answer { return p.do(method, path, body) },
			"the notification": func(method, path string, body any) answer { return p.call(method, path, body, auth) },
		} {
			p.want(200, call("POST", own+tap, c.body))
			tapped := text(p.do("GET", own, nil).body, "state")
			p.want(204, stranger.do("DELETE", own+c.undo, nil))
			if state := text(p.do("GET", own, nil).body, "state"); state != tapped || state == "sent" {
				t.Errorf("%s: after a stranger's call it is %s, was %s", tap, state, tapped)
			}
			for range 2 {
				p.want(204, call("DELETE", own+c.undo, nil))
			}
			after := p.want(200, p.do("GET", own, nil))
			for _, field := range []string{"state", "expires_at", "snoozed_until", "acknowledged_at", "reason"} {
				if after.body[field] != before.body[field] {
					t.Errorf("%s, taken back by %s: %s is %v, was %v", tap, who, field, after.body[field], before.body[field])
				}
			}
			if state := warning(); state != "active" {
				t.Errorf("%s, taken back by %s: the warning is %s", tap, who, state)
			}
		}
	}
	for _, undo := range []string{"/acknowledgement", "/snooze"} {
		p.want(204, p.do("DELETE", "/v1/reminders/unknown-1"+undo, nil))
		p.want(401, p.call("DELETE", own+undo, nil))
		p.want(401, p.call("DELETE", own+undo, nil, auth+"x"))
		for _, other := range p.others(own) {
			p.want(404, p.call("DELETE", other+undo, nil, auth))
		}
	}
	p.clock.advance(49 * time.Hour)
	p.want(401, p.call("DELETE", own+"/acknowledgement", nil, auth))
}

// TestATapIsTakenBackInTime: what has expired, or what a report has answered, is
// refused with its reason.
func TestATapIsTakenBackInTime(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	p.session("session-1", 1)
	w.clock.advance(26 * time.Hour)
	w.advanceAll()
	due := p.do("GET", "/v1/reminders?state=due", nil).items()
	if len(due) < 2 {
		t.Fatalf("due: %v", due)
	}
	for _, r := range due {
		path := "/v1/reminders/" + text(r, "id")
		until := w.clock.now().Add(time.Hour).Format(time.RFC3339)
		p.want(200, p.do("POST", path+"/snooze", object{"until": until}))
		if r["kind"] != "check_in" {
			p.want(200, p.do("POST", path+"/acknowledge", nil))
		}
	}
	p.want(201, p.do("PUT", "/v1/reports/report-01", object{"observed_at": w.clock.now().Format(time.RFC3339), "calm": true}))
	answered := 0
	for _, r := range due {
		if now := p.do("GET", "/v1/reminders/"+text(r, "id"), nil); now.body["reason"] == "answered" {
			answered++
			p.want(422, p.do("DELETE", "/v1/reminders/"+text(r, "id")+"/acknowledgement", nil))
		}
	}
	if answered == 0 {
		t.Error("the report has answered nothing")
	}
	w.clock.advance(100 * 24 * time.Hour)
	for _, r := range due {
		if r["kind"] == "check_in" {
			continue
		}
		if a := p.want(422, p.do("DELETE", "/v1/reminders/"+text(r, "id")+"/acknowledgement", nil)); a.code() != models.CodeInvalid {
			t.Errorf("refused as %s", a.code())
		}
	}
}

// TestAnAnswerIsTakenBack: a warning is active again, once or again, for its person
// alone.
func TestAnAnswerIsTakenBack(t *testing.T) {
	p, _, auth := told(t)
	stranger := p.newPerson()
	path := "/v1/warnings/" + text(p.do("GET", "/v1/warnings", nil).items()[0], "id")
	p.want(200, p.do("POST", path+"/acknowledge", object{"action": "booked"}))
	p.want(401, p.call("DELETE", path+"/acknowledgement", nil, auth)) // a push speaks for a reminder
	p.want(204, stranger.do("DELETE", path+"/acknowledgement", nil))
	if w := p.do("GET", path, nil); w.body["state"] != "acknowledged" {
		t.Errorf("after a stranger's call: %s", w.raw)
	}
	if n := len(p.do("GET", "/v1/clinician-events", nil).items()); n != 1 {
		t.Errorf("%d clinician events", n)
	}
	for range 2 {
		p.want(204, p.do("DELETE", path+"/acknowledgement", nil))
	}
	p.want(204, p.do("DELETE", "/v1/warnings/unknown-1/acknowledgement", nil))
	if w := p.do("GET", path, nil); w.body["state"] != "active" || w.body["action"] != nil || w.body["acknowledged_at"] != nil {
		t.Errorf("taken back: %s", w.raw)
	}
	if n := len(p.do("GET", "/v1/clinician-events", nil).items()); n != 0 {
		t.Errorf("%d clinician events stand", n)
	}
}

// TestReceiptsFromTheScreen: a notification says that it was shown and opened, of
// its own reminder alone.
func TestReceiptsFromTheScreen(t *testing.T) {
	p, own, auth := told(t)
	receipt := func(reminder, event string) object {
		return object{"reminder_id": reminder[len("/v1/reminders/"):], "event": event, "at": start.Format(time.RFC3339)}
	}
	send := func(auth string, receipts ...object) answer {
		return p.call("POST", "/v1/receipts", object{"receipts": receipts}, auth)
	}
	delivery := func() any {
		list, _ := p.do("GET", own, nil).body["deliveries"].([]any)
		if len(list) == 0 {
			t.Fatal("no delivery")
		}
		return list[0]
	}
	for _, other := range p.others(own) {
		p.want(404, send(auth, receipt(own, "delivered"), receipt(other, "delivered")))
	}
	p.want(401, send(auth+"x", receipt(own, "delivered")))
	if at(delivery(), "delivered_at") != nil {
		t.Errorf("a refused receipt was kept: %v", delivery())
	}
	p.want(http.StatusNoContent, send(auth, receipt(own, "delivered")))
	p.want(http.StatusNoContent, send(auth, receipt(own, "opened")))
	if d := delivery(); at(d, "delivered_at") == nil || at(d, "opened_at") == nil {
		t.Errorf("shown and opened: %v", d)
	}
	if r := p.do("GET", own, nil); r.body["state"] != "sent" {
		t.Errorf("an opening is no acknowledgement, but it is %v", r.body["state"])
	}
	p.clock.advance(49 * time.Hour)
	p.want(401, send(auth, receipt(own, "opened")))
}
