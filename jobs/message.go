package jobs

import (
	"time"

	"aftercare/jobs/push"
	"aftercare/models"
	"aftercare/models/care"
	"aftercare/models/texts"
)

// placeOf is as much of the address as flow control goes by, known before the
// claim's address is read.
func placeOf(c *models.Claim) push.Address {
	a := push.Address{Transport: push.Transport(c.Transport), Endpoint: c.Destination}
	if c.Destination == "apns-sandbox" {
		a.Environment = "sandbox"
	}
	return a
}

func address(c *models.Claim) push.Address {
	a := c.Address
	return push.Address{
		Transport: push.Transport(c.Transport), Endpoint: a.Endpoint, P256dh: a.P256dh, Auth: a.Auth, VAPIDKey: a.VAPIDKey,
		Token: a.Token, Environment: a.Environment, RegisteredAt: c.Registered.Time,
	}
}

// longestTTL is what push services keep a message for at most.
const longestTTL = 28 * 24 * time.Hour

// actions are the buttons of a notification; their labels are texts.Action. Still
// there is the acknowledgement of a warning (RM-04).
func actions(c *models.Claim) []string {
	switch {
	case c.OneTap && c.Kind == models.KindWarning:
		return []string{"calm", "still_there", "snooze"}
	case c.OneTap:
		return []string{"calm", "snooze"}
	}
	return []string{"acknowledge", "snooze"}
}

// place is the page of the app that a tap opens.
func place(c *models.Claim) string {
	if c.Kind == models.KindWarning {
		return "/app/warnings/" + c.Anchor
	}
	return "/app/reminders/" + c.ReminderID
}

// message is what the device shows: neutral words unless the person asked for
// more (P7). A repeat or a snooze has a new id under the same tag; that of a
// warning is the warning's, so that its repeat replaces it on the screen.
func message(c *models.Claim, now time.Time) push.Message {
	m := push.Message{
		NotificationID: c.NotificationID, Tag: c.ReminderID, TTL: min(max(c.ExpiresAt.Sub(now), 0), longestTTL),
		ReminderID: c.ReminderID, Kind: string(c.Kind),
	}
	tier := care.Tier(c.Tier)
	named := ""
	if c.Kind == models.KindWarning {
		m.Tag, named, m.Group = c.Anchor, tier.String(), int(tier-care.Watch)
	}
	if c.Clearing {
		m.Silent, m.Urgency, m.TTL = true, push.Low, min(m.TTL+models.ClearLife, longestTTL)
		return m
	}
	m.ActionToken, m.Actions, m.URL = c.ActionToken, actions(c), place(c)
	if tier >= care.SameDay {
		m.Urgency, m.TimeSensitive = push.High, true
	}
	kind := string(c.Kind)
	if c.Kind == models.KindSummary { // what was missed, or a new sign-in
		kind = c.TextKey
	}
	m.Title, m.Body = texts.For(c.Locale).In(c.Region).LockScreen(kind, named, c.TextKey, c.LockScreen == "detailed")
	return m
}
