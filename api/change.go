package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
)

// Conditions are the headers under which a row is written.
type Conditions struct {
	IfMatch     string `header:"If-Match" maxLength:"100" doc:"ETag of the row as it was read, or an asterisk for any; the answer is 412 if the row has changed since" example:"\"v3\""`
	IfNoneMatch string `header:"If-None-Match" maxLength:"100" doc:"An asterisk makes a PUT create only; the answer is 412 if there is a row already" example:"*"`
	ClientTime  string `header:"Client-Time" format:"date-time" doc:"The phone's clock when it sent; times are corrected when it is more than 5 minutes off"`
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

// noVersion is a version that no row has: an unreadable ETag never matches.
const noVersion = -1

// parseETag reads one ETag. Weak ones never match, as RFC 9110 requires for
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

// patching is the change of one row, as T shows it.
type patching[T any] struct {
	s          *server
	body       json.RawMessage
	conditions Conditions
	// edit, if any, prepares the patch.
	edit func(map[string]any)
	// defaults are what the members named there go back to when they are cleared.
	defaults map[string]any
	read     func() (row T, version int64, err error)
}

// run reads the row, merges the patch into it and writes it under the version
// that was read: another device's edit in between is never overwritten.
func (p patching[T]) run(write func(T, models.Write) error) error {
	asked, err := p.conditions.write()
	if err != nil {
		return err
	}
	patch, err := p.parse()
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		old, version, err := p.read()
		if err != nil {
			return err
		}
		next, err := p.apply(old, patch)
		if err != nil {
			return err
		}
		w := asked
		if members, ok := patch.(map[string]any); ok {
			w.Named = slices.Collect(maps.Keys(members))
		}
		if w.IfVersion == 0 {
			w.IfVersion = version
		}
		err = write(next, w)
		if asked.IfVersion != 0 || try == patchTries || !models.IsCode(err, models.CodeVersionMismatch) {
			return err
		}
	}
}

// parse validates the patch against its schema.
func (p patching[T]) parse() (any, error) {
	var patch any
	if err := json.Unmarshal(p.body, &patch); err != nil {
		return nil, fmt.Errorf("decode the patch: %w", err) // huma has read it once
	}
	if members, ok := patch.(map[string]any); ok && p.edit != nil {
		p.edit(members)
	}
	return patch, p.s.validate(derived(p.s.schemas(), typeOf[T](), patchShape), patch)
}

// apply merges the patch into a row and reads the result as if it had been PUT:
// the same schema, the same decoder.
func (p patching[T]) apply(row T, patch any) (T, error) {
	var out T
	raw, err := json.Marshal(row)
	if err != nil {
		return out, fmt.Errorf("encode the row: %w", err)
	}
	var before any
	if err := json.Unmarshal(raw, &before); err != nil {
		return out, fmt.Errorf("decode the row: %w", err)
	}
	after := merge(before, patch)
	if p.defaults != nil {
		after = merge(maps.Clone(p.defaults), after)
	}
	members, _ := patch.(map[string]any)
	faults := slices.DeleteFunc(p.s.faults(derived(p.s.schemas(), typeOf[T](), inputShape), after), func(fault error) bool {
		return ofAnother(members, fault)
	})
	if err := invalid(faults); err != nil {
		return out, err
	}
	return out, decode(after, &out)
}

// ofAnother reports whether a fault is in a member that the patch does not
// name: it was synced, and kept without a value.
func ofAnother(patch map[string]any, fault error) bool {
	var detail *huma.ErrorDetail
	if !errors.As(fault, &detail) {
		return false
	}
	path, inside := strings.CutPrefix(detail.Location, "body.")
	member := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' })
	if !inside || len(member) == 0 {
		return false
	}
	_, named := patch[member[0]]
	return !named
}

// merge implements RFC 7396, section 2. It changes neither argument.
func merge(target, patch any) any {
	changes, object := patch.(map[string]any)
	if !object {
		return patch
	}
	row, _ := target.(map[string]any)
	out := map[string]any{}
	maps.Copy(out, row)
	for key, change := range changes {
		if change == nil {
			delete(out, key)
			continue
		}
		out[key] = merge(out[key], change)
	}
	return out
}

func (s *server) schemas() huma.Registry { return s.api.OpenAPI().Components.Schemas }

// validate checks a decoded body against a schema.
func (s *server) validate(schema *huma.Schema, body any) error {
	return invalid(s.faults(schema, body))
}

func (s *server) faults(schema *huma.Schema, body any) []error {
	var res huma.ValidateResult
	huma.Validate(s.schemas(), schema, huma.NewPathBuffer([]byte("body"), 4), huma.ModeWriteToServer, body, &res)
	return res.Errors
}

func invalid(faults []error) error {
	if len(faults) == 0 {
		return nil
	}
	return fromHuma(http.StatusUnprocessableEntity, "validation failed", faults...)
}

func decode(body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode what was sent: %w", err)
	}
	if err := unmarshal(raw, into); err != nil {
		return invalid([]error{&huma.ErrorDetail{Location: "body", Message: err.Error()}})
	}
	return nil
}
