package api

import (
	"context"
	"time"

	"aftercare/models"
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
	c := callerOf(ctx)
	return words{texts.For(requestOf(ctx).language, c.Locale).In(c.Region), c.Region, c.Zone()}
}

// assess fills in the texts of a verdict.
func assess(w words, a *models.Assessment) {
	if a == nil {
		return
	}
	a.Title, a.Message, a.GetHelpIf = w.Title(a.Code), w.Message(a.Code), w.helpIf(a.Tier)
	if len(a.Standing) > 0 {
		a.Title, a.Message = w.Printer.Standing(a.Code, a.StandingSince.In(w.zone))
	}
	for i := range a.Advice {
		a.Advice[i].Message = w.Message(a.Advice[i].Code)
	}
	if a.Tier == care.Emergency.String() {
		a.EmergencyNumber = texts.EmergencyNumber(w.region)
	}
}

// helpIf is the safety net under every tier that waits; above, the message
// itself says what to do now.
func (w words) helpIf(tier string) []string {
	if tier == care.SameDay.String() || tier == care.Emergency.String() {
		return []string{}
	}
	return w.GetHelpIf()
}

// warn fills in the texts of a warning.
func warn(w words, row *models.Warning) {
	row.Title, row.Message, row.GetHelpIf = w.Title(row.Code), w.Message(row.Code), w.helpIf(care.Tier(row.Tier).String())
}

// remind fills in the texts of a reminder.
func remind(w words, row *models.Reminder) {
	row.Title, row.Message = w.Title(row.TextKey), w.Message(row.TextKey)
}

// advise fills in the texts of advisories.
func advise(w words, as []models.Advisory) {
	for i := range as {
		as[i].Message = w.Message(as[i].Code)
	}
}
