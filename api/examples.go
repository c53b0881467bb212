package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// exampleFile holds one example of every operation, in the order of a story
// that the tests play against a real server.
//
//go:embed examples.json
var exampleFile []byte

// example is one exchange: what is sent and what is answered.
type example struct {
	Operation string `json:"operation"` // method and path
	Request   any    `json:"request,omitempty"`
	Status    int    `json:"status"`
	Response  any    `json:"response,omitempty"`
}

var examples = func() map[string]example {
	var list []example
	if err := json.Unmarshal(exampleFile, &list); err != nil {
		panic(fmt.Sprintf("api: read the embedded examples: %v", err)) // a fault of the build
	}
	out := map[string]example{}
	for _, e := range list {
		out[e.Operation] = e
	}
	return out
}()

// attachExamples puts the example of the operation into the document.
func attachExamples(op *huma.Operation) {
	e, found := examples[op.Method+" "+op.Path]
	if !found {
		return
	}
	if e.Request != nil {
		mediaType := "application/json"
		if op.Method == http.MethodPatch {
			mediaType = "application/merge-patch+json"
		}
		if op.RequestBody == nil {
			op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{}}
		}
		media(op.RequestBody.Content, mediaType).Example = e.Request
	}
	if e.Response != nil {
		if op.Responses == nil {
			op.Responses = map[string]*huma.Response{}
		}
		status := strconv.Itoa(e.Status)
		if op.Responses[status] == nil {
			op.Responses[status] = &huma.Response{Content: map[string]*huma.MediaType{}}
		}
		media(op.Responses[status].Content, "application/json").Example = e.Response
	}
}

func media(content map[string]*huma.MediaType, name string) *huma.MediaType {
	if content[name] == nil {
		content[name] = &huma.MediaType{}
	}
	return content[name]
}
