// Package api is HTTP only: it decodes, authorises, calls models and encodes.
// One file per resource; all routes stand in routes.go. What a call may do is
// decided in models, what a symptom means in models/care.
package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/cors"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"aftercare/models"
)

// Options is what the API is given by main.
type Options struct {
	Store *models.Store
	Log   *slog.Logger
	Now   func() time.Time
	// PublicURL is how the outside reaches the server, "" if unknown.
	PublicURL string
	// TrustedProxies may say in X-Forwarded-For whom they speak for.
	TrustedProxies []netip.Prefix
	// CORSOrigins may call from a browser; none by default.
	CORSOrigins []string
	RateLimits  bool
	// Exports may be on their way at a time, each a file on the disk; 0 is
	// MaxExports.
	Exports int
	// Streams are how many the process holds open; 0: none.
	Streams        int
	VAPIDPublicKey string
	// CheckPush names the fields of a push address that cannot be used, and
	// fills in its destination.
	CheckPush func(transport string, a *models.PushAddress) []models.FieldError
	// Metrics count the requests; nil: nobody does.
	Metrics *Metrics
	// Ready reports whether the server can do its work.
	Ready func(context.Context) Readiness
}

// The sizes of a request's head and body, in bytes, and the time that one may take.
const (
	maxHead        = 8 << 10 // a browser brings the cookies of a whole domain
	maxBody        = 256 << 10
	maxSyncBody    = 2 << 20
	requestTimeout = 15 * time.Second
)

// server holds what the handlers share.
type server struct {
	Options
	api     huma.API
	limits  *limiter
	exports *exports
	bodies  *held // that are arriving or at work
	answers *held // that nobody has read yet
	shared  shared
	turns   *turns
	streams streams
	// registered finish the document, when all operations are there.
	registered []func()
	// etags are the paths whose answers have one made of what they hold.
	etags map[string]bool
}

// New builds the HTTP application. Stop it with ShutdownWithContext: it stops
// accepting and lets running requests finish.
func New(o Options) (*fiber.App, error) {
	_, app, err := build(o)
	return app, err
}

func build(o Options) (*server, *fiber.App, error) {
	s := &server{
		Options: o, limits: newLimiter(o.Now),
		streams: streams{open: map[string]int{}, max: o.Streams, stopping: make(chan struct{})}, exports: newExports(o.Exports), bodies: newHeld(heldByAll), answers: newHeld(heldAnswers),
		shared: shared{of: map[string][]byte{}}, turns: newTurns(), etags: map[string]bool{"/openapi.json": true, "/openapi.yaml": true},
	}
	app := fiber.New(fiber.Config{
		AppName:               "aftercare",
		DisableStartupMessage: true,
		// Without it, strings kept past a handler change under it.
		Immutable:     true,
		CaseSensitive: true,
		BodyLimit:     maxSyncBody,
		// Bodies are read by receive, which knows what each may be.
		StreamRequestBody:            true,
		DisablePreParseMultipartForm: true,
		ReadTimeout:                  30 * time.Second,
		WriteTimeout:                 60 * time.Second,
		IdleTimeout:                  120 * time.Second,
		ReadBufferSize:               maxHead,
		// Without it a connection that has sent nothing yet counts as busy, and
		// holds up a stop until its ReadTimeout.
		ReduceMemoryUsage: true,
		ErrorHandler:      s.fail,
	})
	app.Server().HeaderReceived = patience
	app.Server().Handler = onlyKnown{s, app, app.Server().Handler}.serve
	app.Server().KeepHijackedConns = true // a stream closes its own, and keeps no buffers of its request
	app.Hooks().OnShutdown(func() error {
		s.streams.stop()
		return nil
	})
	app.Use(s.boundary)
	if err := s.allowOrigins(app); err != nil {
		return nil, nil, err
	}
	app.Use(s.receive)
	s.api = huma.NewAPI(describe(o.PublicURL), fiberAdapter{app})
	s.routes()
	s.links(app)
	if err := s.pages(app); err != nil {
		return nil, nil, err
	}
	if s.Metrics == nil {
		s.Metrics = NewMetrics(prometheus.NewRegistry())
	}
	s.Metrics.startAtZero(app)
	return s, app, nil
}

// onlyKnown answers a method that no route can have as anything else that
// cannot be read; Fiber would, in plain text.
type onlyKnown struct {
	*server
	app  *fiber.App
	next fasthttp.RequestHandler
}

func (k onlyKnown) serve(rc *fasthttp.RequestCtx) {
	if slices.Contains(fiber.DefaultMethods, string(rc.Method())) {
		k.next(rc)
		return
	}
	c := k.app.AcquireCtx(rc)
	defer k.app.ReleaseCtx(c)
	_ = k.fail(c, newProblem(http.StatusBadRequest, "this method is not known")) // writes the response itself; the error is always nil
}

// allowOrigins lets the named origins call from a browser. Wildcards are
// refused: those of Fiber v2 accept labels that they should not.
func (s *server) allowOrigins(app *fiber.App) error {
	if len(s.CORSOrigins) == 0 {
		return nil
	}
	for _, origin := range s.CORSOrigins {
		if strings.Contains(origin, "*") || !strings.HasPrefix(origin, "http") {
			return fmt.Errorf("CORS origin %q: name each origin in full, like https://app.example.org", origin)
		}
	}
	app.Use(cors.New(cors.Config{
		AllowOrigins:  strings.Join(s.CORSOrigins, ","),
		AllowMethods:  "GET,HEAD,PUT,POST,PATCH,DELETE",
		AllowHeaders:  "Authorization,Content-Type,Accept-Language,If-Match,If-None-Match,Client-Time,Push-Number,Last-Event-ID",
		ExposeHeaders: "Content-Disposition,ETag,Link,Location,Request-Id,RateLimit,RateLimit-Policy,Retry-After,WWW-Authenticate",
		MaxAge:        3600,
	}))
	return nil
}
