package api

import (
	"fmt"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/api/paper"
	"aftercare/models"
	"aftercare/models/care"
)

// The closed sets that only the API has a type for. Those of models have
// theirs there.
type (
	Area        string
	Performer   string
	SessionBled string
	Extent      string
	Discharge   string
	Certainty   string
	Lumps       string
	Bleeding    string
	Systemic    string
	Alarm       string
	SkinSign    string
	Trend       string
	ProductKind string
	RollerFault string
	RollerState string
	RiskCode    string
	Outcome     string
	Platform    string
	Transport   string
	Environment string
	LockScreen  string
	Purpose     string
	ReceiptKind string
	Scale       string
	Shedding    string
	TellsHair   string
	HairType    string
)

// closedSets names every closed set of the document, each with the values of
// its type.
func closedSets(r huma.Registry) {
	closed(r, care.Tiers()...)
	closed(r, models.Kinds()...)
	closed(r, models.ReminderStates()...)
	closed(r, models.PlanStates()...)
	closed(r, models.DeliveryStates()...)
	closed(r, models.WarningStates()...)
	closed(r, models.EpisodeStates()...)
	closed(r, models.PushStates()...)
	closed(r, models.Actions()...)
	closed(r, reasons()...)
	closed(r, care.Info, care.Caution, care.Stop)
	closed(r, care.RestBlocked, care.RestResting, care.RestEarly, care.RestReady)
	closed[RiskCode](r, as[RiskCode](care.RiskCodes())...)
	closed[ProblemCode](r, problemCodes()...)
	closed[Outcome](r, care.OutcomeBooked, care.OutcomeSeen, care.OutcomeCleared)
	closed[Purpose](r, models.ConsentHealth, models.ConsentPush)
	closed[RollerState](r, models.RollerInUse, models.RollerDiscarded)

	closed[Area](r, "hairline", "temples", "midline", "crown", "back", "sides")
	closed[Performer](r, "self", "professional")
	closed[SessionBled](r, "none", "pinpoint", "more")
	closed[Extent](r, "rolled_area", "beyond", "spreading", "streaks")
	closed[Discharge](r, "clear", "blood", "yellow_green", "thick", "not_sure")
	closed[Certainty](r, "yes", "no", "not_sure")
	closed[Lumps](r, "none", "few_pimples", "many_pustules", "painful_lump", "firm_bumps", "grouped_blisters")
	closed[Bleeding](r, "none", "pinpoint", "returned", "not_stopping")
	closed[Systemic](r, "chills", "very_unwell", "confusion", "fast_breathing", "racing_heart", "faintness",
		"repeated_vomiting", "cold_clammy_skin", "no_urine", "not_sure")
	closed[Alarm](r, "eyelid_swelling", "eye_pain_or_vision", "face_or_tongue_swelling", "breathing_difficulty",
		"widespread_hives", "chest_pain", "swollen_hands_or_feet", "skin_black_or_numb", "pain_beyond_look", "not_sure")
	closed[SkinSign](r, "local_hives", "rash", "scaly_plaque", "scaly_ring", "patchy_hair_loss", "yellow_crust",
		"growing_scab", "lasting_marks", "raised_scar")
	closed[Trend](r, "better", "same", "worse", "resolved")
	closed[ProductKind](r, "minoxidil", "oil", "serum", "retinoid", "acid", "steroid_cream", "antiseptic", "dye", "shampoo", "other")
	closed[RollerFault](r, "bent", "rusty", "dull", "dropped", "borrowed", "used_on_wound")
	closed[Platform](r, "ios", "android", "web")
	closed(r, as[Transport](transports)...)
	closed[Environment](r, "production", "sandbox")
	closed[LockScreen](r, "neutral", "detailed")
	closed[ReceiptKind](r, "delivered", "opened")
	closed[Scale](r, "norwood", "ludwig", "sinclair", "salt")
	closed[Shedding](r, "less", "same", "more")
	closed[TellsHair](r, "self", "clinician")
	closed[ReportPart](r, as[ReportPart](paper.Parts())...)
	closed[HairType](r, "androgenetic", "alopecia_areata", "traction", "telogen_effluvium", "scarring", "unknown")
}

// reasons returns those of models and what care holds a reminder by.
func reasons() []models.Reason {
	return append(models.Reasons(),
		care.HeldByDailyCap, care.HeldByNotifyOff, "AC-00", "PG-05", "RS-03", "RS-04", "RS-05", "RS-06", "RS-07", "RS-14")
}

// closed registers a closed set: wherever its type appears in a struct, the
// document refers to the one enum.
func closed[T comparable](r huma.Registry, values ...T) {
	set := closedSet[T]{}
	setValues.Store(set, named(values))
	r.RegisterTypeAlias(typeOf[T](), typeOf[closedSet[T]]())
	set.Schema(r)
}

// setValues holds the values of each closed set.
var setValues sync.Map

// closedSet is the enum of a type.
type closedSet[T comparable] struct{}

// Schema refers to the enum.
func (set closedSet[T]) Schema(r huma.Registry) *huma.Schema {
	name := typeOf[T]().Name()
	if r.Map()[name] == nil {
		values, _ := setValues.Load(set)
		r.Map()[name] = &huma.Schema{Type: huma.TypeString, Enum: values.([]any)}
		r.Map()[name].PrecomputeMessages()
	}
	return &huma.Schema{Ref: schemaPath + name}
}

// named returns the values as they appear in JSON.
func named[T any](values []T) []any {
	out := make([]any, 0, len(values))
	for _, v := range values {
		out = append(out, fmt.Sprint(v))
	}
	return out
}

// as converts to the type of another set: models and care keep most of them as
// plain text.
func as[To, From ~string](words []From) []To {
	if words == nil {
		return nil
	}
	out := make([]To, len(words))
	for i, w := range words {
		out[i] = To(w)
	}
	return out
}

// word returns a value of a closed set, nil for "".
func word[To, From ~string](w From) *To {
	if w == "" {
		return nil
	}
	to := To(w)
	return &to
}

// unword returns a value as models and care keep it, "" for nil.
func unword[From ~string](w *From) string {
	if w == nil {
		return ""
	}
	return string(*w)
}

// some returns nil for the zero value: what is missing is null in JSON.
func some[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}

// deref returns the zero value for nil.
func deref[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}
