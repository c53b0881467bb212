package push

import (
	"encoding/json"
	"strings"
	"testing"
)

// A browser that needs no service worker reads a push as well: the form of
// Declarative Web Push stands beside the fields of the app, says the same, and
// gives way where both do not fit.
func TestAPushIsDeclarativeToo(t *testing.T) {
	m := Message{
		NotificationID: "n-1", Tag: "t-1", Title: "A check-in is waiting", Body: "Open the app.", ReminderID: "r-1", URL: "/app/reminders/r-1",
		Actions: []string{"calm", "snooze"}, Labels: []string{"Nothing left", "Later"}, ActionToken: "act-secret",
	}
	plain, err := plaintext(m, "https://aftercare.example.org")
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		WebPush      int `json:"web_push"`
		Notification json.RawMessage
		Title, URL   string
		Actions      []string
		ActionToken  string `json:"action_token"`
	}
	if err := json.Unmarshal(plain, &got); err != nil {
		t.Fatal(err)
	}
	const want = `{"actions":[` +
		`{"action":"calm","navigate":"https://aftercare.example.org/app/reminders/r-1?action=calm","title":"Nothing left"},` +
		`{"action":"snooze","navigate":"https://aftercare.example.org/app/reminders/r-1?action=snooze","title":"Later"}],` +
		`"body":"Open the app.","navigate":"https://aftercare.example.org/app/reminders/r-1","tag":"t-1","title":"A check-in is waiting"}`
	if got.WebPush != 8030 || string(got.Notification) != want {
		t.Errorf("declared as %d %s", got.WebPush, got.Notification)
	}
	if got.Title != m.Title || got.URL != m.URL || len(got.Actions) != 2 || got.ActionToken != m.ActionToken {
		t.Errorf("for the app: %s", plain)
	}

	m.Body = strings.Repeat("x", 2000)
	if plain, err = plaintext(m, ""); err != nil || strings.Contains(string(plain), "web_push") || !strings.Contains(string(plain), m.Body) {
		t.Errorf("a long one: %s, %v", plain, err)
	}
	m.Body = strings.Repeat("x", 4000)
	if _, err = plaintext(m, ""); err == nil {
		t.Error("one that no service takes was made")
	}
	m.Silent = true
	if plain, err = plaintext(m, ""); err != nil || strings.Contains(string(plain), "web_push") {
		t.Errorf("one that shows nothing: %s, %v", plain, err)
	}
}
