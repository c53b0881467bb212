package api

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
)

// fiberAdapter lets huma register its operations with Fiber. huma's own adapter
// brings Fiber v3 beside v2, a quarter of a megabyte, and copies what is kept
// with every request.
type fiberAdapter struct{ app *fiber.App }

func (a fiberAdapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	path := strings.NewReplacer("{", ":", "}", "").Replace(op.Path)
	a.app.Add(op.Method, path, func(c *fiber.Ctx) error {
		handler(&humaContext{op: op, Ctx: c, ctx: c.UserContext()})
		return nil
	})
}

// ServeHTTP serves a request of net/http, which only tests send.
func (a fiberAdapter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := a.app.Test(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer func() { _ = answer.Body.Close() }() // it is in memory
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body) // the reader is gone, or it is not
}

// humaContext is Fiber's context as huma wants it.
type humaContext struct {
	*fiber.Ctx
	op     *huma.Operation
	ctx    context.Context // huma asks for it
	status int
}

var _ huma.Context = (*humaContext)(nil)

// fiberOf returns the request under what huma and its middleware put around it.
func fiberOf(c huma.Context) *fiber.Ctx {
	for {
		switch inner := c.(type) {
		case *humaContext:
			return inner.Ctx
		case interface{ Unwrap() huma.Context }:
			c = inner.Unwrap()
		default:
			panic(fmt.Sprintf("%T is not a request of Fiber", c))
		}
	}
}

func (c *humaContext) Operation() *huma.Operation { return c.op }
func (c *humaContext) Context() context.Context   { return c.ctx }
func (c *humaContext) Method() string             { return c.Ctx.Method() }
func (c *humaContext) Host() string               { return c.Hostname() }
func (c *humaContext) RemoteAddr() string         { return c.Ctx.Context().RemoteAddr().String() }
func (c *humaContext) Param(name string) string   { return c.Params(name) }
func (c *humaContext) Query(name string) string   { return c.Ctx.Query(name) }
func (c *humaContext) Header(name string) string  { return c.Get(name) }
func (c *humaContext) Status() int                { return c.status }
func (c *humaContext) BodyReader() io.Reader      { return c.Request().BodyStream() } // bodies are streamed
func (c *humaContext) BodyWriter() io.Writer      { return c.Ctx.Context() }
func (c *humaContext) TLS() *tls.ConnectionState  { return c.Ctx.Context().TLSConnectionState() }
func (c *humaContext) Version() huma.ProtoVersion { return huma.ProtoVersion{Proto: c.Protocol()} }

func (c *humaContext) URL() url.URL {
	parsed, err := url.Parse(string(c.Request().RequestURI()))
	if err != nil {
		return url.URL{}
	}
	return *parsed
}

func (c *humaContext) EachHeader(each func(name, value string)) {
	for name, value := range c.Request().Header.All() {
		each(string(name), string(value))
	}
}

func (c *humaContext) GetMultipartForm() (*multipart.Form, error) { return c.MultipartForm() }

func (c *humaContext) SetReadDeadline(at time.Time) error {
	return c.Ctx.Context().Conn().SetReadDeadline(at)
}

func (c *humaContext) SetStatus(code int) {
	c.status = code
	c.Ctx.Status(code)
}

func (c *humaContext) SetHeader(name, value string)    { c.Set(name, value) }
func (c *humaContext) AppendHeader(name, value string) { c.Append(name, value) }

// WithContext gives the request another context, which Fiber's middleware sees as well.
func (c *humaContext) WithContext(ctx context.Context) huma.Context {
	c.SetUserContext(ctx)
	return &humaContext{Ctx: c.Ctx, op: c.op, ctx: ctx, status: c.status}
}
