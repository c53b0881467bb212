package fastjson

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"
)

// Appender is a value that appends what its MarshalJSON returns.
type Appender interface {
	AppendJSON(b []byte) ([]byte, error)
}

// Append appends a value as encoding/json writes it without escapes for HTML.
func Append(b []byte, v any) ([]byte, error) {
	if v != nil {
		to := reflect.New(reflect.TypeOf(v)).Elem()
		to.Set(reflect.ValueOf(v))
		if out, err := writerOf(to.Type())(b, to.Addr().UnsafePointer()); err == nil {
			return out, nil
		}
	}
	return appendOther(b, v)
}

// appendOther leaves a value to encoding/json.
func appendOther(b []byte, v any) ([]byte, error) {
	to := bytes.NewBuffer(b)
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return b, err
	}
	return bytes.TrimSuffix(to.Bytes(), []byte("\n")), nil
}

// writer appends the value at an address. After an error the whole is left to
// encoding/json.
type writer func(b []byte, at unsafe.Pointer) ([]byte, error)

// errUnusual is a value that only encoding/json can write.
var errUnusual = errors.New("not of a usual form")

func unusual(b []byte, _ unsafe.Pointer) ([]byte, error) { return b, errUnusual }

var writers sync.Map // by reflect.Type

func writerOf(t reflect.Type, above ...reflect.Type) writer {
	if w, ok := writers.Load(t); ok {
		return w.(writer)
	}
	if slices.Contains(above, t) { // a type that holds itself
		return unusual
	}
	w := newWriter(t, append(above[:len(above):len(above)], t))
	writers.Store(t, w)
	return w
}

func newWriter(t reflect.Type, above []reflect.Type) writer {
	pointer := reflect.PointerTo(t)
	switch {
	case t.Kind() == reflect.Interface:
		return other(t)
	case t.Kind() == reflect.Pointer:
		return pointerWriter(writerOf(t.Elem(), above...))
	case t.Implements(reflect.TypeFor[Appender]()):
		return func(b []byte, at unsafe.Pointer) ([]byte, error) {
			return reflect.NewAt(t, at).Interface().(Appender).AppendJSON(b)
		}
	case t.Implements(reflect.TypeFor[json.Marshaler]()):
		return other(t)
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return func(b []byte, at unsafe.Pointer) ([]byte, error) {
			text, err := reflect.NewAt(t, at).Interface().(encoding.TextMarshaler).MarshalText()
			if err != nil {
				return b, err
			}
			return appendString(b, string(text))
		}
	case pointer.Implements(reflect.TypeFor[json.Marshaler]()), pointer.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return unusual // depends on where the value stands
	}
	switch t.Kind() {
	case reflect.String:
		return func(b []byte, at unsafe.Pointer) ([]byte, error) { return appendString(b, *(*string)(at)) }
	case reflect.Bool:
		return func(b []byte, at unsafe.Pointer) ([]byte, error) { return strconv.AppendBool(b, *(*bool)(at)), nil }
	case reflect.Int, reflect.Int64:
		return func(b []byte, at unsafe.Pointer) ([]byte, error) { return strconv.AppendInt(b, *(*int64)(at), 10), nil }
	case reflect.Float64:
		return func(b []byte, at unsafe.Pointer) ([]byte, error) { return appendFloat(b, *(*float64)(at)) }
	case reflect.Slice:
		return sliceWriter(t, above)
	case reflect.Struct:
		return structWriter(t, above)
	}
	return other(t)
}

// other leaves the values of a type to encoding/json.
func other(t reflect.Type) writer {
	return func(b []byte, at unsafe.Pointer) ([]byte, error) {
		return appendOther(b, reflect.NewAt(t, at).Elem().Interface())
	}
}

func pointerWriter(write writer) writer {
	return func(b []byte, at unsafe.Pointer) ([]byte, error) {
		if at = *(*unsafe.Pointer)(at); at == nil {
			return append(b, "null"...), nil
		}
		return write(b, at)
	}
}

func sliceWriter(t reflect.Type, above []reflect.Type) writer {
	if t.Elem().Kind() == reflect.Uint8 {
		return other(t)
	}
	write, size := writerOf(t.Elem(), above...), t.Elem().Size()
	return func(b []byte, at unsafe.Pointer) ([]byte, error) {
		list := (*[]struct{})(at) // of any type: only its length and where it is are used
		if *list == nil {
			return append(b, "null"...), nil
		}
		b = append(b, '[')
		first := unsafe.Pointer(unsafe.SliceData(*list))
		for n := range len(*list) {
			if n > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = write(b, unsafe.Add(first, uintptr(n)*size)); err != nil {
				return b, err
			}
		}
		return append(b, ']'), nil
	}
}

// field is a field of a struct, those of embedded structs among them.
type field struct {
	name   string // with a comma, quotes and a colon
	offset uintptr
	write  writer
	empty  func(at unsafe.Pointer) bool // says whether to leave it out; nil: never
}

func structWriter(t reflect.Type, above []reflect.Type) writer {
	fields, usual := fieldsOf(t, 0, above)
	names := map[string]bool{}
	for _, f := range fields {
		usual = usual && !names[f.name] // which one counts is encoding/json's to say
		names[f.name] = true
	}
	if !usual {
		return unusual
	}
	return func(b []byte, at unsafe.Pointer) ([]byte, error) {
		b = append(b, '{')
		begin := len(b)
		for i := range fields {
			f := &fields[i]
			value := unsafe.Add(at, f.offset)
			if f.empty != nil && f.empty(value) {
				continue
			}
			name := f.name
			if len(b) == begin {
				name = name[1:]
			}
			var err error
			if b, err = f.write(append(b, name...), value); err != nil {
				return b, err
			}
		}
		return append(b, '}'), nil
	}
}

// fieldsOf returns the fields of a struct that lies at an offset of another,
// and whether all are of a usual form.
func fieldsOf(t reflect.Type, offset uintptr, above []reflect.Type) (out []field, usual bool) {
	for f := range t.Fields() {
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case tag == "-" || !f.Anonymous && !f.IsExported():
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			inner, ok := fieldsOf(f.Type, offset+f.Offset, above)
			if !ok {
				return nil, false
			}
			out = append(out, inner...)
		case f.Anonymous || strings.Contains(options, "string") || strings.ContainsFunc(name, odd):
			return nil, false
		default:
			empty, ok := emptyOf(f.Type, options)
			if !ok {
				return nil, false
			}
			out = append(out, field{`,"` + cmp.Or(name, f.Name) + `":`, offset + f.Offset, writerOf(f.Type, above...), empty})
		}
	}
	return out, true
}

// odd are the characters of a name that encoding/json may refuse or escape.
func odd(r rune) bool {
	return r >= utf8.RuneSelf || r != '_' && r != '$' && r != '-' && !('0' <= r && r <= '9') && !('a' <= r|0x20 && r|0x20 <= 'z')
}

// emptyOf returns what says whether a field is left out, by the options of its
// tag; nil: it never is.
func emptyOf(t reflect.Type, options string) (empty func(at unsafe.Pointer) bool, usual bool) {
	value := func(at unsafe.Pointer) reflect.Value { return reflect.NewAt(t, at).Elem() }
	switch options {
	case "":
		return nil, true
	case "omitempty":
		switch t.Kind() {
		case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
			return func(at unsafe.Pointer) bool { return value(at).Len() == 0 }, true
		case reflect.Struct:
			return nil, true
		}
		return func(at unsafe.Pointer) bool { return value(at).IsZero() }, true
	case "omitzero":
		type zeroer = interface{ IsZero() bool }
		if t.Implements(reflect.TypeFor[zeroer]()) && t.Kind() == reflect.Struct {
			return func(at unsafe.Pointer) bool { return reflect.NewAt(t, at).Interface().(zeroer).IsZero() }, true
		}
		return func(at unsafe.Pointer) bool { return value(at).IsZero() }, !reflect.PointerTo(t).Implements(reflect.TypeFor[zeroer]())
	}
	return nil, false
}

// appendFloat writes what needs no exponent.
func appendFloat(b []byte, f float64) ([]byte, error) {
	if size := math.Abs(f); size != 0 && !(1e-6 <= size && size < 1e21) {
		return b, errUnusual
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64), nil
}

// appendString writes text without an escape.
func appendString(b []byte, s string) ([]byte, error) {
	plain, ascii := isPlain(s)
	if !plain || !ascii && (!utf8.ValidString(s) || strings.Contains(s, "\u2028") || strings.Contains(s, "\u2029")) {
		return appendOther(b, s)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"'), nil
}

// isPlain reports whether text has no character of ASCII that is escaped, and
// whether it has no other than those of ASCII. It looks at eight bytes at once.
func isPlain(s string) (plain, ascii bool) {
	const low, high = 0x0101010101010101, 0x8080808080808080
	text := unsafe.Slice(unsafe.StringData(s), len(s))
	escaped, beyond := uint64(0), uint64(0)
	for ; len(text) >= 8; text = text[8:] {
		w := binary.LittleEndian.Uint64(text)
		quote, slash := w^low*'"', w^low*'\\'
		escaped |= (w-low*' ')&^w | (quote-low)&^quote | (slash-low)&^slash
		beyond |= w
	}
	for _, c := range text {
		if c < ' ' || c == '"' || c == '\\' {
			return false, false
		}
		beyond |= uint64(c)
	}
	return escaped&high == 0, beyond&high == 0
}
