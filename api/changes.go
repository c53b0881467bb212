package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
)

// The most rows in a page of the feed, and how many there are by default.
const (
	changesDefault = 200
	changesMax     = 1000
)

// Changes are a page of the account's change feed.
type Changes struct {
	Changes []Change `json:"changes"`
	Next    int64    `json:"next" doc:"since of the next call" example:"412"`
	More    bool     `json:"more" doc:"Whether there are more already"`
}

// Change is one row of the feed.
type Change struct {
	Seq        int64  `json:"seq"`
	Collection string `json:"collection"`
	ID         string `json:"id"`
	Deleted    bool   `json:"deleted"`
	Row        any    `json:"row"`            // nil where it was deleted
	Sent       object `json:"sent,omitempty"` // of the fields that flags name
}

// feedRows maps each collection of the feed to the schema of its rows and the
// way they are shown.
var feedRows = map[string]feedRow{
	"rollers":          feedRowOf(showRoller),
	"sessions":         feedRowOf(showSession),
	"reports":          feedRowOf(showReport),
	"progress":         feedRowOf(showProgress),
	"clinician_events": feedRowOf(showClinicianEvent),
	"reminders":        feedRowOf(showReminder),
	"episodes":         feedRowOf(func(_ words, e *models.Episode) Episode { return showEpisode(e) }),
	"warnings":         feedRowOf(showWarning),
}

type feedRow struct {
	schema func(huma.Registry) *huma.Schema
	show   func(w words, row any) any
}

func feedRowOf[R, T any](show func(words, *R) T) feedRow {
	return feedRow{
		func(r huma.Registry) *huma.Schema { return r.Schema(typeOf[T](), true, "") },
		func(w words, row any) any { return show(w, row.(*R)) },
	}
}

// Schema is a union of the forms of a change, discriminated by collection.
func (Change) Schema(r huma.Registry) *huma.Schema {
	const name = "Change"
	if r.Map()[name] != nil {
		return &huma.Schema{Ref: schemaPath + name}
	}
	one := &huma.Schema{
		Description:   "One row of the change feed; row is null where it was deleted",
		Discriminator: &huma.Discriminator{PropertyName: "collection", Mapping: map[string]string{}},
	}
	r.Map()[name] = one
	for _, collection := range models.Collections() {
		row := feedRows[collection].schema(r)
		form := structOf(r, row.Ref).Name() + name
		r.Map()[form] = changeSchema(collection, row)
		one.OneOf = append(one.OneOf, &huma.Schema{Ref: schemaPath + form})
		one.Discriminator.Mapping[collection] = schemaPath + form
	}
	return &huma.Schema{Ref: schemaPath + name}
}

func changeSchema(collection string, row *huma.Schema) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"seq", "collection", "id", "deleted", "row"},
		Properties: map[string]*huma.Schema{
			"seq":        {Type: huma.TypeInteger, Format: "int64", Description: "Number of its latest change in the account's feed"},
			"collection": {Type: huma.TypeString, Enum: []any{collection}},
			"id":         {Type: huma.TypeString},
			"deleted":    {Type: huma.TypeBoolean},
			"row":        {AnyOf: []*huma.Schema{row, {Type: "null"}}},
			"sent": {
				Type: huma.TypeObject, AdditionalProperties: true,
				Description: "What was sent of the fields that flags names, which are null in row; left out where there are none. A phone that keeps it can send it again",
			},
		},
	}
}

type changesInput struct {
	Since int64 `query:"since" doc:"next of the previous page; 0 or left out: from the beginning" example:"0"`
	Limit int   `query:"limit" doc:"Rows in a page; default 200, more than 1000 counts as 1000" example:"200"`
}

type changesOutput struct{ Body Changes }

func (s *server) listChanges(ctx context.Context, in *changesInput) (*changesOutput, error) {
	limit := min(in.Limit, changesMax)
	if limit <= 0 {
		limit = changesDefault
	}
	feed, err := s.Store.Changes(ctx, callerOf(ctx).AccountID, models.FeedQuery{Since: in.Since, Limit: limit})
	if err != nil {
		return nil, err
	}
	out := Changes{Changes: make([]Change, 0, len(feed.Changes)), Next: feed.Next, More: feed.More}
	w := wordsOf(ctx)
	for _, c := range feed.Changes {
		shown := Change{Seq: c.Seq, Collection: c.Collection, ID: c.ID, Deleted: c.Deleted}
		if !c.Deleted {
			shown.Row = feedRows[c.Collection].show(w, c.Row)
			shown.Sent = sentOf(c, shown.Row)
		}
		out.Changes = append(out.Changes, shown)
	}
	return &changesOutput{Body: out}, nil
}
