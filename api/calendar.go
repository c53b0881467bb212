package api

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"aftercare/models"
	"aftercare/models/texts"
)

// CalendarAddress is where a calendar may ask for dates.
type CalendarAddress struct {
	URL string `json:"url" format:"uri-reference" doc:"Secret, shown this once. Making another one ends it" example:"/c/AZoX3kq0vB9yTn.ics"`
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

// openCalendar sends the dates with neutral titles, or 304 if nothing has
// changed.
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
	var c calendar
	c.line("BEGIN", "VCALENDAR")
	c.line("VERSION", "2.0")
	c.line("PRODID", "-//Aftercare//EN")
	c.line("METHOD", "PUBLISH")
	c.text("X-WR-CALNAME", p.Say("lock.title"))
	c.text("X-WR-TIMEZONE", feed.Zone.String())
	c.line("REFRESH-INTERVAL;VALUE=DURATION", calendarRefresh)
	for _, d := range feed.Dates {
		c.line("BEGIN", "VEVENT")
		c.text("UID", d.ID+"@aftercare")
		c.time("DTSTAMP", d.UpdatedAt)
		c.time("DTSTART", d.At)
		c.time("DTEND", d.At.Add(calendarStep))
		c.text("SUMMARY", p.Say("calendar."+string(d.Kind)))
		c.line("TRANSP", "TRANSPARENT")
		c.line("CLASS", "PRIVATE")
		c.line("END", "VEVENT")
	}
	c.line("END", "VCALENDAR")
	return c.out.String()
}

// calendar is a text in the form of RFC 5545.
type calendar struct{ out strings.Builder }

// foldAt is the length in octets at which a line is folded (RFC 5545, 3.1).
const foldAt = 75

// line writes a property, folded between two letters.
func (c *calendar) line(name, value string) {
	n := 0
	for _, letter := range name + ":" + value {
		if n += utf8.RuneLen(letter); n > foldAt {
			c.out.WriteString("\r\n ")
			n = 1 + utf8.RuneLen(letter)
		}
		c.out.WriteRune(letter)
	}
	c.out.WriteString("\r\n")
}

// calendarEscapes escapes text (RFC 5545, 3.3.11).
var calendarEscapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)

func (c *calendar) text(name, value string) { c.line(name, calendarEscapes.Replace(value)) }

func (c *calendar) time(name string, at time.Time) {
	c.line(name, at.UTC().Format("20060102T150405Z"))
}
