package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"aftercare/jobs/push/pushtest"
)

type demoCmd struct{}

// Run tells the story on a database of its own, which is gone afterwards.
func (demoCmd) Run(e *env) error {
	dir, err := os.MkdirTemp("", "aftercare-demo-")
	if err != nil {
		return err
	}
	s, err := newStage(e.ctx, dir, os.Stdout)
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return errors.Join(s.tell(), s.close(), os.RemoveAll(dir))
}

// stage is the real server on a virtual clock, a push service on loopback,
// and the phone of one person.
type stage struct {
	*program
	ctx     context.Context
	out     io.Writer
	clock   atomic.Int64 // unix milliseconds
	zone    *time.Location
	service *pushtest.WebPush
	shown   int // notifications printed so far
	token   string
	account string
}

// storyBegins is a Monday evening; the clocks go forward four weeks later.
var storyBegins = time.Date(2026, time.March, 2, 18, 30, 0, 0, time.UTC)

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
	c := config{settings: settings{Database: filepath.Join(dir, "demo.db")}, pushPrivate: true, tick: 10 * time.Second}
	s.program, err = build(ctx, c, slog.New(slog.DiscardHandler), s.now)
	return s, err
}

func (s *stage) now() time.Time { return time.UnixMilli(s.clock.Load()).UTC() }

func (s *stage) close() error {
	s.service.Close()
	return s.stop()
}

// step is how finely the story's time passes.
const step = 10 * time.Minute

// pass lets time go by with the jobs running, and prints what the phone shows.
func (s *stage) pass(d time.Duration) error {
	for end := s.now().Add(d); s.now().Before(end); {
		next := s.now().Add(step)
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

func (s *stage) tick() error {
	if err := s.runner.RunOnce(s.ctx); err != nil {
		return err
	}
	s.runner.Wait()
	for _, m := range s.service.Messages()[s.shown:] {
		s.shown++
		if !m.Silent {
			s.print("   phone", "%s · %s", m.Title, m.Body)
		}
	}
	return nil
}

// print writes one line with the local time.
func (s *stage) print(who, format string, args ...any) {
	fmt.Fprintf(s.out, "%s  %-9s %s\n", s.now().In(s.zone).Format("Mon 02 Jan 15:04"), who, fmt.Sprintf(format, args...))
}

// call is one request of the phone; the answer is decoded into into.
func (s *stage) call(method, path string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req := httptest.NewRequest(method, path, bytes.NewReader(raw))
	req.Header.Set("Content-Type", "application/json")
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	res, err := s.app.Test(req, -1)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
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
