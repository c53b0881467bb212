package api

import (
	"maps"
	"slices"
	"testing"
)

// Requests make no schema: they run side by side, and one that is half made
// refuses what is right. What a patch is merged into is known from the start.
func TestRequestsMakeNoSchema(t *testing.T) {
	s, _, err := build(Options{})
	if err != nil {
		t.Fatal(err)
	}
	known := slices.Sorted(maps.Keys(s.schemas().Map()))
	for _, name := range known {
		patched := name + string(inputShape)
		if _, patch := s.schemas().Map()[name+string(patchShape)]; patch && !slices.Contains(known, patched) {
			t.Errorf("%s is made by the first patch", patched)
		}
	}
}
