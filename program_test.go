package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the built program: what these tests start is what is shipped. It
// has the race detector if the tests have it; plain never has.
var binary, plain string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "aftercare-test-")
	if err == nil {
		err = buildProgram(dir)
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the program for its tests:", err)
	} else {
		code = m.Run()
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "clean up:", err)
	}
	os.Exit(code)
}

func buildProgram(dir string) error {
	plain = filepath.Join(dir, "aftercare")
	binary = plain
	if err := goBuild(plain, "."); err != nil || !raceDetected() {
		return err
	}
	binary = filepath.Join(dir, "aftercare-race")
	return goBuild(binary, ".", "-race")
}

func goBuild(name, dir string, flags ...string) error {
	out, err := exec.Command("go", append(append([]string{"build", "-o", name}, flags...), dir)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// raceDetected says whether the tests run under the race detector.
func raceDetected() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "-race" && s.Value == "true" })
}

// patience is how long anything may take on a busy machine before a test
// calls it missing.
const patience = time.Minute

// eventually polls until ask answers true.
func eventually(t testing.TB, what string, ask func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); ; {
		if ask() {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// clean is the environment of a started program: nothing of the machine's.
func clean(settings ...string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir()}, settings...)
}

// command runs a subcommand in dir to its end.
func command(t testing.TB, dir string, settings []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	var out, diag bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, clean(settings...), &out, &diag
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", args, err)
	}
	return out.String(), diag.String(), cmd.ProcessState.ExitCode()
}

// must is command for what has to succeed; it answers what was printed.
func must(t testing.TB, dir string, settings []string, args ...string) string {
	t.Helper()
	out, diag, code := command(t, dir, settings, args...)
	if code != 0 {
		t.Fatalf("%v: exit code %d\n%s%s", args, code, out, diag)
	}
	return out
}

// server is a program that serves on a free port.
type server struct {
	t    testing.TB
	cmd  *exec.Cmd
	base string // its address, as http://127.0.0.1:port
	done chan error

	mu   sync.Mutex
	logs strings.Builder
}

// testSettings are the settings of a server that tests talk to.
var testSettings = []string{"ADDR=127.0.0.1:0", "TICK=1s", "RATE_LIMITS=off", "PUSH_ALLOW_PRIVATE=on"}

var requestLine = regexp.MustCompile(`(?m)^.* msg=request .*\n`)

var servesAt = regexp.MustCompile(`msg="aftercare started".* address=(\S+)`)

// serve starts the program on the files in dir and waits until it serves.
func serve(t testing.TB, dir string, settings ...string) *server {
	t.Helper()
	return start(t, exec.Command(binary), dir, settings)
}

// servePlain is serve without the race detector.
func servePlain(t testing.TB, dir string, settings ...string) *server {
	t.Helper()
	return start(t, exec.Command(plain), dir, settings)
}

func start(t testing.TB, cmd *exec.Cmd, dir string, settings []string) *server {
	t.Helper()
	s := &server{t: t, cmd: cmd, done: make(chan error, 1)}
	s.cmd.Dir, s.cmd.Env = dir, clean(append(append([]string{}, testSettings...), settings...)...)
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go s.follow(stderr, address)
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("the server in %s said, requests left out:\n%s", filepath.Base(dir), requestLine.ReplaceAllString(s.said(), ""))
		}
	})
	select {
	case a := <-address:
		s.base = "http://" + a
	case err := <-s.done:
		s.done <- err
		t.Fatalf("the server did not start: %v\n%s", err, s.said())
	case <-time.After(patience):
		t.Fatalf("the server did not start within %s\n%s", patience, s.said())
	}
	return s
}

// follow keeps what the server logs until it ends.
func (s *server) follow(stderr io.Reader, address chan<- string) {
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		s.mu.Lock()
		fmt.Fprintln(&s.logs, lines.Text())
		s.mu.Unlock()
		if m := servesAt.FindStringSubmatch(lines.Text()); m != nil {
			address <- m[1]
		}
	}
	s.done <- s.cmd.Wait()
}

func (s *server) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logs.String()
}

// kill ends the server as a power cut would.
func (s *server) kill() { s.end(syscall.SIGKILL) }

// end signals the server and answers its exit code: -1 if a signal ended it.
func (s *server) end(sig syscall.Signal) int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Errorf("signal the server: %v", err)
	}
	select {
	case err := <-s.done:
		s.done <- err
	case <-time.After(patience):
		s.t.Errorf("the server did not end within %s of %s", patience, sig)
	}
	return s.cmd.ProcessState.ExitCode()
}

// stop ends the server as an operator does, and wants it to end well.
func (s *server) stop() {
	s.t.Helper()
	if code := s.end(syscall.SIGTERM); code != 0 {
		s.t.Errorf("exit code %d after SIGTERM", code)
	}
}

// object is a request or an answer in JSON.
type object = map[string]any

// phone talks to a server over HTTP.
type phone struct {
	base, token string
	account     string
}

var httpClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 512}, Timeout: patience}

// call sends one request and decodes the answer, whatever its status; an error
// is one of the connection.
func (p phone) call(method, path string, body, into any) (status int, err error) {
	var raw io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		raw = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, p.base+path, raw)
	if err != nil {
		return 0, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	res, err := httpClient.Do(req)
	if err != nil {
		return 0, err
	}
	answer, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return 0, err
	}
	if res.StatusCode >= http.StatusBadRequest {
		return res.StatusCode, fmt.Errorf("%s %s: %s: %s", method, path, res.Status, answer)
	}
	if into == nil || len(answer) == 0 {
		return res.StatusCode, nil
	}
	return res.StatusCode, json.Unmarshal(answer, into)
}

// must is call for what has to succeed.
func (p phone) must(t testing.TB, method, path string, body, into any) {
	t.Helper()
	if _, err := p.call(method, path, body, into); err != nil {
		t.Fatal(err)
	}
}

// signUp makes an anonymous account.
func (s *server) signUp() (phone, error) {
	p := phone{base: s.base}
	var made struct {
		Token   string
		Account struct{ ID string }
	}
	_, err := p.call("POST", "/v1/accounts", object{
		"time_zone": "Europe/Berlin", "consent": object{"health_data": true, "version": "1"},
		"device": object{"name": "test", "platform": "web"},
	}, &made)
	if err != nil {
		return p, err
	}
	p.token, p.account = made.Token, made.Account.ID
	return p, err
}

// person is a new account without quiet hours.
func (s *server) person() phone {
	s.t.Helper()
	p, err := s.signUp()
	if err != nil {
		s.t.Fatal(err)
	}
	p.must(s.t, "PATCH", "/v1/account", object{"quiet_hours": object{"start": "00:00", "end": "00:00"}}, nil)
	return p
}
