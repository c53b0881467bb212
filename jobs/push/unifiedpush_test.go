package push_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"aftercare/jobs/push"
	"aftercare/jobs/push/pushtest"
)

// distributor is the app on a phone that holds the connection to a UnifiedPush
// server and hands what comes to the other apps.
type distributor struct {
	conn net.Conn
	in   *xml.Decoder
}

type iq struct {
	XMLName    xml.Name `xml:"iq"`
	ID         string   `xml:"id,attr"`
	Type       string   `xml:"type,attr"`
	Registered struct {
		Endpoint string `xml:"endpoint,attr"`
	} `xml:"registered"`
	Push string `xml:"push"`
}

// freePort finds a port that is free now; the server is told to listen there.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// startProsody runs a real UnifiedPush server, and skips where it is not installed.
func startProsody(t *testing.T) *distributor {
	t.Helper()
	if _, err := exec.LookPath("prosody"); err != nil {
		t.Skip("no UnifiedPush server on this machine: make deps installs one")
	}
	dir := t.TempDir()
	template := string(must[[]byte](t)(os.ReadFile("testdata/prosody.cfg.lua")))
	component := freePort(t)
	config := filepath.Join(dir, "prosody.cfg.lua")
	if err := os.WriteFile(config, fmt.Appendf(nil, template, dir, freePort(t), component), 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command("prosody", "--config", config, "-F")
	var output bytes.Buffer
	server.Stdout, server.Stderr = &output, &output
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); server.Wait() }()
	t.Cleanup(func() {
		server.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			t.Logf("prosody said: %s", &output)
		}
	})
	return connect(t, fmt.Sprintf("127.0.0.1:%d", component), ended)
}

// connect waits for the server and signs in as XEP-0114 says.
func connect(t *testing.T, address string, ended <-chan struct{}) *distributor {
	t.Helper()
	d := &distributor{}
	for d.conn == nil {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			d.conn = conn
			break
		}
		select {
		case <-ended:
			t.Fatal("the UnifiedPush server ended at once")
		case <-t.Context().Done():
			t.Fatal("the UnifiedPush server did not start")
		case <-time.After(20 * time.Millisecond): // another program's start has no other sign
		}
	}
	t.Cleanup(func() { d.conn.Close() })
	if err := d.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil { // rather than hang
		t.Fatal(err)
	}
	d.in = xml.NewDecoder(d.conn)
	fmt.Fprint(d.conn, `<stream:stream xmlns="jabber:component:accept" xmlns:stream="http://etherx.jabber.org/streams" to="distributor.test">`)
	id := ""
	for _, a := range d.next(t).Attr {
		if a.Name.Local == "id" {
			id = a.Value
		}
	}
	fmt.Fprintf(d.conn, "<handshake>%x</handshake>", sha1.Sum([]byte(id+"loopback")))
	if e := d.next(t); e.Name.Local != "handshake" {
		t.Fatalf("not let in: %v", e)
	}
	return d
}

func (d *distributor) next(t *testing.T) xml.StartElement {
	t.Helper()
	for {
		token, err := d.in.Token()
		if err != nil {
			t.Fatalf("read from the UnifiedPush server: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok {
			return e
		}
	}
}

func (d *distributor) read() (iq, error) {
	for {
		token, err := d.in.Token()
		if err != nil {
			return iq{}, err
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "iq" {
			var got iq
			err := d.in.DecodeElement(&got, &e)
			return got, err
		}
	}
}

// register asks for an endpoint, as the distributor does for an app.
func (d *distributor) register(t *testing.T) string {
	t.Helper()
	name := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	fmt.Fprintf(d.conn, `<iq type="set" id="reg" from="distributor.test" to="push.test">`+
		`<register xmlns="http://gultsch.de/xmpp/drafts/unified-push" application=%q instance=%q/></iq>`, name, name)
	got, err := d.read()
	if err == nil && got.Type == "error" {
		t.Skip("this Prosody has no unified_push module: make deps installs it")
	}
	if err != nil || got.Registered.Endpoint == "" {
		t.Fatalf("not registered: %+v, %v", got, err)
	}
	return got.Registered.Endpoint
}

// UnifiedPush is Web Push: a real server of that kind takes our message as it is,
// and it opens on the device; one that is away is tried again, an unknown one is gone.
func TestRealUnifiedPushServerDelivers(t *testing.T) {
	d := startProsody(t)
	phone := must[*pushtest.Subscription](t)(pushtest.NewSubscription())
	to := phone.Address(d.register(t))
	answers := []string{
		`<iq type="result" id="%s" from="distributor.test" to="push.test"/>`,
		`<iq type="error" id="%s" from="distributor.test" to="push.test"><error type="wait"><recipient-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>`,
	}
	arrived := make(chan string, len(answers))
	go func() {
		defer close(arrived)
		for _, answer := range answers {
			got, err := d.read()
			if err != nil {
				return
			}
			arrived <- got.Push
			fmt.Fprintf(d.conn, answer, got.ID)
		}
	}()
	s := must[*push.WebPush](t)(push.NewWebPush(push.WebPushOptions{
		Now: newClock().Now, Key: newKey(t), Subject: "mailto:care@example.org", AllowPrivate: true,
	}))
	defer s.Close()
	for _, want := range []push.Class{push.Accepted, push.Unavailable} {
		if got := s.Send(t.Context(), to, message()); got.Class != want {
			t.Fatalf("got %+v, want %v", got, want)
		}
		body := must[[]byte](t)(io.ReadAll(base64.NewDecoder(base64.StdEncoding, strings.NewReader(<-arrived))))
		var data map[string]any
		if err := json.Unmarshal(must[[]byte](t)(phone.Decrypt(body)), &data); err != nil || data["title"] != message().Title {
			t.Errorf("the phone opened %v: %v", data, err)
		}
	}
	unknown := phone.Address(to.Endpoint + "x")
	if got := s.Send(t.Context(), unknown, message()); got.Class != push.Gone {
		t.Errorf("unknown endpoint: %+v", got)
	}
}
