package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
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

// needsStepUp is said of what cannot be undone.
const needsStepUp = "Needs a sign-in or a confirm less than 5 minutes old, else 403 step-up-required."

// explanations say of an operation what its summary cannot.
var explanations = map[string]string{ //nolint:gosec // words about passwords are none
	"POST /v1/accounts":                     "An account may be anonymous: e-mail and password are optional together, and the recovery code is then its way back.",
	"PATCH /v1/account":                     "A JSON Merge Patch (RFC 7396). A new e-mail address needs the step-up.",
	"DELETE /v1/account":                    needsStepUp,
	"POST /v1/account/recovery-code":        needsStepUp,
	"PUT /v1/account/password":              needsStepUp,
	"GET /v1/account/export":                "Streams every row that names the account. " + needsStepUp,
	"DELETE /v1/account/consents/{purpose}": "Without health_data nothing more is stored or judged and reminders are cancelled; reading, export and erasure remain. Without push the addresses are forgotten.",
	"GET /v1/devices":                       "At most 20, so there is one page.",
	"POST /v1/devices":                      "With e-mail and password, a recovery code or a pairing code. Whatever was wrong, the answer is the same.",
	"POST /v1/devices/current/token":        "The old token works until the new one is first used.",
	"POST /v1/devices/current/confirm":      "The step-up: for 5 minutes export, erasure and changes of e-mail, password and recovery code are open.",
	"PATCH /v1/devices/{id}":                "Its name and the version of its app.",
	"DELETE /v1/devices/{id}":               "Its token and its pushes end at once. Always 204.",
	"PUT /v1/devices/{id}/push":             "Makes the address active whatever its state was, and grants the consent to push.",
	"DELETE /v1/devices/{id}/push":          "Always 204.",
	"POST /v1/devices/{id}/push/test":       "Three an hour; it ignores quiet hours.",
	"POST /v1/pairing-codes":                "For 10 minutes, once.",
	"GET /v1/rest":                          "The first that matches: blocked by RS-05, RS-06, RS-07 or RS-14; resting; early; blocked by RS-03 or RS-04; ready.",
	"POST /v1/episodes/{id}/clinician":      "booked stops repeats for 72 hours; seen stops them; only cleared lifts the block on rolling.",
	"POST /v1/warnings/{id}/acknowledge":    "Ends its repeats on all devices.",
	"GET /v1/reminders":                     "With what became of each on each device: why did it come, or why not?",
	"POST /v1/reminders/{id}/acknowledge":   "On all devices; twice is as good as once. The action token of a push is accepted as well.",
	"POST /v1/reminders/{id}/calm":          "Where the reminder offers it (one_tap): stores a calm report of that moment and acknowledges. Twice is as good as once. The action token of a push is accepted as well.",
	"POST /v1/reminders/{id}/snooze":        "15 minutes to 48 hours ahead, five times at most; into quiet hours means until their end. The action token of a push is accepted as well.",
	"POST /v1/receipts":                     "An opening is not an acknowledgement. Unknown reminders are passed over.",
}

// registerTypes teaches huma the types of models that write their own JSON.
func registerTypes(r huma.Registry) {
	r.RegisterTypeAlias(typeOf[models.Time](), typeOf[dateTime]())
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// dateTime stands for models.Time in schemas.
type dateTime struct{}

// Schema is a point in time.
func (dateTime) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Examples: []any{"2026-11-25T09:00:00Z"}}
}
