package models

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/bits"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/google/uuid"
)

// unpacker reads packed values. It owns the memory of what it unpacks and
// reuses it: a history has hundreds of small values and ten large lists.
type unpacker struct {
	in    []byte
	words []string
	last  int64
	bad   bool // sticky: everything read afterwards is zero

	rooms []room // by number
	uuids []byte // for texts, which are never used again
}

// letGo leaves the memory of what was unpacked to its users.
func (u *unpacker) letGo() {
	clear(u.rooms)
	u.free()
}

// unpackers are those not in use.
var unpackers = sync.Pool{New: func() any { return new(unpacker) }}

// free makes the memory of what was unpacked available again: nothing of it may
// be in use, except strings.
func (u *unpacker) free() {
	clear(u.words)
	u.in = nil
	for i := range u.rooms {
		u.rooms[i].clear()
	}
	unpackers.Put(u)
}

// roomOf numbers the types for which unpackers have room.
type roomOf struct {
	number int
	of     reflect.Type // a slice
	size   uintptr      // of a value
	spare  int
}

var roomNumbers atomic.Int64

// newRoom returns room for values of a type. A list of rows has some for what the
// write adds.
func newRoom(value reflect.Type) roomOf {
	r := roomOf{int(roomNumbers.Add(1)), reflect.SliceOf(value), value.Size(), 0}
	if value.Kind() == reflect.Struct && r.size > 100 || value.Kind() == reflect.Pointer {
		r.spare = 2
	}
	return r
}

// room is memory for values of one type; the first of them are in use.
type room struct {
	all  reflect.Value
	data unsafe.Pointer
	len  int
	used int
}

func (r *room) clear() {
	if r.used > 0 {
		r.all.Slice(0, r.used).Clear()
		r.used = 0
	}
}

// slice is the memory of a slice.
type slice struct {
	data     unsafe.Pointer
	len, cap int
}

// nowhere is the address of empty slices.
var nowhere byte

// room returns n zero values.
func (u *unpacker) room(of roomOf, n int) slice {
	if n == 0 {
		return slice{data: unsafe.Pointer(&nowhere)}
	}
	for of.number >= len(u.rooms) {
		u.rooms = append(u.rooms, room{})
	}
	r := &u.rooms[of.number]
	if r.used+n+of.spare > r.len {
		r.len, r.used = max(2*r.len, n+of.spare, 4), 0
		r.all = reflect.MakeSlice(of.of, r.len, r.len)
		r.data = r.all.UnsafePointer()
	}
	s := slice{unsafe.Add(r.data, uintptr(r.used)*of.size), n, n + of.spare}
	r.used += s.cap
	return s
}

// length reads the length of a slice and reports whether it is nil, as it is in
// damaged input.
func (u *unpacker) length() (n int, isNil bool) {
	is := u.uint()
	if is == 0 || u.bad || is-1 > uint64(len(u.in)) { // each value takes at least a byte
		u.bad = u.bad || is != 0
		return 0, true
	}
	return int(is - 1), false
}

func (u *unpacker) uint() uint64 {
	n, size := binary.Uvarint(u.in)
	if size <= 0 {
		u.in, u.bad = nil, true
		return 0
	}
	u.in = u.in[size:]
	return n
}

func (u *unpacker) int() int64 {
	n, size := binary.Varint(u.in)
	if size <= 0 {
		u.in, u.bad = nil, true
		return 0
	}
	u.in = u.in[size:]
	return n
}

func (u *unpacker) bool() bool { return u.uint() != 0 }

func (u *unpacker) float() float64 { return math.Float64frombits(bits.ReverseBytes64(u.uint())) }

func (u *unpacker) fixed() uint64 {
	b := u.take(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

func (u *unpacker) take(n uint64) []byte {
	if n > uint64(len(u.in)) {
		u.in, u.bad = nil, true
		return nil
	}
	b := u.in[:n]
	u.in = u.in[n:]
	return b
}

func (u *unpacker) time() time.Time {
	n := u.uint()
	if n == 0 {
		return time.Time{}
	}
	n--
	u.last += int64(n>>1) ^ -int64(n&1)
	return time.UnixMilli(u.last).UTC()
}

// Encodings of a string: its number shifted, or one of these.
const (
	wordEmpty = iota
	wordText
	wordUUID
	wordForms
)

func (u *unpacker) word() string {
	n := u.uint()
	switch {
	case n == wordEmpty:
		return ""
	case n == wordText:
		text := u.take(u.uint())
		return u.learn(unsafe.String(unsafe.SliceData(text), len(text)))
	case n == wordUUID:
		return u.learn(u.uuid())
	case n-wordForms < uint64(len(u.words)):
		return u.words[n-wordForms]
	}
	u.bad = true
	return ""
}

// uuidLength is the length of a UUID in canonical form.
const uuidLength = 36

// formatUUID writes the canonical form.
func formatUUID(text *[uuidLength]byte, id uuid.UUID) {
	hex.Encode(text[:8], id[:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
}

// uuid reads a UUID and returns its text.
func (u *unpacker) uuid() string {
	id := u.take(16)
	if id == nil {
		return ""
	}
	if len(u.uuids) < uuidLength {
		u.uuids = make([]byte, 64*uuidLength)
	}
	text := u.uuids[:uuidLength]
	u.uuids = u.uuids[uuidLength:]
	formatUUID((*[uuidLength]byte)(text), uuid.UUID(id))
	return unsafe.String(&text[0], uuidLength)
}

func (u *unpacker) learn(s string) string {
	u.words = append(u.words, s)
	return s
}
