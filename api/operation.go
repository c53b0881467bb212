package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// option says what is special about an operation.
type option func(*huma.Operation)

// add registers one operation: who may call it, how its errors are answered
// and how it stands in the OpenAPI document.
func add[I, O any](s *server, method, path, summary string, handler func(context.Context, *I) (*O, error), opts ...option) {
	op := huma.Operation{
		Method: method, Path: path, Summary: summary, Description: explanations[method+" "+path],
		OperationID:  operationID(method, path),
		Tags:         []string{tagOf(path)},
		Security:     []map[string][]string{{"token": {}}},
		Middlewares:  huma.Middlewares{s.authorise},
		MaxBodyBytes: maxBody + 1, // the limit itself is held by refuse
	}
	for _, set := range opts {
		set(&op)
	}
	for _, status := range usualErrors(method, path, op.Security != nil) {
		if op.Responses[strconv.Itoa(status)] == nil { // else it is no problem that answers
			op.Errors = append(op.Errors, status)
		}
	}
	attachExamples(&op)
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, problemOf(ctx, err)
		}
		return out, nil
	})
}

// usualErrors are the problems that any operation of this shape may answer.
func usualErrors(method, path string, signedIn bool) []int {
	codes := []int{http.StatusInternalServerError, http.StatusServiceUnavailable}
	if signedIn {
		codes = append(codes, http.StatusUnauthorized)
	}
	if strings.Contains(path, "{") && method != http.MethodPut && method != http.MethodDelete {
		codes = append(codes, http.StatusNotFound)
	}
	if method == http.MethodGet {
		return codes
	}
	codes = append(codes, http.StatusTooManyRequests)
	if method != http.MethodDelete {
		codes = append(codes, http.StatusBadRequest, http.StatusRequestEntityTooLarge,
			http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
	}
	return codes
}

// operationID is the method and the words of the path: put-rollers-id.
func operationID(method, path string) string {
	words := strings.FieldsFunc(strings.TrimPrefix(path, "/v1"), func(r rune) bool { return strings.ContainsRune("/{}", r) })
	return strings.ToLower(method) + "-" + strings.Join(words, "-")
}

// tagOf groups operations by the first word of their path.
func tagOf(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, "/v1"), "/"), "/")
	return first
}

// public lets anyone call the operation.
func public(op *huma.Operation) { op.Security, op.Middlewares = nil, nil }

// answers sets the status of success.
func answers(status int) option { return func(op *huma.Operation) { op.DefaultStatus = status } }

// fails adds problems that the operation may answer.
func fails(codes ...int) option {
	return func(op *huma.Operation) { op.Errors = append(op.Errors, codes...) }
}

// explain adds what the summary cannot say.
func explain(text string) option { return func(op *huma.Operation) { op.Description = text } }

// alsoAnswers documents a second status of success with the same body.
func alsoAnswers[T any](s *server, status int) option {
	schema := s.api.OpenAPI().Components.Schemas.Schema(typeOf[T](), true, "")
	response := &huma.Response{
		Description: http.StatusText(status),
		Content:     map[string]*huma.MediaType{"application/json": {Schema: schema}},
	}
	return func(op *huma.Operation) { op.Responses = map[string]*huma.Response{strconv.Itoa(status): response} }
}

// takesPatch documents the body of a PATCH: what a PUT takes, all of it
// optional, null to clear.
func takesPatch[T any](s *server) option {
	full := s.api.OpenAPI().Components.Schemas.Schema(typeOf[T](), true, "")
	return func(op *huma.Operation) {
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/merge-patch+json": {Schema: &huma.Schema{
				Type: huma.TypeObject, Description: "The fields to change, as in " + full.Ref + ". Absent keeps, null clears.",
			}},
		}}
	}
}

// writeProblem answers a problem outside of a handler.
func writeProblem(c huma.Context, p *Problem) {
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // a problem holds nothing that cannot be encoded
	}
	c.SetHeader("Content-Type", p.ContentType(""))
	for name := range p.GetHeaders() {
		c.SetHeader(name, p.GetHeaders().Get(name))
	}
	c.SetStatus(p.Status)
	_, _ = c.BodyWriter().Write(body) // into the buffer of the answer
}
