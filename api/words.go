package api

import (
	"context"
	"time"

	"aftercare/models/care"
	"aftercare/models/texts"
)

// words writes texts in a person's language and for their region.
type words struct {
	*texts.Printer
	region string
	zone   *time.Location
}

// wordsOf returns the words for Accept-Language, else for the account's locale,
// else English; numbers to call are those of the account's region.
func wordsOf(ctx context.Context) words {
	c, r := callerOf(ctx), requestOf(ctx)
	p := texts.For(r.language, c.Locale)
	r.spoken = p.Language()
	return words{p.In(c.Region), c.Region, c.Zone()}
}

// helpIf returns the safety net under every tier that waits; in the higher
// tiers the message itself says what to do now.
func (w words) helpIf(tier care.Tier) []string {
	if tier >= care.SameDay {
		return []string{}
	}
	return w.GetHelpIf()
}
