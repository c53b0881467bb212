package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
)

// headers describes each response header once.
var headers = map[string]*huma.Header{
	"Request-Id":       textHeader("Id of the request, as in the server's log", "XJ4KQ3ZV5T2N7WYB6RMD0FHA1C"),
	"ETag":             textHeader("Version of what is answered, for If-Match and If-None-Match", `"v1"`),
	"Location":         textHeader("Path of the new row", "/v1/sessions/0198f2c4-7d2e-7000-8000-3b1c5a9e4f10"),
	"WWW-Authenticate": textHeader("How to sign in", "Bearer"),
	"Retry-After":      {Description: "Seconds to wait before trying again", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int32", Minimum: new(1.0)}, Example: 60},
	"RateLimit":        textHeader("What is left of the limit (r) and when its window ends in seconds (t)", `"writes";r=599;t=3600`),
	"RateLimit-Policy": textHeader("The limit (q) in a window of seconds (w)", `"writes";q=600;w=3600`),
	"Content-Language": textHeader("The language of the texts", "en"),
	"Vary":             textHeader("Request headers that the answer depends on", "Accept-Language"),
}

func textHeader(description, example string) *huma.Header {
	return &huma.Header{Description: description, Schema: &huma.Schema{Type: huma.TypeString, MaxLength: new(500)}, Example: example}
}

func headerRef(name string) *huma.Header { return &huma.Header{Ref: "#/components/headers/" + name} }

// describeHeaders adds the headers that the responses of an operation have.
func (s *server) describeHeaders(method, path string) {
	op := operationOf(s.api.OpenAPI().Paths[path], method)
	for status, response := range op.Responses {
		names := []string{"Request-Id"}
		if method != http.MethodGet || len(op.Security) > 0 {
			names = append(names, "RateLimit", "RateLimit-Policy")
		}
		switch status {
		case "401":
			names = append(names, "WWW-Authenticate")
		case "429", "503":
			names = append(names, "Retry-After")
		}
		if status < "400" && s.etags[path] {
			names = append(names, "ETag")
		}
		if status < "400" && takesHeader(op, "Accept-Language") {
			names = append(names, "Content-Language", "Vary")
		}
		if response.Headers == nil {
			response.Headers = map[string]*huma.Header{}
		}
		for _, name := range names {
			if response.Headers[name] == nil {
				response.Headers[name] = headerRef(name)
			}
		}
		describeProblem(op, status, response)
	}
	exampleOfID(op)
}

// exampleOfID fills in the id with which the page tries an operation: that of
// the examples above it. Ids made by the server are left open.
func exampleOfID(op *huma.Operation) {
	collection := strings.TrimSuffix(op.Path, "/{id}")
	for _, p := range op.Parameters {
		if p.In != "path" || len(p.Schema.Examples) == 0 {
			continue
		}
		p.Example, p.Schema.Examples = p.Schema.Examples[0], nil
		posted, _ := examples["POST "+collection].Request.(map[string]any)
		switch made := posted["id"]; {
		case op.Method == http.MethodDelete && made != nil:
			p.Example = made
		case made == nil && (op.OperationID == "signOut" || op.Tags[0] == "Warnings" || op.Tags[0] == "Reminders"):
			p.Example = nil
		}
	}
}

func takesHeader(op *huma.Operation, name string) bool {
	for _, p := range op.Parameters {
		if p.Name == name {
			return true
		}
	}
	return false
}

// describeProblem gives an error an example of its own.
func describeProblem(op *huma.Operation, status string, response *huma.Response) {
	media := response.Content[problemType]
	code, err := strconv.Atoi(status)
	if media == nil || err != nil {
		return
	}
	p := newProblem(code, details[code])
	if code == http.StatusForbidden {
		p = p.named(models.CodeConsentRequired)
	}
	if known, ok := problemsOf[op.OperationID+" "+status]; ok {
		p = newProblem(code, known.detail).named(known.code)
	}
	p.Instance, p.RequestID = strings.NewReplacer("{id}", "0198f2c4-7d2e-7000-8000-3b1c5a9e4f10", "{purpose}", "push").Replace(op.Path), "XJ4KQ3ZV5T2N7WYB6RMD0FHA1C"
	switch {
	case code == http.StatusUnprocessableEntity && op.RequestBody != nil:
		p.Errors = []FieldError{{Location: "body.colour", Message: "unexpected property"}}
	case code == http.StatusUnprocessableEntity:
		p.Errors = []FieldError{{Location: "query.limt", Message: "unknown query parameter"}}
	}
	media.Example = p
	response.Description = p.Title + ": " + p.Detail
}

func operationOf(item *huma.PathItem, method string) *huma.Operation {
	return map[string]*huma.Operation{
		http.MethodGet: item.Get, http.MethodPut: item.Put, http.MethodPost: item.Post,
		http.MethodPatch: item.Patch, http.MethodDelete: item.Delete,
	}[method]
}
