package care_test

// envelope is the expected course of section 4, by the hours that a row begins at.
var envelope = []struct {
	erythema, swelling, warmth, pain, itch, flaking int
}{
	{2, 1, 1, 4, 4, 2}, // 0 to 24 h
	{2, 1, 1, 3, 4, 2}, // 24 to 48 h
	{1, 1, 0, 2, 4, 2}, // 48 to 72 h
	{1, 0, 0, 1, 3, 2}, // 72 to 168 h
	{0, 0, 0, 0, 0, 0}, // after 168 h
}

// rowOfEnvelope is the row in force; a needle of 0.3 mm at most takes the next one
// until 72 h.
func (f *factsOfPage) rowOfEnvelope() int {
	row := 4
	switch {
	case f.h < 24:
		row = 0
	case f.h < 48:
		row = 1
	case f.h < 72:
		row = 2
	case f.h <= 168:
		row = 3
	}
	if f.h < 72 && f.needle <= 0.3 {
		row++
	}
	return row
}

// aboveEnvelope names what is above the expected course (WT-01).
func (f *factsOfPage) aboveEnvelope() []string {
	limit := envelope[f.rowOfEnvelope()]
	var above []string
	for _, v := range []struct {
		sign      string
		is, limit int
	}{
		{"erythema", f.erythema, limit.erythema}, {"swelling", f.swelling, limit.swelling}, {"warmth", f.warmth, limit.warmth},
		{"pain", f.pain, limit.pain}, {"burning", f.burning, limit.pain}, {"itch", f.itch, limit.itch}, {"flaking", f.flaking, limit.flaking},
	} {
		if v.is > v.limit {
			above = append(above, v.sign)
		}
	}
	if isOneOf(f.Bleeding, "returned", "not_stopping") || f.Bleeding == "pinpoint" && f.h >= 24 {
		above = append(above, "bleeding")
	}
	return above
}
