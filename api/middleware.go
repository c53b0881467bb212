package api

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// request is what the layers of one request share.
type request struct {
	id    string
	path  string
	query string
	from  string // the sender's address, for rate limits only
	// language is what Accept-Language asks for.
	language string
	page     bool       // a browser that opens a page, not a program
	spoken   string     // the language of the answer, "" for none
	arrived  time.Time  // whole
	same     bool       // the answer is the same for everybody, but for the language
	account  string     // of the caller, "" for none
	cause    error      // behind a 500, for the log
	limit    *allowance // for the headers of the answer
}

type requestKey struct{}

// requestOf returns the request behind a context; never nil.
func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

// securityHeaders hold for every answer; the docs relax them for themselves.
var securityHeaders = map[string]string{
	"X-Content-Type-Options":  "nosniff",
	"Cache-Control":           "no-store",
	"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	"Referrer-Policy":         "no-referrer",
}

// boundary surrounds every request: id, headers, panics, access log.
func (s *server) boundary(c *fiber.Ctx) error {
	begin := s.Now()
	r := s.open(c)
	if c.Method() == http.MethodHead { // fasthttp leaves the body out
		c.Method(http.MethodGet)
	}
	if err := guarded(c); err != nil {
		_ = s.fail(c, err) // writes the response itself; the error is always nil
	}
	s.finish(c, r)
	s.Metrics.answered(pattern(c), c.Response().StatusCode(), s.Now().Sub(r.arrived))
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("method", c.Method()), slog.String("route", pattern(c)),
		slog.Int("status", c.Response().StatusCode()),
		slog.Duration("took", s.Now().Sub(begin)), slog.String("request_id", r.id),
	}
	if r.cause != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.String("error", r.cause.Error()))
	}
	s.Log.LogAttrs(c.UserContext(), level, "request", attrs...)
	return nil
}

// open gives the request its id and the headers that every answer has.
func (s *server) open(c *fiber.Ctx) *request {
	r := &request{
		id: rand.Text(), path: c.Path(), query: string(c.Request().URI().QueryString()),
		arrived: s.Now(), from: s.sender(c), language: c.Get(fiber.HeaderAcceptLanguage),
		page: strings.Contains(c.Get(fiber.HeaderAccept), fiber.MIMETextHTML),
	}
	c.SetUserContext(context.WithValue(c.UserContext(), requestKey{}, r))
	c.Set("Request-Id", r.id)
	for name, value := range securityHeaders {
		c.Set(name, value)
	}
	return r
}

// pattern returns the route without ids: those never reach a log.
func pattern(c *fiber.Ctx) string {
	if p := c.Route().Path; p != "/" {
		return p
	}
	return "none"
}

// guarded runs the rest and turns a panic into an error. The value of a panic
// may hold anything, so only that of the runtime itself is kept.
func guarded(c *fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if fault, ok := p.(runtime.Error); ok {
				err = fmt.Errorf("panic: %w\n%s", fault, debug.Stack())
				return
			}
			err = fmt.Errorf("panic with a %T\n%s", p, debug.Stack())
		}
	}()
	return c.Next()
}

// fail responds to what no handler answered: no route, no such method, a body
// over the limit, a panic. Fiber also calls it where no middleware ran.
func (s *server) fail(c *fiber.Ctx, err error) error {
	ctx := c.UserContext()
	if requestOf(ctx).id == "" {
		s.open(c)
		ctx = c.UserContext()
	}
	var f *fiber.Error
	p := (*Problem)(nil)
	if errors.As(err, &f) {
		p = newProblem(f.Code, details[f.Code]).at(ctx)
	} else {
		p = problemOf(ctx, err)
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode problem: %w", err)
	}
	for name := range p.GetHeaders() {
		c.Set(name, p.GetHeaders().Get(name))
	}
	if p.Status == http.StatusMethodNotAllowed {
		allowHead(c)
	}
	c.Response().ResetBody()
	c.Set(fiber.HeaderContentType, p.ContentType(""))
	return c.Status(p.Status).Send(body)
}

// allowHead adds HEAD, which no route is registered for, to an Allow with GET.
func allowHead(c *fiber.Ctx) {
	allow := string(c.Response().Header.Peek(fiber.HeaderAllow))
	if strings.Contains(allow, http.MethodGet) && !strings.Contains(allow, http.MethodHead) {
		c.Set(fiber.HeaderAllow, allow+", "+http.MethodHead)
	}
}

// details say what to do about problems that no handler answers; the document
// shows them for every operation.
var details = map[int]string{
	http.StatusBadRequest:                  "the body cannot be read",
	http.StatusUnauthorized:                "sign in and send the token as Authorization: Bearer",
	http.StatusForbidden:                   "the consent health_data is not given; PUT /v1/account/consents/health_data",
	http.StatusConflict:                    "the row was edited since; take the current one and try again",
	http.StatusPreconditionFailed:          "the row was edited since; take the current one and try again",
	http.StatusUnsupportedMediaType:        "send the body as application/json, a PATCH as application/merge-patch+json",
	http.StatusUnprocessableEntity:         "validation failed",
	http.StatusTooManyRequests:             "at most 600 of these in 3600 seconds; wait and try again",
	http.StatusInternalServerError:         "something went wrong on the server",
	http.StatusServiceUnavailable:          "too much to do at the moment; try again",
	http.StatusNotFound:                    "there is nothing at this path",
	http.StatusRequestTimeout:              "the body did not arrive in time; send it again",
	http.StatusMethodNotAllowed:            "this path has other methods: see Allow",
	http.StatusRequestEntityTooLarge:       "the body is larger than /v1/meta allows",
	http.StatusRequestHeaderFieldsTooLarge: "the address and the headers are together larger than 8 KiB",
}
