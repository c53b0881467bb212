package api

import (
	"fmt"
	"net/url"

	"context"

	"aftercare/models"
)

// Paging is what every list takes.
type Paging struct {
	Limit  int    `query:"limit" doc:"Rows a page: 50 unless said otherwise, at most 200"`
	Cursor string `query:"cursor" maxLength:"300" pattern:"^[A-Za-z0-9_-]*$" doc:"next_cursor of the page before"`
}

func (in Paging) query() models.Query {
	// A limit that was not sent is 0 and becomes the default in models.
	return models.Query{Limit: in.Limit, Cursor: in.Cursor}
}

// Period narrows a list to a period.
type Period struct {
	From string `query:"from" format:"date-time" doc:"From this time on"`
	To   string `query:"to" format:"date-time" doc:"Before this time"`
}

func (in Period) narrow(q *models.Query) error {
	var err error
	if q.From, err = queryTime("from", in.From); err != nil {
		return err
	}
	q.To, err = queryTime("to", in.To)
	return err
}

// listOutput is a page of rows, newest first.
type listOutput[T any] struct {
	Link string `header:"Link" doc:"The next page, rel=next"`
	Body struct {
		Items      []T     `json:"items"`
		NextCursor *string `json:"next_cursor" doc:"For the next page; null at the end"`
	}
}

// answerPage makes the answer to a list.
func answerPage[T any](ctx context.Context, p models.Page[T]) *listOutput[T] {
	out := &listOutput[T]{}
	out.Body.Items = p.Items
	if out.Body.Items == nil {
		out.Body.Items = []T{}
	}
	if p.NextCursor == "" {
		return out
	}
	out.Body.NextCursor = &p.NextCursor
	r := requestOf(ctx)
	query, _ := url.ParseQuery(r.query) // what cannot be read is left out
	query.Set("cursor", p.NextCursor)
	out.Link = fmt.Sprintf(`<%s?%s>; rel="next"`, r.path, query.Encode())
	return out
}
