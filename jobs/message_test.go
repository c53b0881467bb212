package jobs

import (
	"slices"
	"strings"
	"testing"
	"time"

	"aftercare/jobs/push"
	"aftercare/models"
	"aftercare/models/care"
)

// A lock screen says what a message is about, in words that fit its cause, and
// never what the person has (P7).
func TestLockScreensFitTheirCause(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for key, want := range map[string]string{"sign_in": "signed in", "summary": "away", "test": "test"} {
		kind := models.KindSummary
		if key == "test" {
			kind = models.KindTest
		}
		for _, detail := range []string{"neutral", "detailed"} {
			c := &models.Claim{Kind: kind, TextKey: key, LockScreen: detail, ExpiresAt: models.T(now.Add(time.Hour))}
			m := message(c, now)
			if detail == "neutral" && !strings.Contains(m.Title, want) {
				t.Errorf("%s reads %q", key, m.Title)
			}
			if text := strings.ToLower(m.Title + m.Body); strings.Contains(text, "scalp") || strings.Contains(text, "skin") {
				t.Errorf("%s (%s) names a body part: %s", key, detail, text)
			}
		}
	}
}

// A warning's repeat replaces it on the screen; a danger sign breaks through.
func TestMessagesOfAWarning(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	c := &models.Claim{Kind: models.KindWarning, Anchor: "the-warning", Tier: care.SameDay, ExpiresAt: models.T(now.Add(60 * 24 * time.Hour))}
	c.ReminderID = "a-repeat"
	m := message(c, now)
	if m.Tag != "the-warning" || m.Urgency != push.High || !m.TimeSensitive || m.TTL != longestTTL {
		t.Errorf("message %+v", m)
	}
	c.Clearing = true
	if m := message(c, now); !m.Silent || m.Title != "" || m.Tag != "the-warning" {
		t.Errorf("clearing %+v", m)
	}
}

// A question that can be answered with one tap offers it, a danger sign never does;
// a tap opens what it is about.
func TestActionsOfAMessage(t *testing.T) {
	for name, c := range map[string]struct {
		claim   models.Claim
		actions string
		url     string
	}{
		"check-in":    {models.Claim{Kind: care.KindCheckIn}, "acknowledge snooze", "/app/reminders/the-reminder"},
		"late":        {models.Claim{Kind: care.KindCheckIn, OneTap: true}, "calm snooze", "/app/reminders/the-reminder"},
		"silence":     {models.Claim{Kind: models.KindWarning, Anchor: "w", OneTap: true}, "calm still_there snooze", "/app/warnings/w"},
		"danger sign": {models.Claim{Kind: models.KindWarning, Anchor: "w", Tier: care.SameDay}, "acknowledge snooze", "/app/warnings/w"},
	} {
		c.claim.ReminderID = "the-reminder"
		if m := message(&c.claim, evening); strings.Join(m.Actions, " ") != c.actions || m.URL != c.url {
			t.Errorf("%s: %v, %s", name, m.Actions, m.URL)
		}
		c.claim.Clearing = true
		if m := message(&c.claim, evening); m.Actions != nil || m.URL != "" {
			t.Errorf("%s cleared: %v, %s", name, m.Actions, m.URL)
		}
	}
}

// What follows from each class (architecture, Answers of push services).
func TestOutcomeOfEachClass(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for class, want := range map[push.Class]models.Outcome{
		push.Accepted:    {State: models.DeliveryAccepted},
		push.Gone:        {State: models.DeliveryDead, PushState: models.PushGone},
		push.Mistaken:    {State: models.DeliveryDead, PushState: models.PushQuarantined},
		push.Payload:     {State: models.DeliveryDead},
		push.Refused:     {State: models.DeliveryPending, RetryAt: now.Add(credentialsPause), Untried: true},
		push.Throttled:   {State: models.DeliveryPending, RetryAt: now.Add(time.Hour)},
		push.Unavailable: {State: models.DeliveryPending, RetryAt: now.Add(time.Hour)},
	} {
		c := &models.Claim{}
		c.Attempts = 1
		got := outcome(c, push.Result{Class: class, RetryAfter: time.Hour}, now, 0.5)
		if got.State != want.State || got.PushState != want.PushState || !got.RetryAt.Equal(want.RetryAt) || got.Untried != want.Untried {
			t.Errorf("%s: %+v, want %+v", class, got, want)
		}
	}
	clear := &models.Claim{}
	clear.Clearing = true
	if got := outcome(clear, push.Result{Class: push.Payload}, now, 0.5); got.State != models.DeliverySkipped {
		t.Errorf("a screen that cannot be cleared: %+v", got)
	}
}

// A delivery's reason is in the vocabulary, whatever a push service answered.
func TestEveryClassIsAReason(t *testing.T) {
	last := push.Class(0)
	for class := push.Accepted + 1; class.String() != push.Class(0).String(); class++ {
		if !slices.Contains(models.Reasons(), models.Reason(class.String())) {
			t.Errorf("%s is no reason", class)
		}
		last = class
	}
	if last != push.Payload {
		t.Fatalf("the classes ended with %s", last)
	}
}

// Who asked for detailed texts reads the number of their region (RM-06).
func TestDetailedTextsNameTheNumberOfTheRegion(t *testing.T) {
	c := &models.Claim{Kind: models.KindWarning, TextKey: "warning.EM-01", Tier: care.Emergency, Locale: "en", LockScreen: "detailed"}
	for region, number := range map[string]string{"GB": "999", "US": "911", "": "your local emergency number"} {
		c.Region = region
		if m := message(c, evening); !strings.Contains(m.Body, number) {
			t.Errorf("%q: %s", region, m.Body)
		}
	}
}
