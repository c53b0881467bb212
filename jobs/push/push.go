// Package push hands one message to one device over Web Push (UnifiedPush is
// the same), FCM or APNs, and says in a closed set of classes what came of it.
// It is the only room that talks to push services.
package push

import (
	"context"
	"time"
)

// AttemptTimeout bounds one Send, renewed credentials included. A lease on a
// delivery must be longer.
const AttemptTimeout = 10 * time.Second

// maxPayload is what every provider takes at least, in bytes (RFC 8030 section
// 7.2, FCM and APNs alike).
const maxPayload = 4096

// Transport is the name of a wire protocol, as stored with a device.
type Transport string

// The transports that exist.
const (
	TransportWebPush Transport = "webpush"
	TransportFCM     Transport = "fcm"
	TransportAPNs    Transport = "apns"
)

// Transports returns all of them.
func Transports() []Transport { return []Transport{TransportWebPush, TransportFCM, TransportAPNs} }

// Urgency is how much a message may cost the battery (RFC 8030 section 5.3).
// Low may wait for a convenient moment; Normal and High are shown at once.
type Urgency int

// Urgencies, least first. The zero value is Normal.
const (
	Low    Urgency = -1
	Normal Urgency = 0
	High   Urgency = 1
)

// String returns the value of the Web Push header.
func (u Urgency) String() string {
	switch {
	case u < Normal:
		return "low"
	case u > Normal:
		return "high"
	}
	return "normal"
}

// Message is what a device is to show. FCM and APNs can read all of it, so no
// field but Title and Body may hold a health word, and those only if the person
// asked for detailed texts.
type Message struct {
	NotificationID string        // the same on every retry: a screen shows it once (P3)
	Tag            string        // opaque; a later message under the same tag replaces this one on the screen
	Group          int           // 0 to 3: for a device that is off, a message may be dropped for a later one of its group, never for one of a lower
	TTL            time.Duration // how long the service keeps it for a device that is off; 0 = now or never
	Urgency        Urgency
	Title, Body    string
	ReminderID     string
	Kind           string // the reminder's kind, as in the contract
	URL            string // path of the app that a tap opens
	Actions        []string
	Labels         []string // what the buttons of the actions say, in their order
	ActionToken    string   // bearer of the actions
	TimeSensitive  bool     // breaks through a summary or focus (iOS), own channel (Android)
	Silent         bool     // shows nothing and clears what is shown under Tag; see Address.CanClear
}

// Class is the kind of an attempt's outcome. The zero value is no class:
// nothing was tried.
type Class int

// The closed set of classes, and what follows from each (architecture, Answers
// of push services).
const (
	Accepted    Class = iota + 1 // the service took it
	Gone                         // the address is dead: never send to it again
	Mistaken                     // the address does not fit our key, topic or environment: quarantine it
	Throttled                    // too many: wait, RetryAfter is the floor
	Unavailable                  // down, slow or not understood: try again by Backoff
	Refused                      // our own credentials are refused: the destination stops, rows wait
	Payload                      // this message will never be taken: dead, visible
)

var classNames = [...]string{"none", "accepted", "gone", "mistaken", "throttled", "unavailable", "refused", "payload"}

// String returns the name used in metrics and the deliveries of a reminder.
func (c Class) String() string {
	if c < 0 || int(c) >= len(classNames) {
		return classNames[0]
	}
	return classNames[c]
}

// Scope is whom a Throttled or Unavailable result concerns.
type Scope int

// Scopes, narrowest first.
const (
	ScopeDevice   Scope = iota // this address alone
	ScopeHost                  // every address at this Web Push host
	ScopeProvider              // everything that goes to FCM or APNs
)

// Result is the outcome of one attempt.
type Result struct {
	Class      Class
	Reason     string        // short, fit for logs and the person: no secret, no endpoint, no text of the message
	RetryAfter time.Duration // what the service asked for, 0 if it did not; a floor for the backoff
	Scope      Scope
	ProviderID string // the service's own id of an accepted message, if it gave one
}

// Sender hands over one message. It never takes longer than AttemptTimeout and
// never retries by itself, except once with renewed credentials.
type Sender interface {
	Send(ctx context.Context, to Address, m Message) Result
}

var backoff = [...]time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour}

// Backoff returns the wait after the given number of failed attempts (1 = the
// first has failed), spread by ±20 % with rnd in [0,1) so that retries do not
// come together. Where a Result has a RetryAfter, that is the minimum.
func Backoff(attempt int, rnd float64) time.Duration {
	base := backoff[min(max(attempt, 1), len(backoff))-1]
	return time.Duration(float64(base) * (0.8 + 0.4*rnd))
}
