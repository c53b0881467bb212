package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestABodyOfTwoLengthsEndsItsConnection (RFC 9112, 6.1): what a proxy took for
// the next request may be the rest of this one.
func TestABodyOfTwoLengthsEndsItsConnection(t *testing.T) {
	w := newWorld(t)
	w.want(200, w.call("GET", "/livez", nil)) // Fiber lays its routes with the first request of a test
	for headers, closed := range map[string]bool{
		"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n": true,
		"Transfer-Encoding: chunked\r\n":                      false,
	} {
		here, there := net.Pipe()
		go func() { _ = w.app.Server().ServeConn(there) }() // the test ends it
		if _, err := io.WriteString(here, "POST /v1/accounts HTTP/1.1\r\nHost: a\r\n"+headers+"\r\n2\r\n{}\r\n0\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(here), nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != 422 || res.Close != closed {
			t.Errorf("%q: %s, closed: %v, want %v", headers, res.Status, res.Close, closed)
		}
		if err := here.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestEveryProblemHasItsDetail, also what no handler answers, such as a body that
// stops half way.
func TestEveryProblemHasItsDetail(t *testing.T) {
	for status, code := range statusCodes {
		if details[status] == "" {
			t.Errorf("%d %s says no more than that", status, code)
		}
	}
}

// TestOnePersonHoldsSoMuch, in bodies that arrive and in answers not read, and
// leaves room for others; what was held comes back.
func TestOnePersonHoldsSoMuch(t *testing.T) {
	h := newHeld(2 * heldByOne)
	free, ok := h.take("a", heldByOne)
	if !ok {
		t.Fatal("there is no room at first")
	}
	if _, ok := h.take("a", 1); ok {
		t.Error("one person takes more than the share")
	}
	if _, ok := h.take("b", heldByOne); !ok {
		t.Error("there is no room for another")
	}
	if _, ok := h.take("c", 1); ok {
		t.Error("more is held than there is room")
	}
	free()
	free() // a body may be closed twice
	if _, ok := h.take("a", heldByOne); !ok {
		t.Error("what was freed does not come back")
	}
	h = newHeld(heldAnswers)
	if _, ok := h.take("a", heldAlone); !ok {
		t.Error("there is no room for a long history of one who holds nothing else")
	}
	if _, ok := h.take("a", 1); ok {
		t.Error("one person takes more beside a long history")
	}
}

// TestARefusedBodyGetsItsAnswer, also from a client that reads only when it has
// sent everything: a phone that finds its connection reset takes itself for
// offline, and sends the same again.
func TestARefusedBodyGetsItsAnswer(t *testing.T) {
	w := newWorld(t)
	c, err := net.Dial("tcp", strings.TrimPrefix(w.listen(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	const size = 3 * maxSyncBody
	head := fmt.Sprintf("POST /v1/sync/reports/push HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", size)
	if _, err := io.WriteString(c, head+strings.Repeat(" ", size)); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%v %v", res, err)
	}
}

// TestOnePersonTakesTurns: requests of one account wait for each other, and not
// for those of another.
func TestOnePersonTakesTurns(t *testing.T) {
	turns := newTurns()
	var ends []func()
	for range atOnce {
		end, err := turns.wait(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := turns.wait(gone, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("one more: %v", err)
	}
	end, err := turns.wait(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range append(ends, end) {
		end()
	}
	if len(turns.of) > 0 {
		t.Errorf("%d are kept", len(turns.of))
	}
}
