package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"aftercare/api"
	"aftercare/jobs"
	"aftercare/jobs/push"
	"aftercare/jobs/push/pushtest"
	"aftercare/models"
)

// stage runs the server's API, jobs and database on a virtual clock, a push
// service on loopback, and one person's phone.
type stage struct {
	ctx     context.Context
	out     io.Writer
	clock   atomic.Int64 // unix milliseconds
	zone    *time.Location
	service *pushtest.WebPush
	store   *models.Store
	hub     *push.Hub
	runner  *jobs.Runner
	app     *fiber.App
	shown   int   // notifications printed so far
	lost    error // the first write error
	token   string
}

// storyBegins is a Monday evening.
var storyBegins = time.Date(2026, time.March, 2, 18, 30, 0, 0, time.UTC)

// newStage returns a stage with a database in dir.
func newStage(ctx context.Context, dir string, out io.Writer) (*stage, error) {
	s := &stage{ctx: ctx, out: out}
	s.clock.Store(storyBegins.UnixMilli())
	var err error
	if s.zone, err = time.LoadLocation("Europe/Berlin"); err != nil {
		return nil, err
	}
	if s.service, err = pushtest.NewWebPush(pushtest.Options{Now: s.now}); err != nil {
		return nil, err
	}
	log := slog.New(slog.DiscardHandler)
	s.store, err = models.Open(ctx, models.Options{Database: filepath.Join(dir, "demo.db"), Now: s.now, Log: log})
	if err != nil {
		s.service.Close()
		return nil, err
	}
	if err := s.assemble(log); err != nil { //nolint:contextcheck // every request brings its own
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// assemble connects the server's parts as the program does, but allows a push
// service with a private address.
func (s *stage) assemble(log *slog.Logger) error {
	key, err := push.NewVAPIDKey()
	if err != nil {
		return err
	}
	web, err := push.NewWebPush(push.WebPushOptions{Now: s.now, Key: key, AllowPrivate: true})
	if err != nil {
		return err
	}
	s.hub = push.NewHub(s.now, map[push.Transport]push.Sender{push.TransportWebPush: web})
	s.runner = jobs.New(jobs.Options{Store: s.store, Hub: s.hub, Log: log, Metrics: jobs.NewMetrics(prometheus.NewRegistry())})
	s.app, err = api.New(api.Options{Store: s.store, Log: log, Now: s.now, VAPIDPublicKey: key.Public(), CheckPush: checkPush})
	return err
}

// checkPush fills in the destination of an address; the demo's are always
// valid.
func checkPush(transport string, a *models.PushAddress) []models.FieldError {
	a.Destination = push.Address{Transport: push.Transport(transport), Endpoint: a.Endpoint}.Destination()
	return nil
}

func (s *stage) now() time.Time { return time.UnixMilli(s.clock.Load()).UTC() }

// close stops what newStage started; nothing is in progress after a tick.
func (s *stage) close() error {
	s.service.Close()
	if s.hub != nil {
		s.hub.Close()
	}
	return s.store.Close()
}

// step is the granularity of the story's time: the range of the reminders'
// jitter, so that a story is the same whatever account ID Anna gets.
const step = 10 * time.Minute

// waitUntil advances the time, with the jobs running, to a local time of the
// story's March, and prints what the phone shows.
func (s *stage) waitUntil(day, hour, minute int) error {
	for end := time.Date(storyBegins.Year(), time.March, day, hour, minute, 0, 0, s.zone); s.now().Before(end); {
		// The last second of each step.
		next := s.now().Add(time.Second).Truncate(step).Add(step - time.Second)
		if next.After(end) {
			next = end
		}
		s.clock.Store(next.UnixMilli())
		if err := s.tick(); err != nil {
			return err
		}
	}
	return nil
}

// tick runs the jobs once; simultaneous notifications are shown in a fixed
// order.
func (s *stage) tick() error {
	if err := s.runner.RunOnce(s.ctx); err != nil {
		return err
	}
	s.runner.Wait()
	arrived := s.service.Messages()[s.shown:]
	s.shown += len(arrived)
	slices.SortStableFunc(arrived, func(a, b pushtest.Message) int { return cmp.Compare(a.Title, b.Title) })
	for _, m := range arrived {
		if !m.Silent {
			s.sayAt(s.now().Truncate(step), "phone", "[ %s · %s ]", m.Title, m.Body)
		}
	}
	return nil
}

// width is the maximum length of a line of the story.
const width = 82

// say prints who says what, with the local time.
func (s *stage) say(who, format string, args ...any) { s.sayAt(s.now(), who, format, args...) }

func (s *stage) sayAt(at time.Time, who, format string, args ...any) {
	head := at.In(s.zone).Format("Mon 02 15:04") + fmt.Sprintf("  %-5s  ", who)
	line, indent := head, strings.Repeat(" ", utf8.RuneCountInString(head))
	for i, word := range strings.Fields(fmt.Sprintf(format, args...)) {
		switch {
		case i == 0:
			line += word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > len(indent)+width:
			s.print(line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	s.print(line)
}

func (s *stage) print(line string) {
	if s.lost == nil {
		_, s.lost = io.WriteString(s.out, line+"\n")
	}
}

// call sends one request of the phone and decodes the response into into.
func (s *stage) call(method, path string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req := httptest.NewRequestWithContext(s.ctx, method, path, bytes.NewReader(raw))
	req.Header.Set("Content-Type", "application/json")
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	res, err := s.app.Test(req, -1)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { _ = res.Body.Close() }() // the body is in memory
	answer, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, answer)
	}
	if into == nil || len(answer) == 0 {
		return nil
	}
	return json.Unmarshal(answer, into)
}
