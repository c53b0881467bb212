package jobs

import (
	"time"

	"aftercare/jobs/push"
	"aftercare/models"
	"aftercare/models/care"
	"aftercare/models/texts"
)

// Address returns a stored push address as a push service needs it.
func Address(transport string, a models.PushAddress) push.Address {
	return push.Address{
		Transport: push.Transport(transport), Endpoint: a.Endpoint, P256dh: a.P256dh, Auth: a.Auth, VAPIDKey: a.VAPIDKey,
		Token: a.Token, Environment: a.Environment,
	}
}

func claimAddress(c *models.Claim) push.Address {
	to := Address(c.Transport, c.Address)
	to.RegisteredAt = c.Registered.Time
	return to
}

// longestTTL is the longest time for which push services keep a message.
const longestTTL = 28 * 24 * time.Hour

// actions returns the buttons of a notification; their labels are texts.Action.
// "Still there" acknowledges a warning (RM-04).
func actions(c *models.Claim) []string {
	switch {
	case c.OneTap && c.Kind == models.KindWarning:
		return []string{"calm", "still_there", "snooze"}
	case c.OneTap:
		return []string{"calm", "snooze"}
	}
	return []string{"acknowledge", "snooze"}
}

// place returns the page of the app that a tap opens.
func place(c *models.Claim) string {
	if c.Kind == models.KindWarning {
		return "/app/warnings/" + c.Anchor
	}
	return "/app/reminders/" + c.ReminderID
}

// message returns what the device shows: neutral words unless the person asked
// for more (P7). A repeat or a snooze has a new id under the same tag; the tag
// of a warning's reminders is the warning, so that a repeat replaces it on the
// screen.
func message(c *models.Claim, now time.Time) push.Message {
	m := push.Message{
		NotificationID: c.NotificationID, Tag: c.ReminderID, TTL: min(max(c.ExpiresAt.Sub(now), 0), longestTTL),
		ReminderID: c.ReminderID, Kind: string(c.Kind),
	}
	named := ""
	if c.Kind == models.KindWarning {
		m.Tag, named, m.Group = c.Anchor, c.Tier.String(), int(c.Tier-care.Watch)
	}
	if c.Clearing {
		m.Silent, m.Urgency, m.TTL = true, push.Low, min(m.TTL+models.ClearLife, longestTTL)
		return m
	}
	p := texts.For(c.Locale).In(c.Region)
	m.ActionToken, m.Actions, m.URL = c.ActionToken, actions(c), place(c)
	for _, action := range m.Actions {
		m.Labels = append(m.Labels, p.Action(action))
	}
	if c.Tier >= care.SameDay {
		m.Urgency, m.TimeSensitive = push.High, true
	}
	kind := string(c.Kind)
	if c.Kind == models.KindSummary { // of what was missed, or of a new sign-in
		kind = c.TextKey
	}
	m.Title, m.Body = p.LockScreen(kind, named, c.TextKey, c.LockScreen == "detailed")
	return m
}
