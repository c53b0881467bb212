package main

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// memoryGoal is what the program is designed for, whatever strangers do.
const memoryGoal = 256 << 20

// hurry is how long a person may wait beside an attack, on a machine that has
// other tests to run; without the bounds it was 18 s and more.
const hurry = 5 * time.Second

// peakMemory is the most that the server has had in memory at a time.
func (s *server) peakMemory() int {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(text), "VmHWM:")
	kib, err := strconv.Atoi(strings.Fields(line)[0])
	if err != nil {
		s.t.Fatal(err)
	}
	return kib << 10
}

// withstands holds that a person is served in time beside an attack, and that
// the server keeps to its memory. Half of several tries may meet a busy machine.
func (s *server) withstands(attack string, p phone) {
	s.t.Helper()
	const tries = 5
	slow := 0
	for i := range tries {
		begin := time.Now()
		_, err := p.call("PUT", fmt.Sprintf("/v1/rollers/roller-%03d", i), object{"name": attack}, nil)
		if err == nil {
			_, err = p.call("GET", "/v1/rest", nil, nil)
		}
		if err != nil {
			s.t.Fatalf("beside %s: %v", attack, err)
		}
		if took := time.Since(begin); took > hurry {
			s.t.Logf("beside %s a write and a read took %s", attack, took)
			slow++
		}
	}
	if slow > tries/2 {
		s.t.Errorf("beside %s a person waits for more than %s", attack, hurry)
	}
	peak := s.peakMemory()
	s.t.Logf("beside %s: %d MiB", attack, peak>>20)
	if peak > memoryGoal {
		s.t.Errorf("%s: %d MiB of memory, more than %d", attack, peak>>20, memoryGoal>>20)
	}
}

// slowReader dials with little room for what is received, so that it is the
// server that has to hold what nobody reads.
var slowReader = net.Dialer{Timeout: patience, Control: func(_, _ string, raw syscall.RawConn) (err error) {
	control := raw.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
	return errors.Join(control, err)
}}

// strangers opens connections and sends the same on each; they stay open until
// the test ends. What the server does with them is its own matter. All share one
// body, if there is one.
func (s *server) strangers(n int, say func(i int) string, body ...string) []net.Conn {
	s.t.Helper()
	conns := make([]net.Conn, n)
	each(conns, func(conn *net.Conn) {
		c, err := slowReader.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
		if err != nil {
			s.t.Error(err)
			return
		}
		*conn = c
	})
	s.t.Cleanup(func() {
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
	})
	var sent sync.WaitGroup
	for i, c := range conns {
		if c == nil {
			s.t.FailNow()
		}
		parts := append([]string{say(i)}, body...)
		sent.Go(func() { // the server may refuse to read on, or give the connection up
			_ = c.SetWriteDeadline(time.Now().Add(3 * time.Second))
			for _, text := range parts {
				_, _ = io.WriteString(c, text)
			}
		})
	}
	sent.Wait()
	return conns
}

// fewFiles starts the program with so many files that it may open.
func fewFiles(t *testing.T, files int, settings ...string) *server {
	t.Helper()
	return start(t, exec.Command("sh", "-c", fmt.Sprintf("ulimit -n %d && exec %s", files, plain)), t.TempDir(), settings)
}

// P10: a stranger who opens more connections than there are files keeps nobody
// out, whether they say nothing, something, or ask and read nothing.
func TestStrangersDoNotUseUpTheFiles(t *testing.T) {
	for what, said := range map[string]string{
		"silent connections":        "",
		"half a request":            "GET /livez HTT",
		"half a body":               "POST /v1/accounts HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{",
		"answers that nobody reads": "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		t.Run(what, func(t *testing.T) {
			s := fewFiles(t, 120)
			p := s.person()
			httpClient.CloseIdleConnections() // this one has to come in anew
			s.strangers(130, func(int) string { return said })
			s.withstands(what, p)
			s.stop()
		})
	}
}

// P10: what clients begin to send does not fill the memory, with or without
// what looks like a token.
func TestBegunBodiesHoldNoMemory(t *testing.T) {
	s := servePlain(t, t.TempDir())
	p := s.person()
	body := strings.Repeat("x", 1_900_000)
	s.strangers(300, func(i int) string { // without a bound 108 of them pass the goal
		path, token := "/v1/sync", ""
		switch i % 4 {
		case 0:
			path = "/v1/reports/report-1"
		case 1:
			token = "Authorization: Bearer " + strings.Repeat("a", 36) + "." + strings.Repeat("b", 43) + "\r\n"
		case 2:
			token = "Authorization: Bearer " + p.token + "\r\n"
		}
		return "PUT " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + token + "Content-Length: 2000000\r\n\r\n"
	}, body)
	s.withstands("begun bodies", p)
	s.stop()
}

// P10: what nobody reads does not fill the memory: neither the largest pages
// that are there for everybody, in any encoding, nor those of one person.
func TestUnreadAnswersHoldNoMemory(t *testing.T) {
	s := servePlain(t, t.TempDir())
	p, neighbour := s.person(), s.person()
	for i := range 100 {
		p.must(t, "PUT", fmt.Sprintf("/v1/rollers/a-roller-%03d", i), object{"notes": strings.Repeat("é", 2000)}, nil)
	}
	encodings := []string{"", "Accept-Encoding: br\r\n", "Accept-Encoding: gzip\r\n"}
	paths := []string{"/docs/swagger-ui-bundle.js", "/docs/swagger-ui-bundle.js", "/openapi.json", "/v1/catalogue", "/v1/rollers?limit=200"}
	s.strangers(600, func(i int) string {
		return "GET " + paths[i%len(paths)] + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + p.token + "\r\n" + encodings[i/len(paths)%len(encodings)] + "\r\n"
	})
	s.withstands("unread answers", neighbour)
	s.stop()
}

// P10: exports that nobody reads, however many, keep nobody from theirs; and a
// stop does not wait for them.
func TestUnreadExportsHinderNobody(t *testing.T) {
	dir := t.TempDir()
	const unread, rows = 16, 400 // of 24 KB each: more than a socket takes
	s := servePlain(t, dir)
	people := make([]phone, unread)
	for i := range people {
		people[i] = s.person()
		people[i].must(t, "PUT", "/v1/rollers/roller-000", object{"notes": strings.Repeat("<", 4000)}, nil)
	}
	s.stop()
	multiply(t, dir, rows)
	s = servePlain(t, dir)
	for i, p := range people {
		conn := s.strangers(1, func(int) string {
			return "GET /v1/account/export HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + p.token + "\r\n\r\n"
		})[0]
		if status, err := bufio.NewReaderSize(conn, 16).ReadString('\n'); err != nil || !strings.Contains(status, "200") {
			t.Fatalf("export %d: %q %v", i, status, err)
		}
	}
	p := s.person()
	p.must(t, "GET", "/v1/account/export", nil, nil)
	s.withstands("unread exports", p)
	begin := time.Now()
	s.stop()
	if took := time.Since(begin); took > drain/2 {
		t.Errorf("a stop took %s", took)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".aftercare-export-*")); len(left) > 0 {
		t.Errorf("files are left: %v", left)
	}
}

// Who tries passwords on an account from however many places leaves a trace that
// its person can read.
func TestWrongPasswordsAreInTheAudit(t *testing.T) {
	s := serve(t, t.TempDir())
	var signedUp struct {
		Token string `json:"token"`
	}
	device := object{"name": "phone", "platform": "web"}
	phone{base: s.base}.must(t, "POST", "/v1/accounts", object{
		"time_zone": "Europe/Berlin", "email": "ann@example.org", "password": "the right one",
		"consent": object{"health_data": true, "version": "1"}, "device": device,
	}, &signedUp)
	for range 3 {
		status, _ := phone{base: s.base}.call("POST", "/v1/devices", object{"email": "ann@example.org", "password": "a wrong one", "device": device}, nil)
		if status != http.StatusUnauthorized {
			t.Fatalf("a wrong password: %d", status)
		}
	}
	owner := phone{base: s.base, token: signedUp.Token}
	eventually(t, "the audit has three refused sign-ins", func() bool {
		var audit struct {
			Items []struct {
				Event string `json:"event"`
			} `json:"items"`
		}
		owner.must(t, "GET", "/v1/account/audit", nil, &audit)
		refused := 0
		for _, e := range audit.Items {
			if e.Event == "sign_in_refused" {
				refused++
			}
		}
		return refused == 3
	})
}

// multiply gives everybody so many copies of their rollers, in the file of a
// server that has stopped.
func multiply(t *testing.T, dir string, copies int) {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(dir, "aftercare.db"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // the temporary table is of one connection
	statements := []string{"BEGIN", "CREATE TEMP TABLE one AS SELECT * FROM rollers"}
	for i := range copies {
		statements = append(statements, fmt.Sprintf("UPDATE one SET id = 'copied-%06d'", i), "INSERT INTO rollers SELECT * FROM one")
	}
	for _, text := range append(statements, "COMMIT") {
		if _, err := db.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
