package api

import (
	"bytes"
	"container/list"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/valyala/fasthttp"
)

const exportPath = "/v1/account/export"

// exportTime is how long an export may take to be read: a slow phone gets all.
const exportTime = 10 * time.Minute

// MaxExports is how many exports may be in progress, each a file on the disk.
const MaxExports = 64

// exports are those in progress. If there is no room for another, it replaces
// the oldest one whose file is written: its reader is the slowest, and may ask
// again.
type exports struct {
	mu    sync.Mutex
	most  int
	now   map[string]*exporting // by account
	order list.List             // of *exporting that are being read, oldest first
}

type exporting struct {
	account string
	conn    net.Conn
	at      *list.Element // in order; nil while the file is being written
}

func newExports(most int) *exports {
	if most == 0 {
		most = MaxExports
	}
	return &exports{most: most, now: map[string]*exporting{}}
}

// begin starts the one export that an account may have at a time; its end must
// be called.
func (e *exports) begin(account string) (*exporting, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.now[account] == nil && len(e.now) >= e.most {
		e.cutOldest()
	}
	if e.now[account] != nil || len(e.now) >= e.most {
		p := newProblem(http.StatusServiceUnavailable, "an export is on its way already; try again when it has ended")
		p.retryAfter = 10 * time.Second
		return nil, p
	}
	x := &exporting{account: account}
	e.now[account] = x
	return x, nil
}

// read records that the file is written, and the connection that reads it.
func (e *exports) read(x *exporting, conn net.Conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	x.conn, x.at = conn, e.order.PushBack(x)
}

func (e *exports) end(x *exporting) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.drop(x)
}

func (e *exports) drop(x *exporting) {
	if e.now[x.account] != x {
		return // it was cut off, or has ended before
	}
	delete(e.now, x.account)
	if x.at != nil {
		e.order.Remove(x.at)
	}
}

func (e *exports) cutOldest() {
	if first := e.order.Front(); first != nil {
		x := first.Value.(*exporting)
		e.drop(x)
		_ = x.conn.Close() // which ends its answer and closes the file
	}
}

// exportFile ends its export when it has been read, or when its reader is gone.
type exportFile struct {
	*os.File
	end func()
}

// Close ends the export.
func (f exportFile) Close() error {
	f.end()
	return f.File.Close()
}

// export returns everything the account holds. It is read from the database
// before the first byte is sent, so a slow reader keeps nobody waiting.
func (s *server) export(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	caller := callerOf(ctx)
	if err := s.Store.NeedStepUp(caller); err != nil {
		return nil, err
	}
	x, err := s.exports.begin(caller.AccountID)
	if err != nil {
		return nil, err
	}
	end := func() { s.exports.end(x) }
	file, err := s.Store.Export(ctx, caller)
	if err != nil {
		end()
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("measure an export: %w", err), exportFile{file, end}.Close())
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "application/json")
		c.SetHeader("Content-Disposition", `attachment; filename="aftercare.json"`)
		to := fiberOf(c).Context()
		s.exports.read(x, to.Conn())
		to.SetBodyStream(exportFile{file, end}, int(info.Size()))
	}}, nil
}

// patience gives an export the time that a slow phone needs.
func patience(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if bytes.HasPrefix(h.RequestURI(), []byte(exportPath)) {
		return fasthttp.RequestConfig{WriteTimeout: exportTime}
	}
	return fasthttp.RequestConfig{}
}

// holdsJSON documents an answer that no type describes.
func holdsJSON(op *huma.Operation) {
	op.Responses = map[string]*huma.Response{"200": {
		Description: http.StatusText(http.StatusOK),
		Headers:     map[string]*huma.Header{"Content-Disposition": textHeader("The name of the file", `attachment; filename="aftercare.json"`)},
		Content:     map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, Description: "The rows of each table, by its name", AdditionalProperties: true}}},
	}}
}
