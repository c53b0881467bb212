package fastjson

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"
)

// Unmarshal reads text into the value that the pointer refers to. Its strings
// may be parts of the text.
func Unmarshal(text string, to any) error {
	v := reflect.ValueOf(to)
	return Read(text, v.Type().Elem(), v.UnsafePointer())
}

// Read is Unmarshal to a value of a type at an address.
func Read(text string, of reflect.Type, at unsafe.Pointer) error {
	t := plainText(text)
	if read := readerOf(of); read != nil && read(&t, at) && t == "" {
		return nil
	}
	v := reflect.NewAt(of, at)
	v.Elem().SetZero()
	return json.Unmarshal([]byte(text), v.Interface())
}

// plainText is what is left of a text.
type plainText string

// reader reads a value to an address, and reports whether it was in plain form.
type reader func(t *plainText, at unsafe.Pointer) bool

var readers sync.Map // by reflect.Type

// readerOf returns the reader of a type; nil: encoding/json reads it.
func readerOf(t reflect.Type) reader {
	if r, ok := readers.Load(t); ok {
		return r.(reader)
	}
	r := newReader(t)
	readers.Store(t, r)
	return r
}

func newReader(t reflect.Type) reader {
	if pointer := reflect.PointerTo(t); pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return func(text *plainText, at unsafe.Pointer) bool {
			var word string
			return text.string(&word) && reflect.NewAt(t, at).Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(word)) == nil
		}
	} else if pointer.Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	switch t.Kind() {
	case reflect.String:
		return func(text *plainText, at unsafe.Pointer) bool { return text.string((*string)(at)) }
	case reflect.Bool:
		return func(text *plainText, at unsafe.Pointer) bool { return text.bool((*bool)(at)) }
	case reflect.Int:
		return func(text *plainText, at unsafe.Pointer) bool { return text.int((*int)(at)) }
	case reflect.Float64:
		return func(text *plainText, at unsafe.Pointer) bool { return text.float((*float64)(at)) }
	case reflect.Pointer:
		return pointerReader(t)
	case reflect.Slice:
		return sliceReader(t)
	case reflect.Struct:
		return structReader(t)
	}
	return nil
}

// pointerReader reads null as nil.
func pointerReader(t reflect.Type) reader {
	read := readerOf(t.Elem())
	if read == nil {
		return nil
	}
	return func(text *plainText, at unsafe.Pointer) bool {
		to := (*unsafe.Pointer)(at)
		if text.skip("null") {
			*to = nil
			return true
		}
		value := reflect.New(t.Elem()).UnsafePointer()
		*to = value
		return read(text, value)
	}
}

func sliceReader(t reflect.Type) reader {
	read, size := readerOf(t.Elem()), t.Elem().Size()
	if read == nil || t.Elem().Kind() == reflect.Uint8 {
		return nil
	}
	return func(text *plainText, at unsafe.Pointer) bool {
		to := reflect.NewAt(t, at).Elem()
		if text.skip("null") {
			to.SetZero()
			return true
		}
		if !text.skip("[") {
			return false
		}
		list, n := reflect.MakeSlice(t, 0, 0), 0
		for ; !text.skip("]"); n++ {
			if n > 0 && !text.skip(",") {
				return false
			}
			if n == list.Len() {
				longer := reflect.MakeSlice(t, max(4, 2*n), max(4, 2*n))
				reflect.Copy(longer, list)
				list = longer
			}
			if !read(text, unsafe.Add(list.UnsafePointer(), uintptr(n)*size)) {
				return false
			}
		}
		to.Set(list.Slice(0, n))
		return true
	}
}

// structReader reads the fields in their order, in which encoding/json writes
// those that it does not leave out.
func structReader(t reflect.Type) reader {
	type field struct {
		name   string // with quotes and a colon
		read   reader
		offset uintptr
	}
	var fields []field
	known := map[string]bool{}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		read := readerOf(f.Type)
		if f.Anonymous || !f.IsExported() || name == "" || read == nil || known[name] || strings.Contains(options, "string") {
			return nil
		}
		known[name] = true
		fields = append(fields, field{`"` + name + `":`, read, f.Offset})
	}
	return func(text *plainText, at unsafe.Pointer) bool {
		if !text.skip("{") {
			return false
		}
		next := 0
		for n := 0; !text.skip("}"); n++ {
			if n > 0 && !text.skip(",") {
				return false
			}
			for next < len(fields) && !text.skip(fields[next].name) {
				next++
			}
			if next == len(fields) || !fields[next].read(text, unsafe.Add(at, fields[next].offset)) {
				return false
			}
			next++
		}
		return true
	}
}

// skip takes the word away if the text begins with it.
func (t *plainText) skip(word string) bool {
	if !strings.HasPrefix(string(*t), word) {
		return false
	}
	*t = (*t)[len(word):]
	return true
}

// string reads a string without escapes.
func (t *plainText) string(to *string) bool {
	if len(*t) < 2 || (*t)[0] != '"' {
		return false
	}
	ascii := true
	for i := 1; i < len(*t); i++ {
		switch c := (*t)[i]; {
		case c == '"':
			*to = string((*t)[1:i])
			*t = (*t)[i+1:]
			return ascii || utf8.ValidString(*to)
		case c == '\\' || c < ' ':
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return false
}

func (t *plainText) bool(to *bool) bool {
	*to = t.skip("true")
	return *to || t.skip("false")
}

// number takes a number away; "" is none.
func (t *plainText) number() string {
	n, text := 0, *t
	digits := func() bool {
		first := n
		for n < len(text) && '0' <= text[n] && text[n] <= '9' {
			n++
		}
		return n > first
	}
	if n < len(text) && text[n] == '-' {
		n++
	}
	first := n
	ok := digits() && (text[first] != '0' || n == first+1)
	if ok && n < len(text) && text[n] == '.' {
		n++
		ok = digits()
	}
	if !ok || n < len(text) && (text[n] == 'e' || text[n] == 'E') { // an exponent: encoding/json writes one for the very large alone
		return ""
	}
	*t = text[n:]
	return string(text[:n])
}

func (t *plainText) int(to *int) bool {
	n, err := strconv.Atoi(t.number())
	*to = n
	return err == nil
}

func (t *plainText) float(to *float64) bool {
	n, err := strconv.ParseFloat(t.number(), 64)
	*to = n
	return err == nil
}
