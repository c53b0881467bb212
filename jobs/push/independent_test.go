package push_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aftercare/jobs/push"
)

// independentService starts a push service written by others, and returns its origin.
func independentService(t *testing.T) string {
	t.Helper()
	modules := must[string](t)(filepath.Abs("testdata/node/node_modules"))
	if _, err := os.Stat(modules); err != nil {
		t.Skip("no independent push service on this machine: make deps installs one")
	}
	script := must[[]byte](t)(os.ReadFile("testdata/node/serve.js"))
	node := exec.Command("node", "-e", string(script))
	node.Env = append(os.Environ(), "NODE_PATH="+modules)
	node.Stderr = os.Stderr
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := node.Wait(); err != nil {
			t.Errorf("push service ended with %v", err)
		}
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("push service did not start: %v", err)
	}
	return "http://127.0.0.1:" + strings.TrimSpace(port)
}

// ask posts a form to the service's own interface and decodes the data it answers.
func ask(t *testing.T, endpoint string, form url.Values, into any) {
	t.Helper()
	resp, err := http.PostForm(endpoint, form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer := struct{ Data any }{into}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil && into != nil {
		t.Fatalf("%s: %v", resp.Status, err)
	}
}

// What we send is signed and encrypted as others understand the RFCs: a public
// push service checks the signature with jsonwebtoken and opens the record with
// http_ece.
func TestIndependentPushServiceUnderstandsUs(t *testing.T) {
	service := independentService(t)
	defer http.DefaultClient.CloseIdleConnections()
	key := newKey(t)
	// The service compares with the wall clock that the signature has not ended.
	future := time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	s := must[*push.WebPush](t)(push.NewWebPush(push.WebPushOptions{
		Now: func() time.Time { return future }, Key: key, Subject: "mailto:care@example.org", AllowPrivate: true,
	}))
	defer s.Close()
	var sub struct {
		Endpoint   string
		Keys       struct{ P256dh, Auth string }
		ClientHash string
	}
	ask(t, service+"/subscribe", url.Values{"userVisibleOnly": {"true"}, "applicationServerKey": {key.Public()}}, &sub)
	to := push.Address{Transport: push.TransportWebPush, Endpoint: sub.Endpoint, P256dh: sub.Keys.P256dh, Auth: sub.Keys.Auth}

	bodies := []string{"", "Open the app.", "Schön – 👩‍⚕️ \x00\x02", strings.Repeat("x", 127), strings.Repeat("long ", 700)}
	for n := range 140 { // every length within a step of the padding
		bodies = append(bodies, strings.Repeat("y", n))
	}
	for _, body := range bodies {
		m := message()
		m.Body = body
		if got := s.Send(t.Context(), to, m); got.Class != push.Accepted {
			t.Fatalf("%d bytes: %+v", len(body), got)
		}
	}
	var got struct{ Messages []string }
	ask(t, service+"/get-notifications", url.Values{"clientHash": {sub.ClientHash}}, &got)
	if len(got.Messages) != len(bodies) {
		t.Fatalf("%d messages were opened, want %d", len(got.Messages), len(bodies))
	}
	for i, text := range got.Messages {
		var data struct {
			Body           string
			NotificationID string   `json:"notification_id"`
			Actions        []string // a list, where FCM takes texts alone
		}
		if err := json.Unmarshal([]byte(text), &data); err != nil || data.Body != bodies[i] || data.NotificationID != "n-1" || len(data.Actions) == 0 {
			t.Errorf("message %d was opened as %q: %v", i, text, err)
		}
	}

	stranger := must[*push.WebPush](t)(push.NewWebPush(push.WebPushOptions{
		Now: func() time.Time { return future }, Key: newKey(t), AllowPrivate: true,
	}))
	defer stranger.Close()
	if got := stranger.Send(t.Context(), to, message()); got.Class == push.Accepted {
		t.Error("a foreign signature was taken: the service checks nothing")
	}
	ask(t, service+"/expire-subscription/"+sub.ClientHash, nil, nil)
	if got := s.Send(t.Context(), to, message()); got.Class != push.Gone {
		t.Errorf("expired subscription: %+v", got)
	}
}
