package care

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The rows that a chart draws are those of section 4: a short needle is one row
// ahead until 72 h.
func TestCoursesAreTheEnvelope(t *testing.T) {
	rows := []CourseRow{
		{24 * time.Hour, 2, 1, 1, 4, 4, 4, 2},
		{48 * time.Hour, 2, 1, 1, 3, 4, 3, 2},
		{72 * time.Hour, 1, 1, 0, 2, 4, 2, 2},
		{upperNormalH + 1, 1, 0, 0, 1, 3, 1, 2},
		{0, 0, 0, 0, 0, 0, 0, 0},
	}
	for mm, of := range map[float64][]int{0.5: {0, 1, 2, 3, 4}, 0: {0, 1, 2, 3, 4}, 0.3: {1, 2, 3, 3, 4}, 0.2: {1, 2, 3, 3, 4}} {
		for i, got := range CourseFor(mm).Rows {
			want := rows[of[i]]
			want.Until = rows[i].Until
			if got != want {
				t.Errorf("%v mm, row %d: %+v, want %+v", mm, i, got, want)
			}
		}
	}
	if all := Courses(); len(all) != 2 || all[0].UpToMM != lightMM || all[1].UpToMM != 0 {
		t.Errorf("%+v", all)
	}
}

// Each graded symptom of a report is a scale, under its name, with its maximum
// and its own column of the course.
func TestEveryGradedSymptomIsAScale(t *testing.T) {
	var answers Answers
	var row CourseRow
	fields := reflect.ValueOf(&answers).Elem()
	graded := 0
	for i := range fields.NumField() {
		field := fields.Type().Field(i)
		if field.Type != reflect.TypeFor[*int]() {
			continue
		}
		graded++
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		n := slices.IndexFunc(Scales, func(s Scale) bool { return s.Name == name })
		column := reflect.ValueOf(&row).Elem().FieldByName(field.Name)
		if n < 0 || !column.IsValid() {
			t.Errorf("%s is no scale, or none of the course", name)
			continue
		}
		fields.Field(i).Set(reflect.ValueOf(&graded))
		column.SetInt(int64(graded))
		s := Scales[n]
		if answer := s.Answer(&answers); answer != &graded || s.Usual(row) != graded || strconv.Itoa(s.Top) != field.Tag.Get("maximum") {
			t.Errorf("%s: answer %v, usual %d, top %d", name, answer, s.Usual(row), s.Top)
		}
		fields.Field(i).SetZero()
	}
	if len(Scales) != graded {
		t.Errorf("%d scales of %d graded symptoms", len(Scales), graded)
	}
}
