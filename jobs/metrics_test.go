package jobs

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"aftercare/jobs/push"
	"aftercare/models"
	"aftercare/models/storetest"
)

// No label, and no line of the log, can carry a host that a person chose: it
// may name them, and there is no end of hosts. Nor does either name a person.
func TestMetricsNameNobody(t *testing.T) {
	c := newClock()
	service := &service{now: c.now}
	classes := []push.Class{push.Accepted, push.Gone, push.Mistaken, push.Throttled, push.Unavailable, push.Refused, push.Payload}
	n := atomic.Int32{}
	service.script = func(push.Address, push.Message) push.Result {
		return push.Result{Class: classes[int(n.Add(1))%len(classes)], Reason: "status 500", Scope: push.ScopeHost}
	}
	hub := push.NewHub(c.now, map[push.Transport]push.Sender{push.TransportWebPush: service, push.TransportFCM: service})
	w := newWorld(t, storetest.SQLite(t), c.now, hub)
	var secrets []string
	for range 2 * len(classes) {
		p := w.join("secretphone", "Europe/Berlin")
		host := "https://anna-" + strings.ToLower(p.account) + ".example.org"
		_, err := w.SetPush(context.Background(), p.account, p.phones[0].ID, "webpush",
			models.PushAddress{Endpoint: host + "/capability", Destination: host}, "1")
		w.check(err)
		p.rolls("session-1")
		p.reports("report-01", pus())
		secrets = append(secrets, p.account, p.phones[0].ID, "anna-", "example.org", "capability", "secretphone", "SD-01", "warning")
	}
	w.tick()
	w.logged.mu.Lock()
	log := w.logged.text.String()
	w.logged.mu.Unlock()
	w.logged.errors() // Refused is told to the operator
	families, err := w.metrics.Gather()
	w.check(err)
	var text strings.Builder
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if m.Counter != nil && m.GetCounter().GetValue() == 0 {
				continue // there from the start
			}
			for _, l := range m.GetLabel() {
				text.WriteString(l.GetName() + "=" + l.GetValue() + "\n")
			}
		}
	}
	for _, label := range []string{"class=accepted", "class=refused", "service=other", "transport=webpush", "service=fcm"} {
		if !strings.Contains(text.String(), label) {
			t.Errorf("no %s among\n%s", label, text.String())
		}
	}
	for _, s := range secrets {
		if strings.Contains(text.String(), s) || strings.Contains(log, s) {
			t.Errorf("%q is in a label or the log:\n%s%s", s, text.String(), log)
		}
	}
}

// The heartbeat URL is called after a good tick and after no other, and what it
// answers is told without it.
func TestHeartbeatFollowsGoodTicks(t *testing.T) {
	var calls atomic.Int32
	status := atomic.Int32{}
	status.Store(http.StatusOK)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		rw.WriteHeader(int(status.Load()))
	}))
	defer server.Close()
	c := newClock()
	service := &service{now: c.now}
	w := newWorld(t, storetest.SQLite(t), c.now, service.hub(c.now))
	w.runner.HeartbeatURL = server.URL + "/secret-of-the-operator"
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for n, step := range []struct {
		ctx    context.Context
		status int
		calls  int32
	}{{gone, 200, 0}, {context.Background(), 200, 1}, {context.Background(), 500, 2}, {gone, 200, 2}} {
		status.Store(int32(step.status))
		err := w.runner.beat(step.ctx)
		w.runner.Wait()
		if failed := err != nil; failed != (step.ctx == gone) || calls.Load() != step.calls {
			t.Errorf("step %d: tick answered %v, the URL was called %d times, want %d", n, err, calls.Load(), step.calls)
		}
	}
	server.Close()
	w.check(w.runner.beat(context.Background()))
	w.runner.Wait()
	w.logged.mu.Lock()
	defer w.logged.mu.Unlock()
	log := w.logged.text.String()
	if strings.Contains(log, "secret-of-the-operator") || strings.Count(log, "level=WARN") != 2 {
		t.Errorf("logged %s", log)
	}
}

// An APNs key that Apple bound to one environment is refused by the other alone.
func TestRefusalsAreShownByDestination(t *testing.T) {
	c := newClock()
	service := &service{now: c.now, script: func(to push.Address, _ push.Message) push.Result {
		if to.Environment == "sandbox" {
			return push.Result{Class: push.Refused, Reason: "BadEnvironmentKeyInToken", Scope: push.ScopeProvider}
		}
		return push.Result{Class: push.Accepted}
	}}
	hub := push.NewHub(c.now, map[push.Transport]push.Sender{push.TransportAPNs: service, push.TransportFCM: service})
	w := newWorld(t, storetest.SQLite(t), c.now, hub)
	for destination, environment := range map[string]string{"apns": "production", "apns-sandbox": "sandbox"} {
		p := w.join(destination, "Europe/Berlin")
		_, err := w.SetPush(t.Context(), p.account, p.phones[0].ID, "apns",
			models.PushAddress{Token: token(p.phones[0].ID), Environment: environment, Destination: destination}, "1")
		w.check(err)
		_, err = w.TestPush(t.Context(), p.account, p.phones[0].ID)
		w.check(err)
	}
	w.tick()
	w.tick()
	w.logged.errors() // Refused is for the operator
	for destination, want := range map[string]float64{"apns": 0, "apns-sandbox": 1, "fcm": 0} {
		if got := w.metric("aftercare_push_refused", destination).GetGauge(); got == nil || got.GetValue() != want {
			t.Errorf("refused by %s: %v, want %v", destination, got, want)
		}
	}
}

// What an operator is to see of an outage: how late what arrives is, from when
// it was due and not from when it was looked at, what ended and why, and no
// request in flight where there is none.
func TestMetricsTellHowLateAndHowItEnded(t *testing.T) {
	c := newClock()
	service := &service{now: c.now}
	w := newWorld(t, storetest.SQLite(t), c.now, service.hub(c.now))
	p := w.join("anna", "Europe/Berlin")
	p.rolls("session-1")
	w.tick()
	c.pass(39 * time.Hour) // without a tick
	w.tick()
	lag := w.metric("aftercare_handover_lag_seconds").GetHistogram()
	if lag.GetSampleSum() < time.Hour.Seconds() {
		t.Errorf("after an outage of a day and a half the lag is %v s in %d pushes", lag.GetSampleSum(), lag.GetSampleCount())
	}

	service.script = func(push.Address, push.Message) push.Result {
		return push.Result{Class: push.Unavailable, Reason: "status 503", Scope: push.ScopeDevice}
	}
	p.reports("report-01", pus())
	w.tick()
	c.pass(20 * time.Minute)
	w.tick()
	if late := w.metric("aftercare_oldest_due_seconds").GetGauge().GetValue(); late != (20 * time.Minute).Seconds() {
		t.Errorf("a warning that is refused for 20 minutes is late by %v s", late)
	}
	service.script = func(push.Address, push.Message) push.Result {
		return push.Result{Class: push.Gone, Reason: "UNREGISTERED"}
	}
	c.pass(time.Hour)
	w.tick()
	if n := w.metric("aftercare_deliveries_ended_total", "fcm", "dead", "gone").GetCounter().GetValue(); n == 0 {
		t.Error("no delivery died of the address that is gone")
	}
	if n := w.metric("aftercare_push_in_flight", "fcm"); n.GetGauge().GetValue() != 0 {
		t.Errorf("%v requests are in flight at rest", n)
	}
}

// TestCountersAreThereBeforeTheirFirstEvent holds that a first dead delivery is
// an increase, which an alarm sees.
func TestCountersAreThereBeforeTheirFirstEvent(t *testing.T) {
	w := &world{TB: t, metrics: prometheus.NewRegistry()}
	NewMetrics(w.metrics)
	for _, labels := range [][]string{{"dead", "gone"}, {"dead", "expired"}, {"dead", "mistaken"}, {"dead", "payload"}, {"accepted"}, {"skipped"}} {
		if w.metric("aftercare_deliveries_ended_total", append(labels, "webpush")...).Counter == nil {
			t.Errorf("no series %v at the start", labels)
		}
	}
	if w.metric("aftercare_push_attempts_total", "refused", "apns").Counter == nil {
		t.Error("no series of refused attempts at the start")
	}
}

// metric is the one of the name that has the label values; the zero one if
// there is none.
func (w *world) metric(name string, labels ...string) *dto.Metric {
	w.Helper()
	families, err := w.metrics.Gather()
	w.check(err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			has := func(v string) bool {
				return slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetValue() == v })
			}
			if f.GetName() == name && !slices.ContainsFunc(labels, func(v string) bool { return !has(v) }) {
				return m
			}
		}
	}
	return &dto.Metric{}
}
