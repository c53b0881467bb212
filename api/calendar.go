package api

import (
	"context"
	"net/http"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/gofiber/fiber/v2"

	"aftercare/models"
	"aftercare/models/texts"
)

// CalendarAddress is where a calendar may ask for dates.
type CalendarAddress struct {
	URL string `json:"url" format:"uri-reference" doc:"Secret, shown this once. Making another one ends it" example:"/c/AZo….ics"`
}

type calendarOutput struct{ Body CalendarAddress }

func (s *server) makeCalendar(ctx context.Context, _ *struct{}) (*calendarOutput, error) {
	secret, err := s.Store.NewCalendar(ctx, callerOf(ctx))
	if err != nil {
		return nil, err
	}
	return &calendarOutput{CalendarAddress{s.PublicURL + calendarPath + secret + calendarEnd}}, nil
}

func (s *server) endCalendar(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, s.Store.DeleteCalendar(ctx, callerOf(ctx))
}

const (
	calendarEnd = ".ics"
	// calendarStep is how long an entry lasts, calendarRefresh how often a
	// calendar should ask.
	calendarStep    = 10 * time.Minute
	calendarRefresh = "PT6H"
)

// openCalendar answers the dates with neutral titles, and 304 where nothing
// has changed.
func (s *server) openCalendar(c *fiber.Ctx) error {
	c.Set("X-Robots-Tag", "noindex, nofollow")
	secret := c.Params("secret")
	if n := len(secret) - len(calendarEnd); n > 0 && secret[n:] == calendarEnd {
		secret = secret[:n]
	}
	feed, err := s.Store.CalendarOf(c.UserContext(), secret)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/calendar; charset=utf-8")
	body := []byte(entries(feed, texts.For(feed.Language)))
	tag := bodyTag(body)
	c.Set(fiber.HeaderETag, tag)
	if names(c.Get(fiber.HeaderIfNoneMatch), tag) {
		return c.SendStatus(http.StatusNotModified)
	}
	return c.Send(body)
}

// entries writes the feed in the form of RFC 5545. Times are UTC, which a
// calendar shows in its own zone; the words are those of a lock screen.
func entries(feed models.CalendarFeed, p *texts.Printer) string {
	cal := ics.NewCalendarFor("Aftercare")
	cal.SetMethod(ics.MethodPublish)
	cal.SetXWRCalName(p.Say("lock.title"))
	cal.SetXWRTimezone(feed.Zone.String())
	cal.SetRefreshInterval(calendarRefresh)
	for _, d := range feed.Dates {
		e := cal.AddEvent(d.ID + "@aftercare")
		e.SetDtStampTime(d.UpdatedAt)
		e.SetStartAt(d.At)
		e.SetEndAt(d.At.Add(calendarStep))
		e.SetSummary(p.Say("calendar." + string(d.Kind)))
		e.SetTimeTransparency(ics.TransparencyTransparent)
		e.SetClass(ics.ClassificationPrivate)
	}
	return cal.Serialize()
}
