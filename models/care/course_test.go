package care

import (
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
