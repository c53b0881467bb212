package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"aftercare/jobs/push/pushtest"
	"aftercare/models/storetest"
)

// warningRow is what these tests read of a warning.
type warningRow struct {
	ID, State, Tier, Rule, Title, Message string
	ReportIDs                             []string `json:"report_ids"`
	Notifications                         []struct{ State string }
}

// reminderRow is what these tests read of a reminder.
type reminderRow struct {
	ID, Kind, State string
	SessionID       string `json:"session_id"`
	Deliveries      []struct {
		DeviceID  string `json:"device_id"`
		State     string
		Attempts  int
		LastError string `json:"last_error"`
	}
}

// pushService is a Web Push service on a socket, which decrypts what it gets.
func pushService(t testing.TB) *pushtest.WebPush {
	t.Helper()
	service, err := pushtest.NewWebPush(pushtest.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(service.Close)
	return service
}

// register gives the phone a push address of the service and answers it.
func (p phone) register(service *pushtest.WebPush) (endpoint string, err error) {
	a, err := service.Subscribe()
	if err != nil {
		return "", err
	}
	_, err = p.call("PUT", "/v1/devices/current/push", object{
		"transport": "webpush", "endpoint": a.Endpoint, "keys": object{"p256dh": a.P256dh, "auth": a.Auth},
	}, nil)
	return a.Endpoint, err
}

// arrival waits for the first accepted message that fits.
func arrival(t testing.TB, service *pushtest.WebPush, what string, fits func(pushtest.Message) bool) pushtest.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for n := 1; ; n++ {
		got, err := service.Await(ctx, n)
		if i := slices.IndexFunc(got, fits); i >= 0 {
			return got[i]
		}
		if err != nil {
			t.Fatalf("%s did not arrive: %v", what, err)
		}
		n = len(got)
	}
}

func ago(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339) }

// TestWarningReachesThePhone is the main job from end to end: what was rolled
// and reported leads to a warning once it has lasted for a week, on record and as an
// encrypted message on the phone, which can be answered from the lock screen.
func TestWarningReachesThePhone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s, service := serve(t, t.TempDir(), "DATABASE="+database), pushService(t)
		p := s.person()
		if _, err := p.register(service); err != nil {
			t.Fatal(err)
		}
		p.must(t, "PUT", "/v1/sessions/session-1", object{"started_at": ago(170 * time.Hour), "ended_at": ago(169 * time.Hour), "needle_mm": 0.5}, nil)
		p.must(t, "PUT", "/v1/reports/report-1", object{"observed_at": ago(5 * time.Hour), "erythema": 1}, nil)

		m := arrival(t, service, "the warning", func(m pushtest.Message) bool { return m.Data["kind"] == "warning" })
		w := p.warning(t)
		if w.Rule != "DS-01" || w.Tier != "doctor_soon" || w.State != "active" || !slices.Equal(w.ReportIDs, []string{"report-1"}) {
			t.Errorf("warning %+v, want an active DS-01 about the report", w)
		}
		if m.Tag != w.ID || m.Title == "" || strings.Contains(m.Title+m.Body, w.Title) || strings.Contains(m.Body, w.Message) {
			t.Errorf("the lock screen shows %q, %q under tag %q of warning %s", m.Title, m.Body, m.Tag, w.ID)
		}
		eventually(t, "the warning's notification is on record as accepted", func() bool {
			w := p.warning(t)
			return len(w.Notifications) == 1 && w.Notifications[0].State == "accepted"
		})
		r := p.reminder(t, m.Data["reminder_id"])
		if r.Kind != "warning" || r.State != "sent" || len(r.Deliveries) != 1 || r.Deliveries[0].Attempts != 1 {
			t.Errorf("reminder %+v, want it sent with one attempt", r)
		}
		answerFromLockScreen(t, p, service, m)
		signOut(t, p, service)
		s.stop()
	})
}

func (p phone) warning(t testing.TB) warningRow {
	t.Helper()
	var page struct{ Items []warningRow }
	p.must(t, "GET", "/v1/warnings", nil, &page)
	if len(page.Items) != 1 {
		t.Fatalf("%d warnings, want one", len(page.Items))
	}
	var one warningRow
	p.must(t, "GET", "/v1/warnings/"+page.Items[0].ID, nil, &one)
	return one
}

func (p phone) reminder(t testing.TB, id string) (r reminderRow) {
	t.Helper()
	p.must(t, "GET", "/v1/reminders/"+id, nil, &r)
	return r
}

// answerFromLockScreen snoozes and acknowledges with nothing but the token in
// the push, which opens nothing else.
func answerFromLockScreen(t *testing.T, p phone, service *pushtest.WebPush, m pushtest.Message) {
	t.Helper()
	id, locked := m.Data["reminder_id"], phone{base: p.base, token: m.Data["action_token"]}
	var r reminderRow
	locked.must(t, "POST", "/v1/reminders/"+id+"/snooze", object{"until": ago(-time.Hour)}, &r)
	if r.State != "snoozed" {
		t.Errorf("state %q after the snooze", r.State)
	}
	locked.must(t, "POST", "/v1/reminders/"+id+"/acknowledge", nil, &r)
	if r.State != "acknowledged" {
		t.Errorf("state %q after the acknowledgement", r.State)
	}
	for path, want := range map[string]int{
		"/v1/account": http.StatusUnauthorized, "/v1/warnings": http.StatusUnauthorized, "/v1/reminders/" + id: http.StatusUnauthorized,
	} {
		if status, _ := locked.call("GET", path, nil, nil); status != want {
			t.Errorf("GET %s with the token of a push: %d, want %d", path, status, want)
		}
	}
	var page struct{ Items []reminderRow }
	p.must(t, "GET", "/v1/reminders", nil, &page)
	for _, other := range page.Items {
		if other.ID == id {
			continue
		}
		if status, _ := locked.call("POST", "/v1/reminders/"+other.ID+"/acknowledge", nil, nil); status != http.StatusNotFound {
			t.Errorf("acknowledging another reminder with the token of a push: %d, want 404", status)
		}
	}
}

// signOut signs the phone out while a second one stays: what comes after
// reaches the second alone.
func signOut(t *testing.T, p phone, service *pushtest.WebPush) {
	t.Helper()
	var pairing struct{ Code string }
	p.must(t, "POST", "/v1/pairing-codes", nil, &pairing)
	second := phone{base: p.base}
	var made struct{ Token string }
	second.must(t, "POST", "/v1/devices", object{"pairing_code": pairing.Code, "device": object{"name": "second", "platform": "web"}}, &made)
	second.token = made.Token
	endpoint, err := second.register(service)
	if err != nil {
		t.Fatal(err)
	}
	p.must(t, "DELETE", "/v1/devices/current", nil, nil)
	if status, _ := p.call("GET", "/v1/rest", nil, nil); status != http.StatusUnauthorized {
		t.Errorf("the token of a signed-out phone: %d, want 401", status)
	}
	before := len(service.Messages())
	second.must(t, "PUT", "/v1/reports/report-2", object{"observed_at": ago(0), "discharge": []string{"thick"}}, nil)
	m := arrival(t, service, "the new danger sign on the second phone", func(m pushtest.Message) bool {
		return m.To == endpoint && m.TimeSensitive
	})
	r := second.reminder(t, m.Data["reminder_id"])
	if len(r.Deliveries) != 1 {
		t.Errorf("deliveries %+v, want one to the second phone", r.Deliveries)
	}
	for _, m := range service.Messages()[before:] {
		if m.To != endpoint && !m.Silent {
			t.Errorf("%q arrived at the phone that was signed out", m.Data["kind"])
		}
	}
	if n := service.Refused(); n > 0 {
		t.Errorf("the push service refused %d requests as wrong", n)
	}
}
