package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models/fastjson"
)

// jsonFormat reads nothing past validation.
var jsonFormat = huma.Format{Marshal: marshal, Unmarshal: unmarshal}

// marshal writes an answer as encoding/json does, with a line break at its end.
func marshal(to io.Writer, v any) error {
	b, _ := answerBuffers.Get().(*[]byte)
	out, err := fastjson.Append((*b)[:0], v)
	if err == nil {
		out = append(out, '\n')
		_, err = to.Write(out)
	}
	if cap(out) <= maxBuffer {
		*b = out
	}
	answerBuffers.Put(b)
	return err
}

// answerBuffers hold answers until they are written; a very large one is not
// kept.
var answerBuffers = sync.Pool{New: func() any { return new([]byte) }}

const maxBuffer = 1 << 18

// errAmbiguous and errNUL are faults that encoding/json lets pass.
var (
	errAmbiguous = errors.New("a key appears twice in one object")
	errNUL       = errors.New("text holds a NUL character")
)

// unmarshal reads JSON. Into an any (what huma validates) it also refuses
// duplicate keys, since validation sees the last one and a decoder may keep
// traces of the first; and NUL, which PostgreSQL cannot store. Its errors
// contain neither Go types nor what was sent.
func unmarshal(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return fmt.Errorf("invalid JSON at byte %d", syntax.Offset)
		}
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) && kind.Field != "" {
			return errors.New(member(kind.Field) + wrongForm)
		}
		return errors.New("holds a value of a wrong form")
	}
	tree, validating := v.(*any)
	if !validating {
		return nil
	}
	members, nul := survey(*tree)
	if nul {
		return errNUL
	}
	if members != countMembers(data) {
		return errAmbiguous
	}
	return nil
}

// wrongForm follows the name of a member that validation let pass, because it is
// read-only, and that cannot be decoded.
const wrongForm = " has the wrong form"

// member returns the path of a member without the structs that are embedded on the
// way to it: they are no business of who sent it.
func member(path string) string {
	names := strings.Split(path, ".")
	return strings.Join(slices.DeleteFunc(names, func(name string) bool { return name != strings.ToLower(name) }), ".")
}

// survey counts the members of all objects and looks for NUL in text.
func survey(v any) (members int, nul bool) {
	switch v := v.(type) {
	case string:
		return 0, strings.ContainsRune(v, 0)
	case []any:
		for _, item := range v {
			n, bad := survey(item)
			members, nul = members+n, nul || bad
		}
	case map[string]any:
		members = len(v)
		for key, item := range v {
			n, bad := survey(item)
			members, nul = members+n, nul || bad || strings.ContainsRune(key, 0)
		}
	}
	return members, nul
}

// countMembers counts the colons outside of strings, one per object member.
// data is valid JSON.
func countMembers(data []byte) int {
	n, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			inString = !inString
		case ':':
			if !inString {
				n++
			}
		}
	}
	return n
}
