package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"aftercare/models"
)

// TestASlowReaderOfAnExportHoldsNobodyUp: while it reads nothing, all else is
// answered, and a second export of the account waits for it; once it has gone,
// the next one is served.
func TestASlowReaderOfAnExportHoldsNobodyUp(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	for i := range models.MaxRollers - 1 { // more than a socket takes: each "<" is written as six bytes
		_, _, err := models.Put(context.Background(), w.store, p.account, fmt.Sprintf("roller-%03d", i), models.Roller{Notes: strings.Repeat("<", 6000)}, models.Write{})
		if err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- w.app.Listener(l) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n", exportPath, p.token)
	if status, err := bufio.NewReaderSize(conn, 16).ReadString('\n'); err != nil || !strings.Contains(status, "200") {
		t.Fatalf("%q, %v", status, err)
	}
	second := p.want(503, p.do("GET", exportPath, nil))
	if second.Header.Get("Retry-After") == "" || second.code() != "overloaded" {
		t.Errorf("a second export: %v %s", second.Header, second.raw)
	}
	p.want(201, p.do("PUT", "/v1/rollers/another-1", object{}))
	p.want(200, w.newPerson().do("GET", exportPath, nil))
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.After(time.Minute); ; {
		a := p.do("GET", exportPath, nil)
		if a.StatusCode == 200 {
			if n := bytes.Count(a.raw, []byte("roller-")); n != models.MaxRollers-1 {
				t.Errorf("%d rollers, want %d", n, models.MaxRollers-1)
			}
			break
		}
		select {
		case <-deadline:
			t.Fatalf("the export that nobody reads has not ended: %s", a.raw)
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := errorsOf(w.app.ShutdownWithContext(context.Background()), <-served); err != nil {
		t.Error(err)
	}
}

// TestAnUnreadExportGivesWay: however many are not read, the next one begins.
// One whose file is being written does not give way.
func TestAnUnreadExportGivesWay(t *testing.T) {
	e := newExports(2)
	begin := func(account string) *exporting {
		t.Helper()
		x, err := e.begin(account)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	read := func(x *exporting) (closed func() bool) {
		here, there := net.Pipe()
		e.read(x, here)
		return func() bool {
			_, err := there.Write([]byte("x"))
			return errors.Is(err, io.ErrClosedPipe)
		}
	}
	first, second := begin("1"), begin("2")
	if _, err := e.begin("3"); problemOf(context.Background(), err).Status != http.StatusServiceUnavailable {
		t.Errorf("beside two that are being written: %v", err)
	}
	closed := read(first)
	third := begin("3")
	if !closed() {
		t.Error("the oldest one is still being read")
	}
	e.end(first) // a body is closed after it was cut off
	if _, err := e.begin("3"); problemOf(context.Background(), err).Status != http.StatusServiceUnavailable {
		t.Errorf("a second one of the account: %v", err)
	}
	e.end(second)
	e.end(third)
	begin("3")
	begin("2")
}

// TestEveryStepHasATimeLimit, finding out who calls as well.
func TestEveryStepHasATimeLimit(t *testing.T) {
	w := newWorld(t)
	var limited bool
	w.app.Get("/limited", func(c *fiber.Ctx) error {
		_, limited = c.UserContext().Deadline()
		return nil
	})
	w.call("GET", "/limited", nil)
	if !limited {
		t.Error("a request may take for ever")
	}
}
