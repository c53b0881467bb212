package models

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aftercare/models/care"
)

// tagOf writes the values of a type as an enum tag does.
func tagOf[T ~string](values []T) string {
	words := make([]string, 0, len(values))
	for _, v := range values {
		words = append(words, string(v))
	}
	return strings.Join(words, ",")
}

// The document of the API shows what the enum tags say; they are to say what
// the types do.
func TestEnumTagsAreTheValuesOfTheirTypes(t *testing.T) {
	closed := map[reflect.Type]string{
		reflect.TypeFor[care.Kind]():         tagOf(Kinds()),
		reflect.TypeFor[care.EpisodeState](): tagOf(EpisodeStates()),
		reflect.TypeFor[ReminderState]():     tagOf(ReminderStates()),
		reflect.TypeFor[DeliveryState]():     tagOf(DeliveryStates()),
		reflect.TypeFor[WarningState]():      tagOf(WarningStates()),
		reflect.TypeFor[PushState]():         tagOf(PushStates()),
		reflect.TypeFor[PlanState]():         tagOf(PlanStates()),
		reflect.TypeFor[Action]():            tagOf(Actions()),
	}
	seen := map[reflect.Type]bool{}
	for _, row := range []any{Reminder{}, Delivery{}, Warning{}, Notification{}, Episode{}, Device{}, PushShown{}, PlanItem{}} {
		row := reflect.TypeOf(row)
		for _, f := range reflect.VisibleFields(row) {
			want, ok := closed[f.Type]
			tag, tagged := f.Tag.Lookup("enum")
			seen[f.Type] = true
			if ok && tagged && tag != want {
				t.Errorf("%s.%s says %q, its type %q", row.Name(), f.Name, tag, want)
			}
			if !ok && tagged && f.Type.Kind() == reflect.String && f.Type.PkgPath() != "" {
				t.Errorf("%s.%s has an enum tag of the type %s, which this test does not know", row.Name(), f.Name, f.Type)
			}
		}
	}
	for typ := range closed {
		if !seen[typ] {
			t.Errorf("no row has a field of the type %s", typ)
		}
	}
}

func TestReasonsAreAllAndDistinct(t *testing.T) {
	all := Reasons()
	slices.Sort(all)
	if n := len(slices.Compact(slices.Clone(all))); n != len(Reasons()) {
		t.Errorf("%d reasons, %d of them distinct", len(Reasons()), n)
	}
	source, err := os.ReadFile("vocabulary.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`Reason\w+ +Reason = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	for _, d := range declared {
		if !slices.Contains(all, Reason(d[1])) {
			t.Errorf("Reasons lacks %s", d[1])
		}
	}
	if len(declared) < 20 {
		t.Errorf("only %d reasons found", len(declared))
	}
}
