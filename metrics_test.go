package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
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

// documentedMetrics are those that an operator, or Prometheus, is told to watch.
func documentedMetrics(t *testing.T) []string {
	t.Helper()
	doc, err := os.ReadFile("docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := os.ReadFile("docs/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	doc = append(doc, rules...)
	names := regexp.MustCompile(`aftercare_[a-z_]+[a-z]`).FindAllString(string(doc), -1)
	if len(names) < 5 {
		t.Fatalf("docs/operations.md names only %d metrics", len(names))
	}
	return names
}

// TestAlertsFollowWhatHappens: the rules are valid, fire when they should and
// else not, and the page says of each what to do.
func TestAlertsFollowWhatHappens(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed: make deps installs it")
	}
	for _, args := range [][]string{{"check", "rules", "docs/alerts.yml"}, {"test", "rules", "testdata/alerts.yml"}} {
		if out, err := exec.Command(promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
	rules, err := os.ReadFile("docs/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	alerts := regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(string(rules), -1)
	if rows := regexp.MustCompile("(?m)^\\| `Aftercare").FindAllString(string(page), -1); len(rows) != len(alerts) {
		t.Errorf("docs/operations.md tells of %d alerts, docs/alerts.yml of %d", len(rows), len(alerts))
	}
	for _, m := range alerts {
		if !strings.Contains(string(page), "| `"+m[1]+"` |") {
			t.Errorf("docs/operations.md does not tell of %s", m[1])
		}
	}
}
