package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// option adds what is special about an operation.
type option func(*huma.Operation)

// add registers one operation: who may call it, how its errors are answered
// and how the OpenAPI document describes it.
func add[I, O any](s *server, method, path, id, summary string, handler func(context.Context, *I) (*O, error), opts ...option) {
	op := huma.Operation{
		Method: method, Path: path, OperationID: id, Summary: summary, Description: explanations[id],
		Tags:         []string{tagOf(method, path)},
		Security:     []map[string][]string{{"token": {}}},
		Middlewares:  huma.Middlewares{s.authorise},
		MaxBodyBytes: maxBody + 1, // the limit itself is held by refuse
		Extensions:   map[string]any{"x-order": len(s.registered)},
	}
	for _, set := range opts {
		set(&op)
	}
	for _, status := range usualErrors(method, path, len(op.Security) > 0) {
		if op.Responses[strconv.Itoa(status)] == nil { // else it is no problem that answers
			op.Errors = append(op.Errors, status)
		}
	}
	attachExamples(&op)
	documented := op // huma keeps its own copy: what it adds is read from the document
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, problemOf(ctx, err)
		}
		return out, nil
	})
	s.registered = append(s.registered, func() { s.describeHeaders(documented.Method, documented.Path) })
}

// usualErrors returns the statuses of problems that any operation of this shape
// may have.
func usualErrors(method, path string, signedIn bool) []int {
	codes := []int{http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusUnprocessableEntity}
	if signedIn {
		codes = append(codes, http.StatusUnauthorized, http.StatusTooManyRequests)
	}
	if strings.Contains(path, "{") && method != http.MethodPut && method != http.MethodDelete {
		codes = append(codes, http.StatusNotFound)
	}
	if method == http.MethodGet {
		return codes
	}
	if !signedIn {
		codes = append(codes, http.StatusTooManyRequests)
	}
	if method != http.MethodDelete {
		codes = append(codes, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return codes
}

// public lets anyone call the operation.
func public(op *huma.Operation) {
	op.Security, op.Middlewares = []map[string][]string{}, nil
}

// answers sets the status of success.
func answers(status int) option { return func(op *huma.Operation) { op.DefaultStatus = status } }

// fails adds problems that the operation may respond with.
func fails(codes ...int) option {
	return func(op *huma.Operation) { op.Errors = append(op.Errors, codes...) }
}

// alsoAnswers documents a second status of success with the same body, and the
// headers that come with it.
func alsoAnswers[T any](s *server, status int, headers ...string) option {
	response := &huma.Response{
		Description: http.StatusText(status),
		Content:     map[string]*huma.MediaType{jsonType: {Schema: s.schemas().Schema(typeOf[T](), true, "")}},
		Headers:     map[string]*huma.Header{},
	}
	for _, name := range headers {
		response.Headers[name] = headerRef(name)
	}
	return func(op *huma.Operation) { op.Responses = map[string]*huma.Response{strconv.Itoa(status): response} }
}

// spoken documents that the response has texts in the person's language.
func spoken(op *huma.Operation) {
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: "Accept-Language", In: "header", Example: "de, en;q=0.8",
		Description: "The languages wanted, best first; default: the account's locale, else English",
		Schema:      &huma.Schema{Type: huma.TypeString, MaxLength: new(200)},
	})
}

// tagged gives the response an ETag, so that it is sent again only if it has
// changed.
func (s *server) tagged(op *huma.Operation) {
	s.etags[op.Path] = true
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: "If-None-Match", In: "header", Example: `W/"6f1ed002ab559585"`,
		Description: "ETag of the answer that the app has; the answer is 304 if nothing has changed",
		Schema:      &huma.Schema{Type: huma.TypeString, MaxLength: new(200)},
	})
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["304"] = &huma.Response{Description: "Not Modified: the app has it already"}
}

// writeProblem sends a problem outside of a handler.
func writeProblem(c huma.Context, p *Problem) {
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // a problem can always be encoded
	}
	c.SetHeader("Content-Type", p.ContentType(""))
	for name := range p.GetHeaders() {
		c.SetHeader(name, p.GetHeaders().Get(name))
	}
	c.SetStatus(p.Status)
	_, _ = c.BodyWriter().Write(body) // into the buffer of the answer
}
