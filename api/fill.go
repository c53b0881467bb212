package api

import (
	"encoding"
	"math"
	"reflect"
	"sync"
)

// A push holds hundreds of documents, each of which is an object already, since
// its fields were looked at one by one. Writing it as JSON once more to read a
// struct took a third of the time before it is stored.

// filled returns the struct that decode reads from an object, and reports whether
// every field was of a usual form; else decode has to read it.
func filled[T any](from object) (out T, plain bool) {
	to, paths := reflect.ValueOf(&out).Elem(), pathsOf(typeOf[T]())
	for name, value := range from {
		path := paths[name]
		if path == nil || !fillValue(to.FieldByIndex(path), value) {
			return *new(T), false
		}
	}
	return out, true
}

var knownPaths sync.Map // by reflect.Type

// pathsOf returns where the fields of a struct are, by their JSON names.
func pathsOf(t reflect.Type) map[string][]int {
	if known, ok := knownPaths.Load(t); ok {
		return known.(map[string][]int)
	}
	out := map[string][]int{}
	for field, name := range fieldsOf(t) {
		out[name] = field.Index
	}
	knownPaths.Store(t, out)
	return out
}

// fillValue sets a value to what JSON has read, if that is of its form.
func fillValue(to reflect.Value, from any) (ok bool) {
	if text, is := to.Addr().Interface().(encoding.TextUnmarshaler); is {
		word, ok := from.(string)
		return ok && text.UnmarshalText([]byte(word)) == nil
	}
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		return fillValue(to.Elem(), from)
	case reflect.String:
		word, ok := from.(string)
		to.SetString(word)
		return ok
	case reflect.Bool:
		yes, ok := from.(bool)
		to.SetBool(yes)
		return ok
	case reflect.Float64:
		n, ok := from.(float64)
		to.SetFloat(n)
		return ok
	case reflect.Int:
		n, ok := from.(float64)
		to.SetInt(int64(n))
		return ok && n == math.Trunc(n) && math.Abs(n) < 1<<31
	case reflect.Slice:
		return fillList(to, from)
	}
	return false
}

func fillList(to reflect.Value, from any) (ok bool) {
	list, ok := from.([]any)
	to.Set(reflect.MakeSlice(to.Type(), len(list), len(list)))
	for i, value := range list {
		if value == nil || !fillValue(to.Index(i), value) {
			return false
		}
	}
	return ok
}
