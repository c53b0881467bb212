package api

import (
	"strconv"
	"strings"
	"time"

	"aftercare/models"
)

// conditions are the headers under which a row is written.
type conditions struct {
	IfMatch     string `header:"If-Match" maxLength:"100" doc:"The ETag of the row that is to be changed; else 412" example:"\"v3\""`
	IfNoneMatch string `header:"If-None-Match" maxLength:"100" doc:"* makes a PUT create only; else 412" example:"*"`
	ClientTime  string `header:"Client-Time" format:"date-time" doc:"The phone's clock when it sent; corrects times if it is more than 5 minutes off"`
}

func (c conditions) write() (models.Write, error) {
	w := models.Write{CreateOnly: strings.TrimSpace(c.IfNoneMatch) == "*"}
	if c.IfMatch != "" {
		w.IfVersion = parseETag(c.IfMatch)
	}
	var err error
	w.ClientTime, err = headerTime("Client-Time", c.ClientTime)
	return w, err
}

// noVersion is a version that no row has: what cannot be read never matches.
const noVersion = -1

// parseETag reads one ETag. Weak ones never match, as RFC 9110 wants it for
// If-Match.
func parseETag(tag string) int64 {
	inner, found := strings.CutPrefix(strings.TrimSpace(tag), `"v`)
	if inner, ok := strings.CutSuffix(inner, `"`); ok && found {
		if v, err := strconv.ParseInt(inner, 10, 64); err == nil && v > 0 {
			return v
		}
	}
	return noVersion
}

func etag(version int64) string { return `"v` + strconv.FormatInt(version, 10) + `"` }

func queryTime(name, value string) (time.Time, error)  { return parseTime("query."+name, value) }
func headerTime(name, value string) (time.Time, error) { return parseTime("header."+name, value) }

// parseTime reads what huma has validated; "" is the zero time.
func parseTime(where, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	var t models.Time
	if err := t.UnmarshalText([]byte(value)); err != nil {
		return time.Time{}, models.Invalid(where, "is a time of RFC 3339 with its offset")
	}
	return t.Time, nil
}
