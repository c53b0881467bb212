package models

import (
	"context"
	"testing"
	"time"
)

// TestPasswordsWaitInABoundedQueue (P10): whoever cannot be served in time
// is told at once, and the rest are served all the same.
func TestPasswordsWaitInABoundedQueue(t *testing.T) {
	for range cap(hashing) {
		hashing <- struct{}{}
	}
	out := make(chan error, cap(hashQueue))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for range cap(hashQueue) {
		go func() {
			_, err := checkPassword(ctx, "", "guess")
			out <- err
		}()
	}
	for len(hashQueue) < cap(hashQueue) {
		select {
		case err := <-out:
			t.Fatalf("answered without its turn: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	if _, err := hashPassword(ctx, "one too many"); !IsCode(err, CodeOverloaded) {
		t.Errorf("one too many: %v", err)
	}
	cancel()
	for range cap(hashQueue) {
		if err := <-out; !IsCode(err, CodeOverloaded) {
			t.Errorf("its time was up: %v", err)
		}
	}
	for range cap(hashing) {
		<-hashing
	}
	hash, err := hashPassword(context.Background(), "the right one")
	if err != nil {
		t.Fatal(err)
	}
	for guess, want := range map[string]bool{"the right one": true, "another": false} {
		if right, err := checkPassword(context.Background(), hash, guess); err != nil || right != want {
			t.Errorf("%q: %v, %v", guess, right, err)
		}
	}
}
