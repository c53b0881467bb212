package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
)

// Conditions are the headers under which a row is written.
type Conditions struct {
	IfMatch     string `header:"If-Match" maxLength:"100" doc:"The ETag of the row that is to be changed, * for any; else 412" example:"\"v3\""`
	IfNoneMatch string `header:"If-None-Match" maxLength:"100" doc:"* makes a PUT create only; else 412" example:"*"`
	ClientTime  string `header:"Client-Time" format:"date-time" doc:"The phone's clock when it sent; corrects times if it is more than 5 minutes off"`
}

func (c Conditions) write() (models.Write, error) {
	w := models.Write{CreateOnly: strings.TrimSpace(c.IfNoneMatch) == "*"}
	switch strings.TrimSpace(c.IfMatch) {
	case "":
	case "*":
		w.IfExists = true
	default:
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

// PatchBody is a JSON Merge Patch (RFC 7396): absent keeps, null clears.
type PatchBody struct {
	Body json.RawMessage `contentType:"application/merge-patch+json"`
}

// patchTries is how often a patch without If-Match is merged again when
// another device was faster.
const patchTries = 5

// patch reads a row, merges the patch into it and writes it as it was read:
// another device's edit in between is never overwritten.
func patch[T, O any](s *server, raw []byte, c Conditions, read func() (T, int64, error), write func(T, models.Write) (*O, error)) (*O, error) {
	asked, err := c.write()
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		old, version, err := read()
		if err != nil {
			return nil, err
		}
		next, err := apply(s, old, raw)
		if err != nil {
			return nil, err
		}
		w := asked
		if w.IfVersion == 0 {
			w.IfVersion = version
		}
		out, err := write(next, w)
		if asked.IfVersion != 0 || try == patchTries || !models.IsCode(err, models.CodeVersionMismatch) {
			return out, err
		}
	}
}

// edited is a patch whose members were changed. What it cannot read it leaves to
// apply, which refuses it.
func edited(patch []byte, edit func(map[string]any)) []byte {
	var members map[string]any
	if err := unmarshal(patch, &members); err != nil || members == nil {
		return patch
	}
	edit(members)
	out, err := json.Marshal(members)
	if err != nil {
		return patch
	}
	return out
}

// apply merges the patch into a row and reads the outcome as if it had been
// PUT: the same schema, the same decoder.
func apply[T any](s *server, row T, patch []byte) (T, error) {
	var out T
	var change any
	if err := json.Unmarshal(patch, &change); err != nil {
		return out, fmt.Errorf("decode the patch: %w", err)
	}
	old, err := json.Marshal(row)
	if err != nil {
		return out, fmt.Errorf("encode the row: %w", err)
	}
	var before any
	if err := json.Unmarshal(old, &before); err != nil {
		return out, fmt.Errorf("decode the row: %w", err)
	}
	after := merge(before, change)
	if err := validate[T](s, after); err != nil {
		return out, err
	}
	return out, decode(after, &out)
}

// merge is RFC 7396, section 2.
func merge(target, patch any) any {
	changes, object := patch.(map[string]any)
	if !object {
		return patch
	}
	row, object := target.(map[string]any)
	if !object {
		row = map[string]any{}
	}
	for key, change := range changes {
		if change == nil {
			delete(row, key)
			continue
		}
		row[key] = merge(row[key], change)
	}
	return row
}

// validate holds a decoded body against the schema of T.
func validate[T any](s *server, body any) error {
	registry := s.api.OpenAPI().Components.Schemas
	schema := registry.Schema(typeOf[T](), true, "")
	var res huma.ValidateResult
	path := huma.NewPathBuffer([]byte("body"), 4)
	huma.Validate(registry, schema, path, huma.ModeWriteToServer, body, &res)
	if len(res.Errors) > 0 {
		return fromHuma(http.StatusUnprocessableEntity, "validation failed", res.Errors...)
	}
	return nil
}

func decode(body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode the merged row: %w", err)
	}
	if err := unmarshal(raw, into); err != nil {
		return newProblem(http.StatusUnprocessableEntity, err.Error())
	}
	return nil
}
