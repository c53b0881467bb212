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

// ttlSeconds is the TTL as Web Push and FCM want it; what is over already is now or never.
func (m Message) ttlSeconds() string {
	return strconv.FormatInt(int64(max(m.TTL, 0)/time.Second), 10)
}

// hashTag fits a tag into what FCM and APNs allow for collapsing (64 bytes).
func hashTag(tag string) string {
	sum := sha256.Sum256([]byte(tag))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// isCode says whether a provider's word is one of its codes, and so fit to be
// logged, rather than a sentence that may quote what was sent.
func isCode(s string) bool {
	return s != "" && len(s) <= 40 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}
