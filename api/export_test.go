package api

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
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
	for i := range 300 { // more than a socket takes: each "<" is written as six bytes
		_, _, err := models.Put(context.Background(), w.store, p.account, fmt.Sprintf("roller-%03d", i), models.Roller{Notes: strings.Repeat("<", 4000)}, models.Write{})
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
			if n := bytes.Count(a.raw, []byte("roller-")); n != 300 {
				t.Errorf("%d rollers, want 300", n)
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

func TestOnlySoManyExports(t *testing.T) {
	e := exports{now: map[string]bool{}}
	var ends []func()
	for i := range maxExports {
		end, err := e.begin(fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	if _, err := e.begin("one more"); problemOf(context.Background(), err).Status != http.StatusServiceUnavailable {
		t.Errorf("one more: %v", err)
	}
	ends[0]()
	ends[0]() // a body may be closed twice
	if _, err := e.begin("one more"); err != nil {
		t.Error(err)
	}
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
