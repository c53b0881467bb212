package api

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"
)

// wordsOfDocument are the keys that the app's types hold nothing of.
var wordsOfDocument = []string{
	"description", "summary", "title", "info", "servers", "tags", "security", "example", "examples", "x-order", "format", "pattern",
	"minLength", "maxLength", "minimum", "maximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "explode",
}

// shapeOf returns a part of the document without what no type is made of. The
// fields of a schema may have any name.
func shapeOf(part any, names bool) any {
	switch part := part.(type) {
	case []any:
		out := make([]any, len(part))
		for i, p := range part {
			out[i] = shapeOf(p, false)
		}
		return out
	case object:
		out := object{}
		for key, p := range part {
			if names || !slices.Contains(wordsOfDocument, key) {
				out[key] = shapeOf(p, key == "properties" && !names)
			}
		}
		return out
	}
	return part
}

// TestTheAppsTypesAreOfThisDocument holds, also without Node, that nobody
// changed the API and forgot the app's types. scripts/app-types.sh writes the
// hash with them.
func TestTheAppsTypesAreOfThisDocument(t *testing.T) {
	const file = "../app/src/api/schema.sha256"
	sum := sha256.Sum256(encoded(t, shapeOf(newChecker(t).spec, false)))
	now := hex.EncodeToString(sum[:]) + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(now), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(made) != now {
		t.Errorf("app/src/api/schema.d.ts is of another document (%s): run make app-types app, and commit what they write", strings.TrimSpace(string(made)))
	}
}
