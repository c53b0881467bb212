package models

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/bits"
	"reflect"
	"sync"
	"time"
	"unsafe"

	"github.com/google/uuid"
)

// The format of values in a derived row: their fields in the order of their
// types, without names. A whole history is packed and unpacked in every write;
// as JSON it would be several times the size and ten times the work.
//
// Integers are varints, times the distance in milliseconds from the previous
// one, repeated strings are numbers, UUIDs are 16 bytes. The format of a type
// changes with the type; typeHash distinguishes them.

// errPacked means that the bytes were not written by pack.
var errPacked = errors.New("packed value is damaged")

// pack appends the packed form of the value.
func pack[T any](to []byte, value *T) []byte {
	words := wordNumbers.Get().(map[string]uint64)
	defer wordNumbers.Put(words)
	clear(words)
	p := packer{out: to, words: words}
	coderOf(reflect.TypeFor[T]()).pack(&p, unsafe.Pointer(value))
	return p.out
}

// wordNumbers keeps the maps of packers, which are larger than what is packed.
var wordNumbers = sync.Pool{New: func() any { return make(map[string]uint64, 256) }}

// unpack reads into a zero value what pack wrote. The strings of the value are
// parts of from, which must not change afterwards; the rest of it belongs to
// the unpacker, until that is freed.
func unpack[T any](u *unpacker, from []byte, value *T) error {
	u.in, u.words, u.last, u.bad = from, u.words[:0], 0, false
	coderOf(reflect.TypeFor[T]()).unpack(u, unsafe.Pointer(value))
	if u.bad || len(u.in) != 0 {
		return errPacked
	}
	return nil
}

// packedHash returns a hash of the value.
func packedHash[T any](value *T) uint64 {
	p := hashers.Get().(*packer)
	defer hashers.Put(p)
	p.out, p.last = p.out[:0], 0
	coderOf(reflect.TypeFor[T]()).pack(p, unsafe.Pointer(value))
	h := uint64(14695981039346656037) // FNV-1a
	for _, b := range p.out {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h
}

// hashers pack without numbering repeated strings: the input is short.
var hashers = sync.Pool{New: func() any { return &packer{out: make([]byte, 0, 512)} }}

// packsAlike reports whether two values have the same packed form.
func packsAlike[T any](a, b *T) bool {
	return coderOf(reflect.TypeFor[T]()).alike(unsafe.Pointer(a), unsafe.Pointer(b))
}

// coder packs, unpacks and compares values of one type at an address. It uses
// addresses rather than reflection, which took four times as long: a history has
// some three thousand values, packed in every write.
type coder struct {
	pack   func(p *packer, at unsafe.Pointer)
	unpack func(u *unpacker, at unsafe.Pointer)
	alike  func(a, b unsafe.Pointer) bool
}

var coders sync.Map // by reflect.Type

func coderOf(t reflect.Type) *coder {
	if c, ok := coders.Load(t); ok {
		return c.(*coder)
	}
	c := newCoder(t)
	if kept, others := coders.LoadOrStore(t, c); others {
		return kept.(*coder)
	}
	return c
}

var timeType = reflect.TypeFor[time.Time]()

// coderAs returns the coder of a type that is represented in memory as a T.
func coderAs[T any](pack func(p *packer, v T), unpack func(u *unpacker) T, alike func(a, b T) bool) *coder {
	return &coder{
		func(p *packer, at unsafe.Pointer) { pack(p, *(*T)(at)) },
		func(u *unpacker, at unsafe.Pointer) { *(*T)(at) = unpack(u) },
		func(a, b unsafe.Pointer) bool { return alike(*(*T)(a), *(*T)(b)) },
	}
}

func equal[T comparable](a, b T) bool { return a == b }

// newCoder returns the coder of a type. It panics on a type that has no packed
// form, which is a programming error.
func newCoder(t reflect.Type) *coder {
	if t == timeType {
		return coderAs((*packer).time, (*unpacker).time, sameMillisecond)
	}
	switch t.Kind() {
	case reflect.Bool:
		return coderAs((*packer).bool, (*unpacker).bool, equal)
	case reflect.Int:
		return coderAs(func(p *packer, v int) { p.int(int64(v)) }, func(u *unpacker) int { return int(u.int()) }, equal)
	case reflect.Int64:
		return coderAs((*packer).int, (*unpacker).int, equal)
	case reflect.Uint64:
		return coderAs((*packer).fixed, (*unpacker).fixed, equal)
	case reflect.Float64:
		return coderAs((*packer).float, (*unpacker).float, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
	case reflect.String:
		return coderAs((*packer).word, (*unpacker).word, equal)
	case reflect.Pointer:
		return pointerCoder(t)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Pointer {
			return pointersCoder(t)
		}
		return sliceCoder(t)
	case reflect.Struct:
		return structCoder(t)
	}
	panic(fmt.Sprintf("pack: %s has no form", t))
}

// sameMillisecond compares times in the precision in which they are packed.
func sameMillisecond(a, b time.Time) bool {
	return a.IsZero() == b.IsZero() && (a.IsZero() || a.UnixMilli() == b.UnixMilli())
}

func pointerCoder(t reflect.Type) *coder {
	of, room := coderOf(t.Elem()), newRoom(t.Elem())
	return &coder{
		func(p *packer, at unsafe.Pointer) {
			to := *(*unsafe.Pointer)(at)
			p.bool(to != nil)
			if to != nil {
				of.pack(p, to)
			}
		},
		func(u *unpacker, at unsafe.Pointer) {
			if u.bool() && !u.bad {
				to := u.room(room, 1).data
				of.unpack(u, to)
				*(*unsafe.Pointer)(at) = to
			}
		},
		func(a, b unsafe.Pointer) bool {
			x, y := *(*unsafe.Pointer)(a), *(*unsafe.Pointer)(b)
			return x == y || x != nil && y != nil && of.alike(x, y)
		},
	}
}

// pointersCoder packs a slice of pointers like any other; unpacking makes room
// for all values at once.
func pointersCoder(t reflect.Type) *coder {
	row := t.Elem().Elem()
	of, plain, room, pointers := coderOf(row), sliceCoder(t), newRoom(row), newRoom(t.Elem())
	return &coder{
		plain.pack,
		func(u *unpacker, at unsafe.Pointer) {
			n, isNil := u.length()
			if isNil {
				return
			}
			values, to := u.room(room, n), u.room(pointers, n)
			for i := range uintptr(n) {
				if u.bool() {
					value := unsafe.Add(values.data, i*row.Size())
					of.unpack(u, value)
					*(*unsafe.Pointer)(unsafe.Add(to.data, i*unsafe.Sizeof(value))) = value
				}
			}
			*(*slice)(at) = to
		},
		plain.alike,
	}
}

// sliceCoder returns a coder that distinguishes nil from empty: an empty set is
// an answer, nil is none.
func sliceCoder(t reflect.Type) *coder {
	of, size, room := coderOf(t.Elem()), t.Elem().Size(), newRoom(t.Elem())
	return &coder{
		func(p *packer, at unsafe.Pointer) {
			v := (*slice)(at)
			if v.data == nil {
				p.uint(0)
				return
			}
			p.uint(uint64(v.len) + 1)
			for i := range uintptr(v.len) {
				of.pack(p, unsafe.Add(v.data, i*size))
			}
		},
		func(u *unpacker, at unsafe.Pointer) {
			n, isNil := u.length()
			if isNil {
				return
			}
			v := u.room(room, n)
			for i := range uintptr(n) {
				of.unpack(u, unsafe.Add(v.data, i*size))
			}
			*(*slice)(at) = v
		},
		func(a, b unsafe.Pointer) bool {
			x, y := (*slice)(a), (*slice)(b)
			if x.len != y.len || (x.data == nil) != (y.data == nil) {
				return false
			}
			for i := range uintptr(x.len) {
				if !of.alike(unsafe.Add(x.data, i*size), unsafe.Add(y.data, i*size)) {
					return false
				}
			}
			return true
		},
	}
}

func structCoder(t reflect.Type) *coder {
	type field struct {
		*coder
		offset uintptr
	}
	var fields []field
	for f := range t.Fields() {
		if f.Tag.Get("gorm") != "-" { // not a column
			fields = append(fields, field{coderOf(f.Type), f.Offset})
		}
	}
	return &coder{
		func(p *packer, at unsafe.Pointer) {
			for i := range fields {
				fields[i].pack(p, unsafe.Add(at, fields[i].offset))
			}
		},
		func(u *unpacker, at unsafe.Pointer) {
			for i := range fields {
				fields[i].unpack(u, unsafe.Add(at, fields[i].offset))
			}
		},
		func(a, b unsafe.Pointer) bool {
			for i := range fields {
				if f := &fields[i]; !f.alike(unsafe.Add(a, f.offset), unsafe.Add(b, f.offset)) {
					return false
				}
			}
			return true
		},
	}
}

type packer struct {
	out   []byte
	words map[string]uint64
	last  int64 // the previous time
}

func (p *packer) uint(n uint64) { p.out = binary.AppendUvarint(p.out, n) }

func (p *packer) int(n int64) { p.out = binary.AppendVarint(p.out, n) }

func (p *packer) fixed(n uint64) { p.out = binary.LittleEndian.AppendUint64(p.out, n) }

func (p *packer) bool(b bool) {
	if b {
		p.uint(1)
	} else {
		p.uint(0)
	}
}

// float reverses the bytes: round numbers end in zeros, which makes them short.
func (p *packer) float(f float64) { p.uint(bits.ReverseBytes64(math.Float64bits(f))) }

// time writes 0 for the zero time, else the distance from the previous one.
func (p *packer) time(t time.Time) {
	if t.IsZero() {
		p.uint(0)
		return
	}
	ms := t.UnixMilli()
	d := ms - p.last
	p.last = ms
	p.uint(uint64(d)<<1 ^ uint64(d>>63) + 1)
}

func (p *packer) word(s string) {
	if s == "" {
		p.uint(wordEmpty)
		return
	}
	if n, ok := p.words[s]; ok {
		p.uint(n + wordForms)
		return
	}
	if p.words != nil {
		p.words[s] = uint64(len(p.words))
	}
	if id, ok := plainUUID(s); ok {
		p.uint(wordUUID)
		p.out = append(p.out, id[:]...)
		return
	}
	p.uint(wordText)
	p.uint(uint64(len(s)))
	p.out = append(p.out, s...)
}

// plainUUID parses a UUID in canonical form.
func plainUUID(s string) (id uuid.UUID, ok bool) {
	if len(s) != uuidLength || s[8] != '-' {
		return id, false
	}
	id, err := uuid.Parse(s)
	if err != nil {
		return id, false
	}
	var text [uuidLength]byte
	formatUUID(&text, id)
	return id, string(text[:]) == s
}

// typeHash returns a hash that differs between types that are packed
// differently.
func typeHash(t reflect.Type) uint64 {
	h := fnv.New64a()
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		_, _ = fmt.Fprintf(h, "%s(", t.Kind()) // a hash never fails
		switch {
		case t == timeType:
			_, _ = fmt.Fprint(h, "time")
		case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice:
			walk(t.Elem())
		case t.Kind() == reflect.Struct:
			for f := range t.Fields() {
				if f.Tag.Get("gorm") != "-" {
					_, _ = fmt.Fprint(h, f.Name)
					walk(f.Type)
				}
			}
		}
		_, _ = fmt.Fprint(h, ")")
	}
	walk(t)
	return h.Sum64()
}
