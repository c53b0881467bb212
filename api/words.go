package api

import (
	"context"
	"time"

	"aftercare/models/care"
	"aftercare/models/texts"
)

// words writes what a person reads, in their language and for their region.
type words struct {
	*texts.Printer
	region string
	zone   *time.Location
}

// wordsOf are those of Accept-Language, else of the account's locale, else
// English; the numbers to call are those of the account's region.
func wordsOf(ctx context.Context) words {
	c, r := callerOf(ctx), requestOf(ctx)
	p := texts.For(r.language, c.Locale)
	r.spoken = p.Language()
	return words{p.In(c.Region), c.Region, c.Zone()}
}

// helpIf is the safety net under every tier that waits; above, the message
// itself says what to do now.
func (w words) helpIf(tier care.Tier) []string {
	if tier >= care.SameDay {
		return []string{}
	}
	return w.GetHelpIf()
}
