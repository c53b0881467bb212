package api

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
	"aftercare/models/texts"
)

// apiVersion is the version of the document: see docs/api-versioning.md.
const apiVersion = "1.1.0"

// examplesAt is the current time in the examples; the page shifts them to its
// own.
const examplesAt = "2026-11-25T09:00:00Z"

// describe returns the frame of the OpenAPI document.
func describe(publicURL string) huma.Config {
	c := huma.DefaultConfig("Aftercare", apiVersion)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil // they add $schema links to every answer
	c.Formats = map[string]huma.Format{jsonType: jsonFormat, "json": jsonFormat}
	c.RejectUnknownQueryParameters = true // a misspelt filter would show every row
	c.Info.Description = introduction
	c.Info.Extensions = map[string]any{"x-examples-at": examplesAt}
	c.Info.License = &huma.License{Name: "MIT", Identifier: "MIT"}
	c.Info.Contact = &huma.Contact{Name: "The operator of this server", URL: cmp.Or(publicURL, "/")}
	c.Servers = []*huma.Server{{URL: cmp.Or(publicURL, "/"), Description: "This server"}}
	c.Tags = tags
	c.Components = &huma.Components{
		Schemas: huma.NewMapRegistry(schemaPath, schemaName), Headers: headers,
		SecuritySchemes: map[string]*huma.SecurityScheme{
			"token": {Type: "http", Scheme: "bearer", Description: "The token that signUp or signIn answered."},
		},
	}
	c.Components.Schemas.RegisterTypeAlias(typeOf[models.Time](), typeOf[dateTime]())
	closedSets(c.Components.Schemas)
	return c
}

// introduction is the text at the top of the page.
const introduction = `Logs roller sessions and how the scalp feels, says when it may be rolled again, and warns to see a doctor.

## Get a token

1. Try **signUp** below as it is: it makes an account without a name. The answer holds a ` + "`token`" + `.
2. Press **Authorize** and paste the token. The page keeps it until you log out.
3. Try the operations from top to bottom: each is filled in with an example, with times relative to ` + "`x-examples-at`" + `, on this page to now. Ids that the server makes (warnings, episodes, reminders) are filled in once you have tried the list above the operation.

## Rules that hold everywhere

- An answer holds every field of its schema, with null where there is no value. Only problems leave out what does not apply.
- In a body null is the same as leaving a field out; in a PATCH (JSON Merge Patch, RFC 7396) it clears the field. What GET answered can be sent back by PUT: fields that only the server writes are ignored. Any other unknown field, and any unknown query parameter, is a 422.
- Ids are made by the phone, so any request can be sent again without harm.
- HEAD works wherever GET does. Answers over 1 KiB are compressed where the client accepts gzip or brotli.
- Every error is a Problem (RFC 9457) with a stable code.`

// tags group the operations, in the order of the page.
var tags = []*huma.Tag{
	{Name: "Start here", Description: "Where a token comes from. A second phone signs in under Devices."},
	{Name: "Service", Description: "What needs no sign-in."},
	{Name: "Account", Description: "Settings, health questions, consents and the person's data."},
	{Name: "Devices", Description: "Signed-in phones and their push addresses."},
	{Name: "Rollers", Description: "The devices that are rolled over the scalp."},
	{Name: "Sessions", Description: "Each use of a roller."},
	{Name: "Reports", Description: "How the scalp feels, answered with a verdict."},
	{Name: "Progress", Description: "What the person says of their own hair."},
	{Name: "Rest", Description: "May I roll, and what comes next."},
	{Name: "Warnings", Description: "When to see a doctor, and what came of it."},
	{Name: "Reminders", Description: "What the person is reminded of, and what became of each push."},
	{Name: "Sync", Description: "For phones that are offline at times: everything of the account as one feed of changes."},
	{Name: "Leaving", Description: "Signing out and erasing the account. Cannot be undone."},
}

// tagOf returns the tag of an operation, by the beginning of its path.
var tagOf = func() func(method, path string) string {
	groups := [][2]string{
		{"POST /v1/accounts", "Start here"},
		{"DELETE /v1/devices/{id}$", "Leaving"}, {"DELETE /v1/account$", "Leaving"},
		{"/v1/account", "Account"}, {"/v1/devices", "Devices"}, {"/v1/pairing-codes", "Devices"},
		{"/v1/rollers", "Rollers"}, {"/v1/sessions", "Sessions"}, {"/v1/reports", "Reports"}, {"/v1/progress", "Progress"},
		{"/v1/rest", "Rest"}, {"/v1/plan", "Rest"}, {"/v1/episodes", "Warnings"}, {"/v1/warnings", "Warnings"}, {"/v1/clinician-events", "Warnings"},
		{"/v1/reminders", "Reminders"}, {"/v1/receipts", "Reminders"}, {"/v1/statistics", "Rest"}, {"/v1/doctor-reports", "Warnings"}, {"/v1/changes", "Sync"}, {"/v1/sync", "Sync"},
	}
	return func(method, path string) string {
		for _, g := range groups {
			if strings.HasPrefix(path+"$", g[0]) || strings.HasPrefix(method+" "+path+"$", g[0]) {
				return g[1]
			}
		}
		return "Service"
	}
}()

// schemaName returns the Go name of a type; a page of rows is named after the
// rows.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	if t == typeOf[texts.Consent]() {
		return "ConsentText" // Consent is what a person agreed to
	}
	if rows, list := strings.CutPrefix(name, "List"); list && rows != "" {
		return rows + "List"
	}
	return name
}

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
		panic(fmt.Sprintf("api: read the embedded examples: %v", err)) // the build is broken
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
		mediaType := jsonType
		if op.Method == http.MethodPatch {
			mediaType = patchType
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
		media(op.Responses[status].Content, jsonType).Example = e.Response
	}
}

func media(content map[string]*huma.MediaType, name string) *huma.MediaType {
	if content[name] == nil {
		content[name] = &huma.MediaType{}
	}
	return content[name]
}

// dateTime stands for models.Time in schemas.
type dateTime struct{}

// Schema is a point in time.
func (dateTime) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Examples: []any{"2026-11-25T09:00:00Z"}}
}
