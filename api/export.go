package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/valyala/fasthttp"
)

const exportPath = "/v1/account/export"

// exportTime is how long an export may take to be read: a slow phone gets all.
const exportTime = 10 * time.Minute

// maxExports may be on their way at a time, each a file on the disk.
const maxExports = 16

// exports are those on their way, by account.
type exports struct {
	mu  sync.Mutex
	now map[string]bool
}

// begin lets one export of an account run at a time, until its end is called.
func (e *exports) begin(account string) (end func(), err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.now[account] || len(e.now) >= maxExports {
		p := newProblem(http.StatusServiceUnavailable, "an export is on its way already; try again when it has ended")
		p.retryAfter = 10 * time.Second
		return nil, p
	}
	e.now[account] = true
	return sync.OnceFunc(func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.now, account)
	}), nil
}

// exportFile ends its export when it was read, or when nobody reads any more.
type exportFile struct {
	*os.File
	end func()
}

// Close ends the export.
func (f exportFile) Close() error {
	f.end()
	return f.File.Close()
}

// export answers everything the account holds. It is read from the database
// before the first byte is sent, so a slow reader keeps nobody waiting.
func (s *server) export(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	caller := callerOf(ctx)
	if err := s.Store.NeedStepUp(caller); err != nil {
		return nil, err
	}
	end, err := s.exports.begin(caller.AccountID)
	if err != nil {
		return nil, err
	}
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
		humafiber.UnwrapV2(c).Context().SetBodyStream(exportFile{file, end}, int(info.Size()))
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
