package models

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Error is a refusal that the caller can act on. Any other failure is an
// ordinary wrapped error, and the program's own fault.
type Error struct {
	Code string
	// Detail says what was refused and what to do, without repeating what a
	// person typed.
	Detail string
	// Fields lists the invalid fields (CodeInvalid).
	Fields []FieldError
	// Current is the row's current state (CodeVersionMismatch,
	// CodeSyncConflict).
	Current any
	// RetryAfter is the shortest useful wait (CodeOverloaded), else 0.
	RetryAfter time.Duration
	// Cause is the underlying error, if any.
	Cause error
}

// FieldError is one invalid field, at a location like "body.needle_mm". Value
// is set only for numbers, booleans and enums: free text is never echoed.
type FieldError struct {
	Location string
	Message  string
	Value    any
}

// Invalid returns the refusal of one field.
func Invalid(location, message string) *Error {
	return &Error{Code: CodeInvalid, Fields: []FieldError{{Location: location, Message: message}}}
}

// NotFound returns the same error for what does not exist and for what belongs
// to somebody else (P6).
func NotFound() *Error {
	return &Error{Code: CodeNotFound, Detail: "there is nothing with this id"}
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	for i, f := range e.Fields {
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		fmt.Fprintf(&b, "%s%s %s", sep, f.Location, f.Message)
	}
	if e.Code == CodeOverloaded && e.Cause != nil { // for the log
		fmt.Fprintf(&b, " (%v)", e.Cause)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Cause }

// IsCode reports whether err is, or wraps, an Error with this code.
func IsCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

func overloaded(detail string, cause error) *Error {
	return &Error{Code: CodeOverloaded, Detail: detail, RetryAfter: time.Second, Cause: cause}
}

// The codes of an Error: stable strings that a phone may branch on, as the API
// contract names them.
const (
	CodeInvalid            = "invalid"
	CodeNotFound           = "not-found"
	CodeVersionMismatch    = "version-mismatch"
	CodeConsentRequired    = "consent-required"
	CodeStepUpRequired     = "step-up-required"
	CodeCredentialsRefused = "credentials-refused"
	CodeEmailTaken         = "email-taken"
	CodeSnoozeLimit        = "snooze-limit"
	CodeTooMany            = "too-many"
	CodeSyncConflict       = "sync-conflict"
	CodeCursorExpired      = "cursor-expired"
	CodeOverloaded         = "overloaded"
)

// Codes returns all codes of an Error.
func Codes() []string {
	return []string{
		CodeInvalid, CodeNotFound, CodeVersionMismatch, CodeConsentRequired, CodeStepUpRequired, CodeCredentialsRefused,
		CodeEmailTaken, CodeSnoozeLimit, CodeTooMany, CodeSyncConflict, CodeCursorExpired, CodeOverloaded,
	}
}

// tooMany returns the refusal of a row that would be too much, whose bound the
// detail names.
func tooMany(detail string) error { return &Error{Code: CodeTooMany, Detail: detail} }

func noAccount() *Error {
	return &Error{Code: CodeNotFound, Detail: "there is no such account", Cause: ErrNoAccount}
}

// ErrNoAccount is the cause of a CodeNotFound when the account was erased
// during the request.
var ErrNoAccount = errors.New("no such account")
