package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"aftercare/models"
)

// collection is a resource that phones write: list, read, PUT, POST, PATCH and
// DELETE are the same for all of them. R is stored, T is sent and answered.
type collection[R, T any] struct {
	path, noun string
	list       func(context.Context, *models.Store, string, models.Query) (models.Page[R], error)
	get        func(ctx context.Context, s *models.Store, account, id string) (R, error)
	put        func(ctx context.Context, s *models.Store, account, id string, in R, w models.Write) (R, bool, error)
	del        func(ctx context.Context, s *models.Store, account, id string, w models.Write) error
	base       func(*R) *models.Base
	// edit, if any, prepares a patch.
	edit func(patch map[string]any)
	// show is a row in the person's language, row what is stored of it.
	show func(words, *R) T
	row  func(T) (R, error)
}

// IDParam names a row. Like all structs of parameters it is exported because
// huma passes over embedded ones that are not.
type IDParam struct {
	ID string `path:"id" minLength:"8" maxLength:"64" pattern:"^[A-Za-z0-9_-]{8,64}$" doc:"Id of the row" example:"0198f2c4-7d2e-7000-8000-3b1c5a9e4f10"`
}

type rowOutput[T any] struct {
	Status   int
	ETag     string `header:"ETag" doc:"The version of the row" example:"\"v1\""`
	Location string `header:"Location" doc:"Where the new row is; only with 201" example:"/v1/sessions/0198f2c4-7d2e-7000-8000-3b1c5a9e4f10"`
	Body     T
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

// serveRows registers the six operations of a collection. L is what its list
// is asked with.
func serveRows[R, T, L any](s *server, c collection[R, T], query func(*L) (models.Query, error)) {
	one, title := c.path+"/{id}", ""
	for word := range strings.FieldsSeq(c.noun) {
		title += strings.ToUpper(word[:1]) + word[1:]
	}
	created := alsoAnswers[T](s, http.StatusCreated, "ETag", "Location")
	conditional := fails(http.StatusForbidden, http.StatusPreconditionFailed)
	add(s, http.MethodPut, one, "replace"+title, "Create or replace a "+c.noun, c.replace(s), takes[T](s), spoken, created, conditional)
	add(s, http.MethodPost, c.path, "create"+title, "Create a "+c.noun, c.post(s), takes[T](s), spoken, created, conditional)
	add(s, http.MethodGet, c.path, "list"+title+"s", "List "+c.noun+"s", readPage(s, c, query), spoken)
	add(s, http.MethodGet, one, "read"+title, "Read a "+c.noun, c.readOne(s), spoken)
	add(s, http.MethodPatch, one, "change"+title, "Change a "+c.noun, c.patch(s), takesPatch[T](s), spoken, conditional)
	add(s, http.MethodDelete, one, "delete"+title, "Delete a "+c.noun, c.remove(s), fails(http.StatusPreconditionFailed))
}

func readPage[R, T, L any](s *server, c collection[R, T], query func(*L) (models.Query, error)) func(context.Context, *L) (*listOutput[T], error) {
	return func(ctx context.Context, ask *L) (*listOutput[T], error) {
		asked, err := query(ask)
		if err != nil {
			return nil, err
		}
		page, err := c.list(ctx, s.Store, callerOf(ctx).AccountID, asked)
		if err != nil {
			return nil, err
		}
		return answerPage(ctx, page, inWords(ctx, c.show)), nil
	}
}

func (c collection[R, T]) readOne(s *server) func(context.Context, *IDParam) (*rowOutput[T], error) {
	return func(ctx context.Context, in *IDParam) (*rowOutput[T], error) {
		row, err := c.get(ctx, s.Store, callerOf(ctx).AccountID, in.ID)
		return c.answer(ctx, row, http.StatusOK, err)
	}
}

func (c collection[R, T]) replace(s *server) func(context.Context, *putInput[T]) (*rowOutput[T], error) {
	return func(ctx context.Context, in *putInput[T]) (*rowOutput[T], error) {
		row, err := c.row(in.Body)
		if err == nil {
			err = c.sameID(&row, in.ID)
		}
		if err != nil {
			return nil, err
		}
		return c.store(ctx, s, in.ID, row, in.Conditions)
	}
}

func (c collection[R, T]) post(s *server) func(context.Context, *postInput[T]) (*rowOutput[T], error) {
	return func(ctx context.Context, in *postInput[T]) (*rowOutput[T], error) {
		row, err := c.row(in.Body)
		if err != nil {
			return nil, err
		}
		id := c.base(&row).ID
		if id == "" {
			id = models.NewID()
		}
		return c.store(ctx, s, id, row, in.Conditions)
	}
}

func (c collection[R, T]) store(ctx context.Context, s *server, id string, in R, cond Conditions) (*rowOutput[T], error) {
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

func (c collection[R, T]) patch(s *server) func(context.Context, *patchRowInput) (*rowOutput[T], error) {
	return func(ctx context.Context, in *patchRowInput) (*rowOutput[T], error) {
		account := callerOf(ctx).AccountID
		p := patching[T]{s: s, body: in.Body, conditions: in.Conditions, edit: c.edit}
		p.read = func() (T, int64, error) {
			old, err := c.get(ctx, s.Store, account, in.ID)
			return c.show(wordsOf(ctx), &old), c.base(&old).Version, err
		}
		var out R
		err := p.run(func(sent T, w models.Write) error {
			next, err := c.row(sent)
			if err == nil {
				err = c.sameID(&next, in.ID)
			}
			if err != nil {
				return err
			}
			out, _, err = c.put(ctx, s.Store, account, in.ID, next, w)
			return err
		})
		return c.answer(ctx, out, http.StatusOK, err)
	}
}

// sameID refuses a body with another id than the path.
func (c collection[R, T]) sameID(body *R, id string) error {
	if named := c.base(body).ID; named != "" && named != id {
		return models.Invalid("body.id", "is not the id of the path")
	}
	return nil
}

func (c collection[R, T]) remove(s *server) func(context.Context, *deleteInput) (*struct{}, error) {
	return func(ctx context.Context, in *deleteInput) (*struct{}, error) {
		w, err := in.write()
		if err != nil {
			return nil, err
		}
		return nil, c.current(ctx, c.del(ctx, s.Store, callerOf(ctx).AccountID, in.ID, w))
	}
}

func (c collection[R, T]) answer(ctx context.Context, row R, status int, err error) (*rowOutput[T], error) {
	if err != nil {
		return nil, c.current(ctx, err)
	}
	base := c.base(&row)
	out := &rowOutput[T]{Status: status, ETag: etag(base.Version), Body: c.show(wordsOf(ctx), &row)}
	if status == http.StatusCreated {
		out.Location = c.path + "/" + base.ID
	}
	return out, nil
}

// current returns the error of a failed condition with the row as it is shown.
func (c collection[R, T]) current(ctx context.Context, err error) error {
	return shownCurrent(err, func(row *R) any { return c.show(wordsOf(ctx), row) })
}

// shownCurrent replaces the stored row of a failed condition by what is shown
// of it.
func shownCurrent[R any](err error, show func(*R) any) error {
	var m *models.Error
	if errors.As(err, &m) {
		if row, ok := m.Current.(*R); ok && row != nil {
			m.Current = show(row)
		}
	}
	return err
}

// Paging holds the parameters of every list.
type Paging struct {
	Limit  int    `query:"limit" doc:"Rows in a page; default 50, more than 200 counts as 200" example:"50"`
	Cursor string `query:"cursor" maxLength:"300" pattern:"^[A-Za-z0-9_-]*$" doc:"next_cursor of the previous page"`
}

// Period narrows a list to a period.
type Period struct {
	From string `query:"from" format:"date-time" doc:"Only rows from this time on" example:"2026-11-01T00:00:00Z"`
	To   string `query:"to" format:"date-time" doc:"Only rows before this time" example:"2027-01-01T00:00:00Z"`
}

// ListRows holds the parameters of a collection's list.
type ListRows struct {
	Paging
	Period
}

func (in *ListRows) query() (models.Query, error) {
	// A limit that was not sent is 0 and becomes the default in models.
	q := models.Query{Limit: in.Limit, Cursor: in.Cursor}
	var err error
	if q.From, err = queryTime("from", in.From); err != nil {
		return q, err
	}
	q.To, err = queryTime("to", in.To)
	return q, err
}

// List is a page of rows, newest first.
type List[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor" doc:"Cursor of the next page; null at the end"`
}

type listOutput[T any] struct {
	Link string `header:"Link" doc:"The next page, rel=next; left out at the end" example:"</v1/sessions?cursor=eyJ0IjoxfQ>; rel=\"next\""`
	Body List[T]
}

// inWords shows rows in the person's language.
func inWords[R, T any](ctx context.Context, show func(words, *R) T) func(*R) T {
	w := wordsOf(ctx)
	return func(row *R) T { return show(w, row) }
}

// answerPage builds the response to a list.
func answerPage[R, T any](ctx context.Context, p models.Page[R], show func(*R) T) *listOutput[T] {
	out := &listOutput[T]{Body: List[T]{Items: make([]T, 0, len(p.Items)), NextCursor: some(p.NextCursor)}}
	for i := range p.Items {
		out.Body.Items = append(out.Body.Items, show(&p.Items[i]))
	}
	if p.NextCursor == "" {
		return out
	}
	r := requestOf(ctx)
	query, _ := url.ParseQuery(r.query) // what cannot be read is left out
	query.Set("cursor", p.NextCursor)
	out.Link = fmt.Sprintf(`<%s?%s>; rel="next"`, r.path, query.Encode())
	return out
}
