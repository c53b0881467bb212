package care

import (
	"testing"
	"time"
)

func TestRisks(t *testing.T) {
	for _, c := range []struct {
		code           string
		stop, lifted   bool // holds the go-ahead; a clearance lifts it
		warn, quietOff bool
	}{
		{"diabetes", true, true, true, false}, {"immunosuppression", true, false, true, false},
		{"chemo_or_radiotherapy", true, false, true, false}, {"healing_delaying_medicine", true, true, true, false},
		{"blood_thinner", true, true, false, false}, {"bleeding_disorder", true, false, false, false},
		{"isotretinoin", true, false, true, false}, {"keloid", true, false, false, false},
		{"active_scalp_infection", true, false, false, false},
		{"scalp_psoriasis", true, false, false, true}, {"scalp_eczema", true, false, true, true},
		{"seborrhoeic_dermatitis", true, false, false, true}, {"lichen_planus", true, false, false, true},
		{"pregnancy_or_breastfeeding", true, false, false, false}, {"scarring_alopecia", true, true, false, false},
		{"alopecia_areata", true, true, false, false}, {"heart_disease", true, true, false, false},
		{"low_blood_pressure", true, true, false, false}, {"minoxidil_sensitivity", true, true, false, false},
		{"metal_allergy", true, false, false, false}, {"skin_cancer_or_keratosis", true, false, false, false},
		{"autoimmune_disease", true, true, false, false}, {"blood_borne_virus", true, true, true, false},
		{"under_18", true, false, false, false}, {"darker_skin_tone", false, false, false, false},
		{"recent_scalp_surgery", true, true, false, false}, {"kidney_disease", false, false, true, false},
		{"earlier_infection_after_rolling", true, true, true, false}, {"heart_valve_or_new_joint", true, true, true, false},
	} {
		state := func(inactive bool, set, cleared Date) Verdict {
			p := Person{RisksReviewedAt: t0, Risks: []Risk{{Code: c.code, Inactive: inactive, SetOn: set}}, ClinicianClearedOn: cleared}
			return Assess(History{}, p, hour(24*10))
		}
		v := state(false, DateOf(t0), Date{})
		if blocked := v.Rest.State == RestBlocked; blocked != c.stop || v.AtRisk != c.warn {
			t.Errorf("%s: blocked %v, at risk %v", c.code, blocked, v.AtRisk)
		}
		for _, x := range []struct {
			inactive     bool
			set, cleared Date
			ready        bool
		}{
			{false, DateOf(t0), DateOf(t0), c.lifted || !c.stop},
			{false, DateOf(t0), DateOf(t0.AddDate(0, 0, -1)), !c.stop},
			{false, Date{}, DateOf(t0), !c.stop},
			{true, DateOf(t0), DateOf(t0), c.lifted || c.quietOff || !c.stop},
			{true, DateOf(t0), Date{}, !c.stop},
		} {
			v := state(x.inactive, x.set, x.cleared)
			if ready := v.Rest.State == RestReady; ready != x.ready || v.AtRisk != c.warn {
				t.Errorf("%s, %+v: ready %v, at risk %v", c.code, x, ready, v.AtRisk)
			}
		}
	}
	if got := len(RiskCodes()); got != 36 { // and those that only inform, of RK-19, RK-22 and RK-26
		t.Errorf("%d codes, the contract has 29", got)
	}
}

func TestARiskEndsWhenItsDayHasPassedEverywhere(t *testing.T) {
	p := Person{RisksReviewedAt: t0, Risks: []Risk{{Code: "immunosuppression", Until: Date{2026, 3, 31}}}}
	end := time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)
	before, after := Assess(History{}, p, end.Add(-1)), Assess(History{}, p, end)
	if !before.AtRisk || before.Rest.State != RestBlocked || !before.Next.Equal(end) || !before.Rest.Blocks[0].Until.Equal(end) {
		t.Errorf("before %+v", before)
	}
	if after.AtRisk || after.Rest.State != RestReady || !after.Next.IsZero() {
		t.Errorf("after %+v", after)
	}
	// Of two flags the longer one counts.
	p.Risks = append(p.Risks, Risk{Code: "kidney_disease", Until: Date{2026, 4, 30}}, Risk{Code: "diabetes", Until: Date{2026, 1, 1}})
	if v := Assess(History{}, p, end); !v.AtRisk {
		t.Errorf("the longer one: %+v", v)
	}
	// A clearance counts from when its day begins anywhere.
	p = Person{RisksReviewedAt: t0, Risks: []Risk{{Code: "blood_thinner", SetOn: Date{2026, 3, 1}}}, ClinicianClearedOn: Date{2026, 3, 31}}
	begins := time.Date(2026, 3, 30, 10, 0, 0, 0, time.UTC)
	if v := Assess(History{}, p, begins.Add(-1)); v.Rest.State != RestBlocked || !v.Next.Equal(begins) {
		t.Errorf("before the clearance %+v", v)
	}
	if v := Assess(History{}, p, begins); v.Rest.State != RestReady {
		t.Errorf("cleared %+v", v)
	}
}
