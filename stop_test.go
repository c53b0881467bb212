package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestStopFinishesWhatWasAccepted stops the server among writers and in the
// middle of a request: what it took, it answers and keeps, it ends well, and
// the database is closed.
func TestStopFinishesWhatWasAccepted(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	p := s.person()
	var acked sync.Map
	var writers sync.WaitGroup
	var count atomic.Int64
	enough := make(chan struct{})
	for w := range 16 {
		writers.Go(func() {
			for i := 0; ; i++ {
				path := fmt.Sprintf("/v1/reports/report-%02d-%04d", w, i)
				at := ago(time.Hour + 24*time.Hour*time.Duration(w+16*(i/20))) // a day takes only so many
				status, err := p.call("PUT", path, object{"observed_at": at, "erythema": 1}, nil)
				switch {
				case err == nil:
					acked.Store(path, true)
				case status == 0 || status == http.StatusServiceUnavailable:
					return // the server takes nothing more
				default:
					t.Error(err)
					return
				}
				if count.Add(1) == 32 {
					close(enough)
				}
			}
		})
	}
	half := beginRequest(t, p, "/v1/reports/report-by-halves", `{"observed_at":"`+ago(time.Hour)+`","erythema":1}`)
	<-enough
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server says that it stops", func() bool { return strings.Contains(s.said(), "stopping") })
	if status := half(); status != http.StatusCreated {
		t.Errorf("the request that was under way: %d, want 201", status)
	}
	acked.Store("/v1/reports/report-by-halves", true)
	writers.Wait()
	s.stop()
	if left, err := filepath.Glob(filepath.Join(dir, "aftercare.db-*")); err != nil || len(left) > 0 {
		t.Errorf("the database was not closed: %v %v", left, err)
	}
	p.base = serve(t, dir).base
	acked.Range(func(path, _ any) bool {
		p.must(t, "GET", path.(string), nil, nil)
		return true
	})
}

// A closed terminal, or a reload that there is not, ends the server as a SIGTERM
// does.
func TestAHangUpIsAStop(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	s.person()
	if code := s.end(syscall.SIGHUP); code != 0 || !strings.Contains(s.said(), "stopping") {
		t.Errorf("exit code %d after SIGHUP", code)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "aftercare.db-*")); err != nil || len(left) > 0 {
		t.Errorf("the database was not closed: %v %v", left, err)
	}
}

// A connection that has sent nothing, as clients and proxies keep in reserve,
// holds up no stop.
func TestStopWaitsForNoSilentConnection(t *testing.T) {
	s := serve(t, t.TempDir())
	for range 3 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	s.person() // the server has taken the connections above by now
	s.stop()
}

// beginRequest sends the head of a PUT and waits until the server asks for the
// body, which the returned function sends; it answers the status.
func beginRequest(t *testing.T, p phone, path, body string) func() int {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		path, p.token, len(body))
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("no invitation to send the body: %q %v", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return func() int {
		t.Helper()
		fmt.Fprint(conn, body)
		res, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatalf("the answer to the request under way: %v", err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
}
