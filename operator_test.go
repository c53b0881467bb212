package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"aftercare/jobs/push"
	"aftercare/jobs/push/pushtest"
	"aftercare/models/care"
	"aftercare/models/storetest"
)

// TestSecretsFromFiles holds that the settings that may be secret can stand in
// files, and that a file that is not there stops the start.
func TestSecretsFromFiles(t *testing.T) {
	dir := t.TempDir()
	key, err := push.NewVAPIDKey()
	if err != nil {
		t.Fatal(err)
	}
	private, err := key.Private()
	if err != nil {
		t.Fatal(err)
	}
	beats := make(chan struct{}, 100)
	watcher := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/secret" {
			beats <- struct{}{}
		}
	}))
	defer watcher.Close()
	var settings []string
	for name, value := range map[string]string{
		"DATABASE": "other.db", "VAPID_PRIVATE_KEY": private, "HEARTBEAT_URL": watcher.URL + "/secret",
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(value+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		settings = append(settings, name+"_FILE="+file)
	}
	s := serve(t, dir, settings...)
	var meta struct {
		VAPIDPublicKey string `json:"vapid_public_key"`
	}
	phone{base: s.base}.must(t, "GET", "/v1/meta", nil, &meta)
	if meta.VAPIDPublicKey != key.Public() {
		t.Errorf("the key in use is %s, not that of the file", meta.VAPIDPublicKey)
	}
	select {
	case <-beats:
	case <-time.After(patience):
		t.Error("the heartbeat URL of the file is not called")
	}
	if _, err := os.Stat(filepath.Join(dir, "other.db")); err != nil {
		t.Errorf("the database of the file is not used: %v", err)
	}
	s.stop()
	if strings.Contains(s.said(), private) || strings.Contains(s.said(), "/secret") {
		t.Error("a secret is in the log")
	}
	_, diag, code := command(t, dir, []string{"DATABASE_FILE=nowhere", "HEARTBEAT_URL_FILE=neither"}, "serve")
	if code != 1 || !strings.Contains(diag, "DATABASE_FILE") || !strings.Contains(diag, "HEARTBEAT_URL_FILE") {
		t.Errorf("missing files of secrets: code %d\n%s", code, diag)
	}
}

func TestHealthcheckAsksTheServer(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	addr := "ADDR=:" + s.base[strings.LastIndexByte(s.base, ':')+1:]
	eventually(t, "the server is ready", func() bool {
		out, _, code := command(t, dir, []string{addr}, "healthcheck")
		return code == 0 && strings.Contains(out, `"ready":true`)
	})
	s.stop()
	if _, diag, code := command(t, dir, []string{addr}, "healthcheck"); code != 1 || !strings.Contains(diag, "readiness") {
		t.Errorf("healthcheck without a server: code %d, %q", code, diag)
	}
}

// TestBackupAndRestore takes a copy while the server serves and goes back to it:
// what was there is there, what was erased since stays erased.
func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	copied := filepath.Join(dir, "copy.db")
	s := serve(t, dir)
	stays, leaves := s.person(), s.person()
	row := object{"observed_at": ago(time.Hour), "erythema": 1}
	stays.must(t, "PUT", "/v1/reports/before-the-copy", row, nil)
	must(t, dir, nil, "backup", copied)
	stays.must(t, "PUT", "/v1/reports/after-the-copy", row, nil)
	leaves.must(t, "DELETE", "/v1/account", nil, nil)
	if _, diag, code := command(t, dir, nil, "restore", copied); code != 1 || !strings.Contains(diag, "stop it first") {
		t.Errorf("restore beside a server: code %d, %q", code, diag)
	}
	s.stop()
	must(t, dir, nil, "restore", copied)
	if _, diag, code := command(t, dir, nil, "backup", copied); code != 1 || !strings.Contains(diag, "exists") {
		t.Errorf("backup over a file: code %d, %q", code, diag)
	}
	s = serve(t, dir)
	stays.base, leaves.base = s.base, s.base
	stays.must(t, "GET", "/v1/reports/before-the-copy", nil, nil)
	if status, _ := stays.call("GET", "/v1/reports/after-the-copy", nil, nil); status != http.StatusNotFound {
		t.Errorf("a report made after the copy: %d, want 404", status)
	}
	if status, _ := leaves.call("GET", "/v1/account", nil, nil); status != http.StatusUnauthorized {
		t.Errorf("an account erased after the copy: %d, want 401", status)
	}
	if _, diag, code := command(t, dir, nil, "restore", filepath.Join(dir, "nowhere.db")); code == 0 {
		t.Errorf("restore of a file that is not there: code 0, %q", diag)
	}
}

func TestSmallCommands(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // again changes nothing
		must(t, dir, nil, "migrate")
	}
	if _, err := os.Stat(filepath.Join(dir, "aftercare.db")); err != nil {
		t.Error(err)
	}
	if out := must(t, dir, nil, "version"); !strings.HasPrefix(out, "aftercare ") || !strings.Contains(out, care.KBVersion) {
		t.Errorf("version says %q", out)
	}
	if out := must(t, dir, nil, "knowledge"); out != care.Knowledge() {
		t.Error("knowledge prints something else than the rules in force")
	}
	if _, diag, code := command(t, dir, nil, "serv"); code == 0 || !strings.Contains(diag, "serv") {
		t.Errorf("an unknown command: code %d, %q", code, diag)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	must(t, dir, nil, "migrate")
	file := filepath.Join(dir, "aftercare.db")
	db, err := sql.Open("sqlite3", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, subcommand := range []string{"serve", "migrate", "deliveries"} {
		_, diag, code := command(t, dir, testSettings, subcommand)
		if code != 1 || !strings.Contains(diag, "version 9999") {
			t.Errorf("%s on a newer database: code %d, %q", subcommand, code, diag)
		}
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("a newer database was changed (%v)", err)
	}
}

func TestSecondServerIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	_, diag, code := command(t, dir, testSettings, "serve")
	if code != 1 || !strings.Contains(diag, "in use") || !strings.Contains(diag, "stop it first") {
		t.Errorf("a second server: code %d, %q", code, diag)
	}
	s.person()
	s.stop()
}

// TestDeliveriesBesideTheServer lists what is stuck while a server serves, and
// has it tried again long before its turn.
func TestDeliveriesBesideTheServer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, database string) {
		dir, service := t.TempDir(), pushService(t)
		service.Script(func(pushtest.Message) pushtest.Answer {
			return pushtest.Answer{Status: http.StatusServiceUnavailable}
		})
		s := serve(t, dir, "DATABASE="+database)
		p := s.person()
		endpoint, err := p.register(service)
		if err != nil {
			t.Fatal(err)
		}
		var test struct {
			ReminderID string `json:"reminder_id"`
		}
		p.must(t, "POST", "/v1/devices/current/push/test", nil, &test)
		settings := []string{"DATABASE=" + database}
		eventually(t, "the refused push is listed as stuck", func() bool {
			out := must(t, dir, settings, "deliveries", "--older", "0s")
			if strings.Contains(out, endpoint) {
				t.Fatalf("the list shows a push address:\n%s", out)
			}
			return strings.Contains(out, "unavailable") && strings.Contains(out, p.account)
		})
		eventually(t, "the push waits for half a minute or more, after its second attempt", func() bool {
			r := p.reminder(t, test.ReminderID)
			return len(r.Deliveries) == 1 && r.Deliveries[0].Attempts >= 2 && r.Deliveries[0].State == "pending"
		})
		if out := must(t, dir, settings, "deliveries", "--older", "1h"); !strings.Contains(out, "nothing is due for more than 1h0m0s") {
			t.Errorf("what waits for a moment is listed as stuck for an hour:\n%s", out)
		}
		service.Script(nil)
		if out := must(t, dir, settings, "deliveries", "--older", "0s", "--requeue"); !strings.Contains(out, "1 deliveries that waited") {
			t.Errorf("--requeue says %q", out)
		}
		asked := time.Now()
		if m := arrival(t, service, "the push that was stuck", func(m pushtest.Message) bool { return m.Accepted }); m.At.Sub(asked) > 20*time.Second {
			t.Errorf("--requeue changed nothing: the push came %s later", m.At.Sub(asked))
		}
		s.stop()
	})
	if _, diag, code := command(t, t.TempDir(), nil, "deliveries"); code != 1 || !strings.Contains(diag, "aftercare.db") {
		t.Errorf("deliveries without a database: code %d, %q", code, diag)
	}
}

// TestMoveToPostgres restores the file of a stopped server on PostgreSQL: all
// that a phone reads is the same, its token and its push address work on.
func TestMoveToPostgres(t *testing.T) {
	dir, service := t.TempDir(), pushService(t)
	s := serve(t, dir)
	p := s.person()
	if _, err := p.register(service); err != nil {
		t.Fatal(err)
	}
	p.must(t, "PUT", "/v1/rollers/roller-1", object{"name": "0.5 mm", "needle_mm": 0.5}, nil)
	p.must(t, "PUT", "/v1/sessions/session-1", object{"started_at": ago(30 * time.Hour), "roller_id": "roller-1", "notes": "ü"}, nil)
	p.must(t, "PUT", "/v1/reports/report-1", object{"observed_at": ago(time.Hour), "discharge": []string{"thick"}, "temperature_c": 37.2}, nil)
	arrival(t, service, "the warning", func(m pushtest.Message) bool { return m.Data["kind"] == "warning" })
	eventually(t, "the warning's push is on record", func() bool {
		w := p.warning(t)
		return len(w.Notifications) == 1 && w.Notifications[0].State == "accepted"
	})
	erased := s.person()
	erased.must(t, "DELETE", "/v1/account", nil, nil)
	settings := []string{"DATABASE=" + storetest.Postgres(t)}
	file := filepath.Join(dir, "aftercare.db")
	if _, diag, code := command(t, dir, settings, "restore", file); code != 1 || !strings.Contains(diag, "stop it first") {
		t.Errorf("moving the file of a running server: code %d, %q", code, diag)
	}
	before := everything(t, p)
	s.stop()
	must(t, dir, settings, "restore", file)
	if left, err := filepath.Glob(filepath.Join(dir, "*.moving*")); err != nil || len(left) > 0 {
		t.Errorf("the move left %v (%v)", left, err)
	}

	s = serve(t, dir, settings...)
	p.base, erased.base = s.base, s.base
	if after := everything(t, p); after != before {
		t.Errorf("read before and after the move:\n%s\n%s", before, after)
	}
	if status, _ := erased.call("GET", "/v1/account", nil, nil); status != http.StatusUnauthorized {
		t.Errorf("an erased account after the move: %d, want 401", status)
	}
	p.must(t, "POST", "/v1/devices/current/push/test", nil, nil)
	arrival(t, service, "a push after the move", func(m pushtest.Message) bool { return m.Data["kind"] == "test" })
	s.stop()
	if _, diag, code := command(t, dir, settings, "restore", file); code != 1 || !strings.Contains(diag, "1 accounts already") {
		t.Errorf("moving onto a database in use: code %d, %q", code, diag)
	}
}

// everything is what a phone reads of its rows.
func everything(t *testing.T, p phone) string {
	t.Helper()
	var all strings.Builder
	for _, path := range []string{
		"account", "account/consents", "account/audit", "rollers", "sessions", "reports", "episodes", "warnings", "reminders?to=" + ago(0),
	} {
		var answer any
		p.must(t, "GET", "/v1/"+path, nil, &answer)
		text, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&all, string(text))
	}
	return all.String()
}
