package models

import (
	"errors"
	"fmt"
	"testing"

	"aftercare/models/db"
)

// P10: a phone that met an overload is told when to try again.
func TestRefusalsOfTheDatabaseHaveTheirCodes(t *testing.T) {
	var refused *Error
	err := coded(fmt.Errorf("commit: %w", &db.Busy{Detail: "full"}))
	if !errors.As(err, &refused) || refused.Code != CodeOverloaded || refused.RetryAfter <= 0 {
		t.Errorf("Busy became %v, want overloaded with RetryAfter", err)
	}
	if err := coded(db.ErrNoAccount); !IsCode(err, CodeNotFound) || !errors.Is(err, ErrNoAccount) {
		t.Errorf("ErrNoAccount became %v, want not-found", err)
	}
}
