package main

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// request is one HTTP request of a person.
type request struct {
	method, path, token string
	body                []byte
}

// figures are the results of a load.
type figures struct {
	requests int
	took     time.Duration
	cpu      time.Duration // processor time of the server for each request
	p50, p99 time.Duration
}

func (f figures) perSecond() float64 { return float64(f.requests) / f.took.Seconds() }

// load sends requests over a number of connections, sequentially on each, and
// measures for the given duration after a warm-up of a fifth of it. next
// returns the n-th request.
func (p *process) load(connections int, during time.Duration, next func(n int) request) (figures, error) {
	client := newClient(connections)
	defer client.CloseIdleConnections()
	warm := time.Now().Add(during / 5)
	end := warm.Add(during)
	latencies := make([][]time.Duration, connections)
	var n atomic.Int64
	var failed atomic.Pointer[error]
	var workers sync.WaitGroup
	for w := range connections {
		workers.Go(func() {
			for failed.Load() == nil {
				sent := time.Now()
				if sent.After(end) && len(latencies[w]) > 0 { // at least one response is measured, however slow
					return
				}
				if err := p.send(client, next(int(n.Add(1)-1))); err != nil {
					failed.Store(&err)
					return
				}
				if sent.After(warm) {
					latencies[w] = append(latencies[w], time.Since(sent))
				}
			}
		})
	}
	time.Sleep(time.Until(warm))
	cpu, began := p.processorTime(), time.Now()
	workers.Wait()
	cpu, took := p.processorTime()-cpu, time.Since(began)
	if err := failed.Load(); err != nil {
		return figures{}, *err
	}
	all := slices.Concat(latencies...)
	if len(all) == 0 {
		return figures{}, fmt.Errorf("no request was answered within %s", during)
	}
	slices.Sort(all)
	return figures{len(all), took, cpu / time.Duration(len(all)), all[len(all)/2], all[len(all)*99/100]}, nil
}

func newClient(connections int) *fasthttp.Client {
	return &fasthttp.Client{MaxConnsPerHost: connections, ReadTimeout: time.Minute, NoDefaultUserAgentHeader: true}
}

func (p *process) send(client *fasthttp.Client, r request) error {
	_, err := p.ask(client, r)
	return err
}

// ask sends a request and returns the body of the response.
func (p *process) ask(client *fasthttp.Client, r request) ([]byte, error) {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	req.SetRequestURI(p.base + r.path)
	req.Header.SetMethod(r.method)
	req.Header.Set("Authorization", "Bearer "+r.token)
	if r.body != nil {
		req.Header.SetContentType("application/json")
		req.SetBody(r.body)
	}
	if err := client.Do(req, res); err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.method, r.path, err)
	}
	if res.StatusCode() >= 300 {
		return nil, fmt.Errorf("%s %s: %d %s", r.method, r.path, res.StatusCode(), res.Body())
	}
	return slices.Clone(res.Body()), nil
}

// each calls do for the numbers below n, 64 at a time, until one fails.
func each(n int, do func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var workers sync.WaitGroup
	for range 64 {
		workers.Go(func() {
			for i := int(next.Add(1) - 1); i < n && failed.Load() == nil; i = int(next.Add(1) - 1) {
				if err := do(i); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	workers.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}
