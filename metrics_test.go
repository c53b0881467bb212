package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"aftercare/jobs/push/pushtest"
)

var metricsAt = regexp.MustCompile(`msg="metrics are served" address=(\S+)`)

// TestMetricsHaveTheirOwnAddress holds that they are not served where phones
// are, and that no label of theirs names a person.
func TestMetricsHaveTheirOwnAddress(t *testing.T) {
	s, service := serve(t, t.TempDir(), "METRICS_ADDR=127.0.0.1:0"), pushService(t)
	p := s.person()
	endpoint, err := p.register(service)
	if err != nil {
		t.Fatal(err)
	}
	p.must(t, "POST", "/v1/devices/current/push/test", nil, nil)
	arrival(t, service, "the push", func(m pushtest.Message) bool { return m.Accepted })
	if status, _ := p.call("GET", "/metrics", nil, nil); status != http.StatusNotFound {
		t.Errorf("/metrics where phones are: %d, want 404", status)
	}
	address := metricsAt.FindStringSubmatch(s.said())
	if address == nil {
		t.Fatal("the log does not say where metrics are served")
	}
	var text string
	eventually(t, "the end of the delivery is counted, which is the last thing that happens to it", func() bool {
		res, err := httpClient.Get("http://" + address[1] + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err = errors.Join(err, res.Body.Close()); err != nil {
			t.Fatal(err)
		}
		text = string(body)
		return strings.Contains(text, `aftercare_deliveries_ended_total{reason="",state="accepted",transport="webpush"} 1`)
	})
	if attempt := `aftercare_push_attempts_total{class="accepted",transport="webpush"} 1`; !strings.Contains(text, attempt) {
		t.Errorf("the attempt is not counted: no %s", attempt)
	}
	host := strings.TrimPrefix(service.URL, "http://")
	for _, word := range []string{p.account, endpoint, host} {
		if strings.Contains(text, word) {
			t.Errorf("the metrics name %s", word)
		}
	}
	for _, name := range documentedMetrics(t) {
		if !strings.Contains(text, name) {
			t.Errorf("docs/operations.md tells of %s, which is not served", name)
		}
	}
	s.stop()
}

// documentedMetrics are those that an operator is told to watch.
func documentedMetrics(t *testing.T) []string {
	t.Helper()
	doc, err := os.ReadFile("docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`aftercare_[a-z_]+[a-z]`).FindAllString(string(doc), -1)
	if len(names) < 5 {
		t.Fatalf("docs/operations.md names only %d metrics", len(names))
	}
	return names
}
