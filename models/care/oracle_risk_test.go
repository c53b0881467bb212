package care_test

import (
	"slices"
	"time"

	"aftercare/models/care"
)

// Section 6: what a flag does to the go-ahead, and whether it puts at risk.
var (
	neverRoll = []string{"immunosuppression", "chemo_or_radiotherapy", "bleeding_disorder", "isotretinoin", "keloid",
		"active_scalp_infection", "pregnancy_or_breastfeeding", "metal_allergy", "skin_cancer_or_keratosis", "under_18"}
	askFirst = []string{"diabetes", "healing_delaying_medicine", "blood_thinner", "scarring_alopecia", "alopecia_areata",
		"heart_disease", "low_blood_pressure", "minoxidil_sensitivity", "autoimmune_disease", "blood_borne_virus",
		"recent_scalp_surgery", "earlier_infection_after_rolling", "heart_valve_or_new_joint"}
	whileActive = []string{"scalp_psoriasis", "scalp_eczema", "seborrhoeic_dermatitis", "lichen_planus"} // RK-10
	earlyWarn   = []string{"diabetes", "immunosuppression", "chemo_or_radiotherapy", "healing_delaying_medicine", "isotretinoin",
		"scalp_eczema", "blood_borne_virus", "kidney_disease", "earlier_infection_after_rolling", "heart_valve_or_new_joint"}
)

func midnight(d care.Date) time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// stands says whether a flag counts at a moment: its date has not passed everywhere
// on earth, and it is not a flag that was taken away at another time.
func stands(r care.Risk, at time.Time) bool {
	if !r.Until.IsZero() && !at.Before(midnight(r.Until).Add(36*time.Hour)) {
		return false
	}
	return r.EndedAt.IsZero() || !at.Before(r.SetAt) && at.Before(r.EndedAt)
}

func (o *oracle) hasRisk(at time.Time, codes ...string) bool {
	return slices.ContainsFunc(o.p.Risks, func(r care.Risk) bool { return slices.Contains(codes, r.Code) && stands(r, at) })
}

// infectionRules are those of RK-24.
var infectionRules = []string{"SD-01", "SD-02", "SD-03", "SD-04", "SD-05", "SD-07", "SD-08", "SD-09", "SD-10", "SD-11",
	"SD-12", "SD-16", "EM-01", "EM-02", "EM-03", "EM-08", "EM-09"}

// atRisk is a flag that warns early, or an earlier episode with a sign of infection
// that closed (RK-24).
func (o *oracle) atRisk(at time.Time) bool { return o.hasRisk(at, earlyWarn...) || o.wasInfected(at) }

// atRiskRolling is the same for a session (RS-12): of what closed before it began.
func (o *oracle) atRiskRolling(s *care.Session) bool {
	by := s.StartedAt
	if by.Before(s.Time()) {
		by = by.Add(1)
	}
	return o.hasRisk(s.Time(), earlyWarn...) || o.wasInfected(by)
}

func (o *oracle) wasInfected(by time.Time) bool {
	return slices.ContainsFunc(o.episodes, func(e *episodeOfPage) bool {
		return !e.closed.IsZero() && by.After(e.closed) && slices.ContainsFunc(e.moments, o.isInfection) && !o.wasNone(e, by)
	})
}

// wasNone says whether a clinician has said by then that the episode was no infection,
// after its last sign of one.
func (o *oracle) wasNone(e *episodeOfPage, by time.Time) bool {
	return slices.ContainsFunc(o.events, func(event clinicianEvent) bool {
		goesOn := slices.ContainsFunc(e.moments, func(m moment) bool { return m.at.After(event.at) && o.isInfection(m) })
		return event.none && !event.at.After(by) && !goesOn && o.isAbout(event, e)
	})
}

// isAbout says whether an event names a report of an episode.
func (o *oracle) isAbout(event clinicianEvent, e *episodeOfPage) bool {
	return slices.ContainsFunc(e.reports, func(i int) bool { return o.judged[i].ID == event.about })
}

func (o *oracle) isInfection(m moment) bool {
	return slices.ContainsFunc(m.rules, func(id string) bool {
		return slices.Contains(infectionRules, id)
	})
}

// mayNotRoll is RS-07: a flag that says never, or to ask first and nobody agreed.
func (o *oracle) mayNotRoll() bool {
	return o.hairLossHolds() || slices.ContainsFunc(o.p.Risks, func(r care.Risk) bool {
		if !r.EndedAt.IsZero() || !stands(r, o.now) {
			return false
		}
		never := slices.Contains(neverRoll, r.Code) || slices.Contains(whileActive, r.Code) && !r.Inactive
		ask := slices.Contains(askFirst, r.Code) || slices.Contains(whileActive, r.Code)
		return never || ask && !o.agreed(r.SetOn)
	})
}

// agreed says whether a clinician cleared what was set on a date; one that is not said
// is cleared by nothing.
func (o *oracle) agreed(set care.Date) bool {
	return !set.IsZero() && !o.p.ClinicianClearedOn.IsZero() && !midnight(set).After(midnight(o.p.ClinicianClearedOn))
}

// hairLossHolds is section 14.5: HL-01 to HL-04.
func (o *oracle) hairLossHolds() bool {
	l := o.p.HairLoss
	if l == nil {
		return false
	}
	over := midnight(l.OnsetOn).Add(180*dayOfPage - 14*time.Hour) // where the day begins first
	long := l.Type == "telogen_effluvium" && !l.OnsetOn.IsZero() && !o.now.Before(over)
	ask := l.Sudden || l.Patchy || l.PainfulOrScaly || isOneOf(l.Type, "alopecia_areata", "scarring") || long
	return ask && !o.agreed(l.SetOn) || l.Type == "traction" && l.TightStyles
}
