package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
)

type callerKey struct{}

// callerOf returns the signed-in device of a request; the zero Caller where the
// operation is public.
func callerOf(ctx context.Context) models.Caller {
	c, _ := ctx.Value(callerKey{}).(models.Caller)
	return c
}

// authorise lets signed-in devices through and counts what they write.
func (s *server) authorise(c huma.Context, next func(huma.Context)) {
	ctx := c.Context()
	caller, err := s.identify(ctx, c.Header("Authorization"))
	if err == nil {
		err = s.limit(ctx, limitOf(c.Method()), caller.AccountID)
	}
	var end func()
	if err == nil {
		end, err = s.turns.wait(ctx, caller.AccountID)
	}
	if err != nil {
		writeProblem(c, problemOf(ctx, err))
		return
	}
	defer end()
	requestOf(ctx).account = caller.AccountID
	next(huma.WithValue(c, callerKey{}, caller))
}

// limitOf returns the limit that a request with the method counts against.
func limitOf(method string) Limit {
	if method == http.MethodGet {
		return readsPerAccount
	}
	return writesPerAccount
}

const invalidToken = "the token is not valid (any more): sign in again"

// identify returns the owner of the token.
func (s *server) identify(ctx context.Context, authorization string) (models.Caller, error) {
	token, ok := bearer(authorization)
	if !ok {
		return models.Caller{}, newProblem(http.StatusUnauthorized, "sign in and send the token as Authorization: Bearer")
	}
	caller, err := s.Store.Authenticate(ctx, token)
	if models.IsCode(err, models.CodeCredentialsRefused) {
		return caller, newProblem(http.StatusUnauthorized, invalidToken)
	}
	return caller, err
}

// bearer reads the header; the scheme has no case (RFC 9110).
func bearer(authorization string) (token string, ok bool) {
	scheme, token, found := strings.Cut(authorization, " ")
	token = strings.TrimSpace(token)
	return token, found && strings.EqualFold(scheme, "bearer") && token != ""
}
