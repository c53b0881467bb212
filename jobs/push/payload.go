package push

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// errTooLong keeps a message from being sent that no service would take.
var errTooLong = fmt.Errorf("message is over %d bytes", maxPayload)

// data is what the app receives on every transport, under the same names. Web
// Push puts the words inside too; FCM and APNs have their own places for them.
func (m Message) data(words bool) map[string]string {
	d := map[string]string{"notification_id": m.NotificationID, "tag": m.Tag}
	set := func(key, value string) {
		if value != "" {
			d[key] = value
		}
	}
	set("reminder_id", m.ReminderID)
	set("kind", m.Kind)
	if m.Silent {
		d["clear"] = "true"
		return d
	}
	if words {
		set("title", m.Title)
		set("body", m.Body)
	}
	if m.TimeSensitive {
		d["time_sensitive"] = "true"
	}
	set("url", m.URL)
	set("action_token", m.ActionToken)
	return d
}

// payload is data with the actions as a list, where a service takes more than
// texts.
func (m Message) payload(words bool) map[string]any {
	p := map[string]any{}
	for k, v := range m.data(words) {
		p[k] = v
	}
	if len(m.Actions) > 0 && !m.Silent {
		p["actions"] = m.Actions
	}
	return p
}

// declarativeWebPush marks the JSON that a browser shows by itself, without the
// app's service worker (Push API, declarative push message): the number of RFC 8030.
const declarativeWebPush = 8030

// declarative is the notification as such a browser shows it. A button opens the
// page at which the person answers: without the worker no answer can be sent.
func (m Message) declarative(app string) map[string]any {
	n := map[string]any{"title": m.Title, "navigate": app + m.URL, "tag": m.Tag}
	if m.Body != "" {
		n["body"] = m.Body
	}
	buttons := make([]map[string]string, 0, len(m.Actions))
	for i, label := range m.Labels {
		action := m.Actions[i]
		buttons = append(buttons, map[string]string{"action": action, "title": label, "navigate": app + m.URL + "?action=" + action})
	}
	n["actions"] = buttons
	return n
}

// ttlSeconds returns the TTL as Web Push and FCM expect it; an expired one is
// 0, now or never.
func (m Message) ttlSeconds() string {
	return strconv.FormatInt(int64(max(m.TTL, 0)/time.Second), 10)
}

// hashTag shortens a tag to what FCM and APNs allow for collapsing (64 bytes).
func hashTag(tag string) string {
	sum := sha256.Sum256([]byte(tag))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// isCode reports whether a provider's reason is one of its codes, and so fit to
// be logged, rather than a sentence that may quote what was sent.
func isCode(s string) bool {
	return s != "" && len(s) <= 40 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}
