package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
)

// RxDB's replication: the change feed of one collection as documents with
// checkpoints, and pushes with the state that they are based on.

// CollectionParam names a collection of the feed.
type CollectionParam struct {
	Collection string `path:"collection" enum:"rollers,sessions,reports,progress,clinician_events,reminders,episodes,warnings" doc:"A collection of the change feed" example:"reports"`
}

// Document is a row as phones replicate it.
type Document json.RawMessage

// MarshalJSON returns the document.
func (d Document) MarshalJSON() ([]byte, error) { return d, nil }

// Schema describes what all documents have.
func (Document) Schema(r huma.Registry) *huma.Schema {
	const name = "Document"
	if r.Map()[name] == nil {
		r.Map()[name] = &huma.Schema{
			Type: huma.TypeObject, AdditionalProperties: true, Required: []string{"id", "_deleted"},
			Description: "A row as GET answers it, with _deleted. Fields that flags names hold what was sent, whatever it is.",
			Properties: map[string]*huma.Schema{
				"id":       {Type: huma.TypeString},
				"_deleted": {Type: huma.TypeBoolean},
			},
		}
	}
	return &huma.Schema{Ref: schemaPath + name}
}

// Checkpoint is a phone's position in the feed.
type Checkpoint struct {
	ID  string `json:"id" doc:"The document that came last; may be empty"`
	LWT int64  `json:"lwt" doc:"Number of the change feed"`
}

// Pulled is a page of documents. It is short only at the end.
type Pulled struct {
	Documents  []Document  `json:"documents"`
	Checkpoint *Checkpoint `json:"checkpoint" doc:"For the next call; null: nothing has come yet"`
}

type pullInput struct {
	CollectionParam
	LWT   string `query:"lwt" maxLength:"20" doc:"lwt of the checkpoint; left out, empty or 0: from the beginning" example:"0"`
	ID    string `query:"id" maxLength:"64" doc:"id of the checkpoint"`
	Limit int    `query:"limit" doc:"Documents in a page; default 100, more than 1000 is a 400" example:"100"`
}

type pullOutput struct{ Body Pulled }

func (s *server) pull(ctx context.Context, in *pullInput) (*pullOutput, error) {
	since, err := cursorOf(in.LWT)
	if err != nil {
		return nil, err
	}
	switch {
	case in.Limit > changesMax || in.Limit < 0:
		return nil, newProblem(http.StatusBadRequest, fmt.Sprintf("limit is 1 to %d: who asks for more takes a short page for the last", changesMax))
	case in.Limit == 0:
		in.Limit = 100
	}
	page, err := s.pulled(ctx, in.Collection, models.FeedQuery{Since: since, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	if page.Checkpoint.ID == "" {
		page.Checkpoint.ID = in.ID
	}
	if len(page.Documents) == 0 && page.Checkpoint.LWT == 0 {
		page.Checkpoint = nil
	}
	return &pullOutput{page}, nil
}

// cursorOf reads a cursor; left out, empty, 0 and null all mean none, since
// clients send each of them.
func cursorOf(sent string) (int64, error) {
	if sent == "" || sent == "null" || sent == "undefined" {
		return 0, nil
	}
	n, err := strconv.ParseInt(sent, 10, 64)
	if err != nil {
		return 0, models.Invalid("query", "the cursor is not one that was answered")
	}
	return n, nil
}

// pulled reads a page of a collection.
func (s *server) pulled(ctx context.Context, collection string, ask models.FeedQuery) (Pulled, error) {
	ask.Collections = []string{collection}
	feed, err := s.Store.Changes(ctx, callerOf(ctx).AccountID, ask)
	if err != nil {
		return Pulled{}, err
	}
	out := Pulled{Checkpoint: &Checkpoint{LWT: feed.Next}}
	out.Documents, err = documents(wordsOf(ctx), feed.Changes)
	if n := len(feed.Changes); n > 0 {
		out.Checkpoint.ID = feed.Changes[n-1].ID
	}
	return out, err
}

func documents(w words, changes []models.Change) ([]Document, error) {
	out := make([]Document, 0, len(changes))
	for _, c := range changes {
		d, err := document(w, c)
		if err != nil {
			return nil, fmt.Errorf("encode a document: %w", err)
		}
		out = append(out, Document(d))
	}
	return out, nil
}

// PushedDocument is one edit.
type PushedDocument struct {
	AssumedMasterState documentInput `json:"assumedMasterState,omitempty" required:"false" doc:"The document on which the edit is based; left out: the phone knows none"`
	NewDocumentState   documentInput `json:"newDocumentState" doc:"The document as it is to be"`
}

// documentInput is a document as phones send it.
type documentInput object

// Schema is that of Document, without what need not be sent.
func (documentInput) Schema(r huma.Registry) *huma.Schema {
	const name = "DocumentInput"
	if r.Map()[name] == nil {
		id, _ := typeOf[Row]().FieldByName("ID")
		r.Map()[name] = &huma.Schema{
			Type: huma.TypeObject, AdditionalProperties: true, Required: []string{"id"},
			Description: "A row as GET answers it, with _deleted. What the server writes and what it does not know is ignored; no value is refused.",
			Properties: map[string]*huma.Schema{
				"id":       huma.SchemaFromField(r, id, ""),
				"_deleted": {Type: huma.TypeBoolean},
			},
		}
	}
	return &huma.Schema{Ref: schemaPath + name}
}

type pushInput struct {
	Collection string `path:"collection" enum:"rollers,sessions,reports,progress,clinician_events,reminders" doc:"A collection that phones write" example:"reports"`
	ClientTime string `header:"Client-Time" format:"date-time" doc:"The phone's clock when it sent; times are corrected when it is more than 5 minutes off"`
	PushNumber int64  `header:"Push-Number" minimum:"0" maximum:"9007199254740991" doc:"Higher than that of each push of this collection that the phone has sent before; milliseconds since 1970 will do. A push that arrives after a later one then changes nothing: 409, with the highest number in current"`
	RawBody    []byte `contentType:"application/json"`
}

type documentsOutput struct{ Body []Document }

// push stores the edits of a phone and returns the current documents of those
// that somebody else had edited.
func (s *server) push(ctx context.Context, in *pushInput) (*documentsOutput, error) {
	at, err := headerTime("Client-Time", in.ClientTime)
	if err != nil {
		return nil, err
	}
	sent, err := readBody[[]PushedDocument](in.RawBody)
	if err != nil {
		return nil, err
	}
	rows := make([]models.Pushed, 0, len(sent))
	for _, d := range sent {
		row, err := s.pushed(in.Collection, d)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	conflicts, err := s.Store.Push(ctx, callerOf(ctx), rows, models.PushRules{Number: in.PushNumber}, models.Write{ClientTime: at})
	if err != nil {
		return nil, err
	}
	out := &documentsOutput{}
	out.Body, err = documents(wordsOf(ctx), conflicts)
	return out, err
}

// pushed reads one edit.
func (s *server) pushed(collection string, d PushedDocument) (out models.Pushed, err error) {
	out.Collection = collection
	out.ID, _ = d.NewDocumentState["id"].(string)
	out.BasedDeleted = d.AssumedMasterState["_deleted"] == true
	read := offlineRows[collection].read
	if d.NewDocumentState["_deleted"] != true {
		if out.Row, err = read(s, object(d.NewDocumentState)); err != nil {
			return out, err
		}
	}
	if d.AssumedMasterState != nil && !out.BasedDeleted {
		out.Based, err = read(s, object(d.AssumedMasterState))
	}
	return out, err
}

// takesAny documents a body that the handler reads itself, of up to the size of
// a sync.
func (s *server) takesAny(schema *huma.Schema) option {
	return func(op *huma.Operation) {
		body := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
		op.RequestBody, op.SkipValidateBody, op.MaxBodyBytes = body, true, maxSyncBody+1
		name := op.Method + " " + op.Path
		s.registered = append(s.registered, func() {
			body.Content[jsonType] = &huma.MediaType{Schema: schema, Example: examples[name].Request}
		})
	}
}
