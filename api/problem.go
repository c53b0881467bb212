package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"aftercare/models"
)

// Problem is the body of every error response (RFC 9457). It never contains
// internals, nor what a person typed.
type Problem struct {
	Type      string       `json:"type" doc:"URN of the code" example:"urn:aftercare:problem:not-found"`
	Title     string       `json:"title" doc:"Name of the status" example:"Not Found"`
	Status    int          `json:"status" doc:"The HTTP status" example:"404"`
	Detail    string       `json:"detail,omitempty" doc:"What went wrong and what to do about it" example:"there is no session with this id"`
	Instance  string       `json:"instance,omitempty" doc:"Path of the request" example:"/v1/sessions/0198f2c4"`
	Code      ProblemCode  `json:"code" doc:"Stable, for programs to branch on"`
	RequestID string       `json:"request_id,omitempty" doc:"The Request-Id of the answer"`
	Errors    []FieldError `json:"errors,omitempty" doc:"With 422: the fields at fault"`
	Current   any          `json:"current,omitempty" doc:"With 412: the row as it is now. With 409 of a push: the highest number that the phone has given one"`

	retryAfter time.Duration
}

// FieldError is one field that is wrong.
type FieldError struct {
	Location string `json:"location,omitempty" doc:"Path of the field, from body, query, path or header on" example:"body.needle_mm"`
	Message  string `json:"message" doc:"What was expected" example:"expected number <= 3"`
	Value    any    `json:"value,omitempty" doc:"What was sent, for numbers, booleans and enums only"`
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType returns application/problem+json.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders returns Retry-After where a retry makes sense, and
// WWW-Authenticate where nobody is signed in.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(seconds(p.retryAfter)))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

// seconds rounds up, so that nobody who waits that long comes too early.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// statusCodes maps statuses to the codes of the contract where an error has no
// better one.
var statusCodes = map[int]string{
	http.StatusBadRequest:            "malformed",
	http.StatusUnauthorized:          "unauthorized",
	http.StatusNotFound:              "not-found",
	http.StatusMethodNotAllowed:      "method-not-allowed",
	http.StatusRequestTimeout:        "too-slow",
	http.StatusPreconditionFailed:    "version-mismatch",
	http.StatusRequestEntityTooLarge: "too-large",
	http.StatusUnsupportedMediaType:  "unsupported-media-type",
	http.StatusUnprocessableEntity:   "invalid",
	http.StatusTooManyRequests:       "rate-limited",
	http.StatusServiceUnavailable:    "overloaded",
}

// newProblem returns the problem for an error of the HTTP layer.
func newProblem(status int, detail string) *Problem {
	code, known := statusCodes[status]
	if !known {
		code = "internal"
		if status < 500 {
			code = "refused"
		}
	}
	p := &Problem{Title: http.StatusText(status), Status: status, Detail: detail}
	return p.named(code)
}

// ProblemCode is the stable code of a problem.
type ProblemCode string

// problemCodes returns all codes.
func problemCodes() []ProblemCode {
	out := []ProblemCode{"internal", "refused"}
	for _, code := range statusCodes {
		out = append(out, ProblemCode(code))
	}
	for _, code := range models.Codes() {
		out = append(out, ProblemCode(code))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// named sets the stable code.
func (p *Problem) named(code string) *Problem {
	p.Code, p.Type = ProblemCode(code), "urn:aftercare:problem:"+code
	return p
}

// at sets the request that the problem belongs to.
func (p *Problem) at(ctx context.Context) *Problem {
	r := requestOf(ctx)
	p.RequestID, p.Instance = r.id, r.path
	return p
}

// modelStatus maps the codes of models to HTTP statuses, except those that are
// 422.
var modelStatus = map[string]int{
	models.CodeNotFound:           http.StatusNotFound,
	models.CodeCredentialsRefused: http.StatusUnauthorized,
	models.CodeConsentRequired:    http.StatusForbidden,
	models.CodeStepUpRequired:     http.StatusForbidden,
	models.CodeEmailTaken:         http.StatusConflict,
	models.CodeSyncConflict:       http.StatusConflict,
	models.CodeCursorExpired:      http.StatusGone,
	models.CodeVersionMismatch:    http.StatusPreconditionFailed,
	models.CodeOverloaded:         http.StatusServiceUnavailable,
}

// problemOf converts any error to a problem. An unknown error is a 500 without
// details: the log has it under the same request id.
func problemOf(ctx context.Context, err error) *Problem {
	var p *Problem
	var m *models.Error
	switch {
	case errors.As(err, &p):
	case errors.Is(err, models.ErrNoAccount):
		p = newProblem(http.StatusUnauthorized, invalidToken)
	case errors.As(err, &m):
		p = fromModel(m)
	case errors.Is(err, context.DeadlineExceeded):
		p = newProblem(http.StatusServiceUnavailable, "this took too long; try again")
		p.retryAfter = time.Second
	default:
		requestOf(ctx).cause = err
		p = newProblem(http.StatusInternalServerError, "something went wrong on the server")
	}
	return p.at(ctx)
}

func fromModel(m *models.Error) *Problem {
	status, known := modelStatus[m.Code]
	if !known {
		status = http.StatusUnprocessableEntity
	}
	p := newProblem(status, m.Detail).named(m.Code)
	if p.Detail == "" {
		p.Detail = "validation failed"
	}
	p.Current, p.retryAfter = m.Current, m.RetryAfter
	for _, f := range m.Fields {
		p.Errors = append(p.Errors, FieldError{Location: f.Location, Message: f.Message, Value: f.Value})
	}
	return p
}

// maxFieldErrors bounds the answer to a body that is wrong everywhere.
const maxFieldErrors = 20

// fromHuma is huma.NewError: huma's problems contain what was sent, ours must
// not.
func fromHuma(status int, detail string, errs ...error) *Problem {
	p := newProblem(status, detail)
	for _, err := range errs[:min(len(errs), maxFieldErrors)] {
		var d *huma.ErrorDetail
		if errors.As(err, &d) {
			p.Errors = append(p.Errors, fieldError(d))
		}
	}
	return p
}

func fieldError(d *huma.ErrorDetail) FieldError {
	f := FieldError{Location: cut(d.Location, 100), Message: d.Message}
	if missing, ok := between(d.Message, validation.MsgExpectedRequiredProperty); ok {
		f.Location, f.Message = f.Location+"."+missing, "is required"
	}
	if name, ok := strings.CutSuffix(d.Message, wrongForm); ok {
		f.Location, f.Message = f.Location+"."+name, strings.TrimSpace(wrongForm)
	}
	switch v := d.Value.(type) {
	case string:
		// Some messages of huma carry the text itself behind a colon.
		f.Message, _, _ = strings.Cut(f.Message, ": ")
		if strings.HasPrefix(f.Message, enumMessage) && enumWord.MatchString(v) {
			f.Value = v
		}
	default:
		// A password typed as a number is still a password.
		if d.Message != validation.MsgExpectedString {
			f.Value = safeValue(v)
		}
	}
	return f
}

// between returns what a message has in place of the format's verb.
func between(message, format string) (string, bool) {
	before, after, _ := strings.Cut(format, "%s")
	inner, began := strings.CutPrefix(message, before)
	inner, ended := strings.CutSuffix(inner, after)
	return inner, began && ended
}

var (
	enumMessage, _, _ = strings.Cut(validation.MsgExpectedOneOf, "%")
	enumWord          = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
)

// safeValue returns numbers and booleans, nil for anything else.
func safeValue(v any) any {
	switch v.(type) {
	case bool, int, int64, float64:
		return v
	}
	return nil
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// huma keeps these as variables of its package.
func init() {
	huma.NewError = func(status int, detail string, errs ...error) huma.StatusError {
		return fromHuma(status, detail, errs...)
	}
	huma.NewErrorWithContext = func(c huma.Context, status int, detail string, errs ...error) huma.StatusError {
		return fromHuma(status, detail, errs...).at(c.Context())
	}
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
}
