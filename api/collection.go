package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"aftercare/models"
)

// collection is a resource that phones write: list, read, PUT, POST, PATCH and
// DELETE are the same for all of them. T is the body and the answer.
type collection[T any] struct {
	path, noun string
	list       func(context.Context, *models.Store, string, models.Query) (models.Page[T], error)
	get        func(ctx context.Context, s *models.Store, account, id string) (T, error)
	put        func(ctx context.Context, s *models.Store, account, id string, in T, w models.Write) (T, bool, error)
	del        func(ctx context.Context, s *models.Store, account, id string, w models.Write) error
	base       func(*T) *models.Base
	// edit, if any, prepares a patch.
	edit func(patch map[string]any)
	// show fills in what a person reads, in their language.
	show func(words, *T)
}

// IDParam names a row. Like all structs of parameters it is exported because
// huma passes over embedded ones that are not.
type IDParam struct {
	ID string `path:"id" minLength:"8" maxLength:"64" pattern:"^[A-Za-z0-9_-]{8,64}$" doc:"Made by the phone" example:"0198f2c4-7d2e-7000-8000-3b1c5a9e4f10"`
}

type rowOutput[T any] struct {
	Status   int
	ETag     string `header:"ETag" doc:"The version of the row"`
	Location string `header:"Location" doc:"With 201: where the row is"`
	Body     T
}

type listRowsInput struct {
	Paging
	Period
}

type putInput[T any] struct {
	IDParam
	Conditions
	Body T
}

type postInput[T any] struct {
	Conditions
	Body T
}

type patchRowInput struct {
	IDParam
	Conditions
	PatchBody
}

type deleteInput struct {
	IDParam
	Conditions
}

// serve registers the six operations of a collection.
func serve[T any](s *server, c collection[T]) {
	one := c.path + "/{id}"
	created := alsoAnswers[T](s, http.StatusCreated)
	conditional := fails(http.StatusForbidden, http.StatusPreconditionFailed)
	add(s, http.MethodGet, c.path, "List "+c.noun+"s", c.readPage(s))
	add(s, http.MethodPost, c.path, "Create a "+c.noun, c.post(s), created, conditional,
		explain("With an id in the body it is the same as PUT on that id, so a retry never makes a second one."))
	add(s, http.MethodGet, one, "Read a "+c.noun, c.readOne(s))
	add(s, http.MethodPut, one, "Create or replace a "+c.noun, c.replace(s), created, conditional,
		explain("Creates (201) or replaces (200). A deleted id comes back."))
	add(s, http.MethodPatch, one, "Change a "+c.noun, c.patch(s), takesPatch[T](s), conditional,
		explain("A JSON Merge Patch (RFC 7396): what is absent stays, null clears."))
	add(s, http.MethodDelete, one, "Delete a "+c.noun, c.remove(s), fails(http.StatusPreconditionFailed),
		explain("Always 204, for an unknown id as well. It needs no consent: it is an erasure."))
}

func (c collection[T]) readPage(s *server) func(context.Context, *listRowsInput) (*listOutput[T], error) {
	return func(ctx context.Context, in *listRowsInput) (*listOutput[T], error) {
		query := in.query()
		if err := in.narrow(&query); err != nil {
			return nil, err
		}
		page, err := c.list(ctx, s.Store, callerOf(ctx).AccountID, query)
		if err != nil {
			return nil, err
		}
		w := wordsOf(ctx)
		for i := range page.Items {
			c.show(w, &page.Items[i])
		}
		return answerPage(ctx, page), nil
	}
}

func (c collection[T]) readOne(s *server) func(context.Context, *IDParam) (*rowOutput[T], error) {
	return func(ctx context.Context, in *IDParam) (*rowOutput[T], error) {
		row, err := c.get(ctx, s.Store, callerOf(ctx).AccountID, in.ID)
		return c.answer(ctx, row, http.StatusOK, err)
	}
}

func (c collection[T]) replace(s *server) func(context.Context, *putInput[T]) (*rowOutput[T], error) {
	return func(ctx context.Context, in *putInput[T]) (*rowOutput[T], error) {
		if err := c.sameID(&in.Body, in.ID); err != nil {
			return nil, err
		}
		return c.store(ctx, s, in.ID, in.Body, in.Conditions)
	}
}

func (c collection[T]) post(s *server) func(context.Context, *postInput[T]) (*rowOutput[T], error) {
	return func(ctx context.Context, in *postInput[T]) (*rowOutput[T], error) {
		id := c.base(&in.Body).ID
		if id == "" {
			id = models.NewID()
		}
		return c.store(ctx, s, id, in.Body, in.Conditions)
	}
}

func (c collection[T]) store(ctx context.Context, s *server, id string, in T, cond Conditions) (*rowOutput[T], error) {
	w, err := cond.write()
	if err != nil {
		return nil, err
	}
	row, created, err := c.put(ctx, s.Store, callerOf(ctx).AccountID, id, in, w)
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return c.answer(ctx, row, status, err)
}

func (c collection[T]) patch(s *server) func(context.Context, *patchRowInput) (*rowOutput[T], error) {
	return func(ctx context.Context, in *patchRowInput) (*rowOutput[T], error) {
		account, change := callerOf(ctx).AccountID, in.Body
		if c.edit != nil {
			change = edited(change, c.edit)
		}
		return patch(s, change, in.Conditions,
			func() (T, int64, error) {
				old, err := c.get(ctx, s.Store, account, in.ID)
				return old, c.base(&old).Version, err
			},
			func(next T, w models.Write) (*rowOutput[T], error) {
				if err := c.sameID(&next, in.ID); err != nil {
					return nil, err
				}
				row, _, err := c.put(ctx, s.Store, account, in.ID, next, w)
				return c.answer(ctx, row, http.StatusOK, err)
			})
	}
}

// sameID refuses a body that names another row than the path.
func (c collection[T]) sameID(body *T, id string) error {
	if named := c.base(body).ID; named != "" && named != id {
		return models.Invalid("body.id", "is not the id of the path")
	}
	return nil
}

func (c collection[T]) remove(s *server) func(context.Context, *deleteInput) (*struct{}, error) {
	return func(ctx context.Context, in *deleteInput) (*struct{}, error) {
		w, err := in.write()
		if err != nil {
			return nil, err
		}
		return nil, c.shown(ctx, c.del(ctx, s.Store, callerOf(ctx).AccountID, in.ID, w))
	}
}

func (c collection[T]) answer(ctx context.Context, row T, status int, err error) (*rowOutput[T], error) {
	if err != nil {
		return nil, c.shown(ctx, err)
	}
	w := wordsOf(ctx)
	c.show(w, &row)
	out := &rowOutput[T]{Status: status, ETag: etag(c.base(&row).Version), Body: row}
	if status == http.StatusCreated {
		out.Location = c.path + "/" + c.base(&row).ID
	}
	return out, nil
}

// shown fills in the row that a failed condition answers.
func (c collection[T]) shown(ctx context.Context, err error) error {
	var m *models.Error
	if !errors.As(err, &m) {
		return err
	}
	row, ok := m.Current.(*T)
	if !ok || row == nil {
		return err
	}
	w := wordsOf(ctx)
	c.show(w, row)
	return err
}

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

// oneOf is the filter that a query parameter asks for; "" is none.
func oneOf(state string) []string {
	if state == "" {
		return nil
	}
	return []string{state}
}
