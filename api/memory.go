package api

import (
	"sync"
	"time"
)

// Memory that slow clients may occupy, in bytes: bodies that have
// begun to arrive, and answers that are not read. Small ones are not counted:
// the bound on connections holds them.
const (
	smallBody   = 16 << 10
	heldByAll   = 32 << 20
	heldByOne   = 6 << 20
	heldAlone   = 16 << 20 // one answer, where the account holds nothing else: years of history without gzip
	heldAnswers = 32 << 20
	heldPause   = 2 * time.Second // what a phone waits if there is no room

	maxForgotten = 8 << 20 // of a refused body that is read to its end
)

// held counts the memory that waits for clients, by account.
type held struct {
	mu    sync.Mutex
	most  int
	bytes int
	of    map[string]int
}

func newHeld(most int) *held { return &held{most: most, of: map[string]int{}} }

// take counts bytes for an account until free is called; ok is false if there
// is no room for them.
func (h *held) take(account string, bytes int) (free func(), ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	own := heldByOne
	if h.of[account] == 0 {
		own = heldAlone
	}
	if h.bytes+bytes > h.most || h.of[account]+bytes > own {
		return nil, false
	}
	h.bytes += bytes
	h.of[account] += bytes
	return sync.OnceFunc(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.bytes -= bytes
		if h.of[account] -= bytes; h.of[account] == 0 {
			delete(h.of, account)
		}
	}), true
}

// shared keeps the encodings of answers that are the same for everybody, by
// their ETag: however many clients are slow to read one, it is held once.
type shared struct {
	mu sync.Mutex
	of map[string][]byte
}

// maxShared is more than there are pages, languages and encodings.
const maxShared = 512

// encoded returns the body in an encoding, made by encode the first time.
func (s *shared) encoded(tag, encoding string, encode func() []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := tag + encoding
	if s.of[key] == nil && len(s.of) >= maxShared { // they were of another day
		clear(s.of)
	}
	if s.of[key] == nil {
		s.of[key] = encode()
	}
	return s.of[key]
}
