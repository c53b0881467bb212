package models

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/bits"
	"reflect"
	"sync"
	"time"

	"github.com/google/uuid"
)

// The form in which a derived row holds values: their fields in the order of
// their types, without names. A whole history is packed and unpacked for every
// write, and JSON of it is several times the size and ten times the work.
//
// Integers are varints, times the distance in milliseconds from the time
// before, words that came before are numbers, UUIDs are 16 bytes. What the
// packer writes for a type changes with the type; typeHash tells them apart.

// errPacked says that bytes are not what pack wrote.
var errPacked = errors.New("packed value is damaged")

// pack appends the value that the pointer names.
func pack(to []byte, value any) []byte {
	p := packer{out: to, words: make(map[string]uint64, 256)}
	v := reflect.ValueOf(value).Elem()
	coderOf(v.Type()).pack(&p, v)
	return p.out
}

// unpack reads into a zero value what pack wrote of one.
func unpack(from []byte, value any) (err error) {
	u := unpacker{in: from, words: make([]string, 0, 256)}
	v := reflect.ValueOf(value).Elem()
	coderOf(v.Type()).unpack(&u, v)
	if u.bad || len(u.in) != 0 {
		return errPacked
	}
	return nil
}

// packedHash is a hash of the value that the pointer names.
func packedHash(value any) uint64 {
	p := hashers.Get().(*packer)
	defer hashers.Put(p)
	p.out, p.last = p.out[:0], 0
	v := reflect.ValueOf(value).Elem()
	coderOf(v.Type()).pack(p, v)
	h := uint64(14695981039346656037) // FNV-1a
	for _, b := range p.out {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h
}

// hashers pack without numbering words: what is hashed is short.
var hashers = sync.Pool{New: func() any { return &packer{out: make([]byte, 0, 512)} }}

// coder packs and unpacks values of one type.
type coder struct {
	pack   func(p *packer, v reflect.Value)
	unpack func(u *unpacker, v reflect.Value)
}

var coders sync.Map // by reflect.Type

func coderOf(t reflect.Type) *coder {
	if c, ok := coders.Load(t); ok {
		return c.(*coder)
	}
	c := newCoder(t)
	coders.Store(t, c)
	return c
}

var (
	timeType  = reflect.TypeFor[time.Time]()
	bytesType = reflect.TypeFor[[]byte]()
)

// newCoder panics on a type that cannot be packed: a programming error.
func newCoder(t reflect.Type) *coder {
	switch {
	case t == timeType:
		return &coder{
			func(p *packer, v reflect.Value) { p.time(*v.Addr().Interface().(*time.Time)) },
			func(u *unpacker, v reflect.Value) { *v.Addr().Interface().(*time.Time) = u.time() },
		}
	case t == bytesType:
		panic("pack: bytes have no form")
	}
	switch t.Kind() {
	case reflect.Bool:
		return &coder{
			func(p *packer, v reflect.Value) { p.uint(uint64(boolInt(v.Bool()))) },
			func(u *unpacker, v reflect.Value) { v.SetBool(u.uint() != 0) },
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &coder{
			func(p *packer, v reflect.Value) { p.out = binary.AppendVarint(p.out, v.Int()) },
			func(u *unpacker, v reflect.Value) { v.SetInt(u.int()) },
		}
	case reflect.Uint64:
		return &coder{
			func(p *packer, v reflect.Value) { p.out = binary.LittleEndian.AppendUint64(p.out, v.Uint()) },
			func(u *unpacker, v reflect.Value) { v.SetUint(u.fixed()) },
		}
	case reflect.Float64:
		// The bytes of round numbers end in zeros: reversed, they are short.
		return &coder{
			func(p *packer, v reflect.Value) { p.uint(bits.ReverseBytes64(math.Float64bits(v.Float()))) },
			func(u *unpacker, v reflect.Value) { v.SetFloat(math.Float64frombits(bits.ReverseBytes64(u.uint()))) },
		}
	case reflect.String:
		return &coder{
			func(p *packer, v reflect.Value) { p.word(v.String()) },
			func(u *unpacker, v reflect.Value) { v.SetString(u.word()) },
		}
	case reflect.Pointer:
		return pointerCoder(t)
	case reflect.Slice:
		return sliceCoder(t)
	case reflect.Struct:
		return structCoder(t)
	}
	panic(fmt.Sprintf("pack: %s has no form", t))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func pointerCoder(t reflect.Type) *coder {
	of := coderOf(t.Elem())
	return &coder{
		func(p *packer, v reflect.Value) {
			p.uint(uint64(boolInt(!v.IsNil())))
			if !v.IsNil() {
				of.pack(p, v.Elem())
			}
		},
		func(u *unpacker, v reflect.Value) {
			if u.uint() != 0 && !u.bad {
				v.Set(reflect.New(t.Elem()))
				of.unpack(u, v.Elem())
			}
		},
	}
}

// sliceCoder tells nil from empty: a set without words is an answer, no set is
// none.
func sliceCoder(t reflect.Type) *coder {
	of := coderOf(t.Elem())
	return &coder{
		func(p *packer, v reflect.Value) {
			if v.IsNil() {
				p.uint(0)
				return
			}
			p.uint(uint64(v.Len()) + 1)
			for i := range v.Len() {
				of.pack(p, v.Index(i))
			}
		},
		func(u *unpacker, v reflect.Value) {
			n := u.uint()
			if n == 0 || u.bad || n-1 > uint64(len(u.in)) { // each value takes a byte at least
				u.bad = u.bad || n != 0
				return
			}
			v.Set(reflect.MakeSlice(t, int(n-1), int(n-1)))
			for i := range v.Len() {
				of.unpack(u, v.Index(i))
			}
		},
	}
}

func structCoder(t reflect.Type) *coder {
	var fields []*coder
	var at []int
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("gorm") != "-" { // no column
			fields, at = append(fields, coderOf(f.Type)), append(at, i)
		}
	}
	return &coder{
		func(p *packer, v reflect.Value) {
			for i, f := range fields {
				f.pack(p, v.Field(at[i]))
			}
		},
		func(u *unpacker, v reflect.Value) {
			for i, f := range fields {
				f.unpack(u, v.Field(at[i]))
			}
		},
	}
}

type packer struct {
	out   []byte
	words map[string]uint64
	last  int64 // the time before
}

func (p *packer) uint(n uint64) { p.out = binary.AppendUvarint(p.out, n) }

// time writes 0 for the zero time, else the distance from the one before.
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

// Forms of a word: its number shifted, or one of these.
const (
	wordEmpty = iota
	wordText
	wordUUID
	wordForms
)

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

// plainUUID reads a UUID that is written as it is printed.
func plainUUID(s string) (id uuid.UUID, ok bool) {
	if len(s) != 36 || s[8] != '-' {
		return id, false
	}
	id, err := uuid.Parse(s)
	if err != nil {
		return id, false
	}
	var text [36]byte
	hex.Encode(text[:8], id[:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return id, string(text[:]) == s
}

type unpacker struct {
	in    []byte
	words []string
	last  int64
	bad   bool // sticky: what is read then is zero
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

func (u *unpacker) word() string {
	n := u.uint()
	switch {
	case n == wordEmpty:
		return ""
	case n == wordText:
		return u.learn(string(u.take(u.uint())))
	case n == wordUUID:
		id, err := uuid.FromBytes(u.take(16))
		u.bad = u.bad || err != nil
		return u.learn(id.String())
	case n-wordForms < uint64(len(u.words)):
		return u.words[n-wordForms]
	}
	u.bad = true
	return ""
}

func (u *unpacker) learn(s string) string {
	u.words = append(u.words, s)
	return s
}

// typeHash tells types apart whose values are packed in different ways.
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
