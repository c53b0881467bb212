package texts

import "strings"

// The API's codes that have texts in the catalogue, in the order in which an
// app shows them.
var (
	purposes   = []string{"health_data", "push"}
	areas      = []string{"hairline", "temples", "midline", "crown", "back", "sides"}
	problems   = []string{"bent", "rusty", "dull", "dropped", "borrowed", "used_on_wound"}
	products   = []string{"minoxidil", "oil", "serum", "retinoid", "acid", "steroid_cream", "antiseptic", "dye", "shampoo", "other"}
	actions    = []string{"will_book", "booked", "seen", "watching", "calm", "still_there", "acknowledge", "snooze", "open", "fewer", "as_before"}
	answers    = []string{"yes", "no", "not_sure", "none", "unknown"}
	kinds      = []string{"check_in", "aftercare", "rest_over", "roller_care", "progress", "recheck", "risk_review", "warning", "summary", "test"}
	tiers      = []string{"expected", "watch", "doctor_soon", "same_day", "emergency"}
	riskGroups = []string{"illness", "medicine", "skin", "hair", "life"}
	outcomes   = []string{"booked", "seen", "cleared"}
	severities = []string{"info", "caution", "stop"}

	restStates     = []string{"resting", "early", "ready", "blocked", "unknown"}
	planStates     = []string{"upcoming", "due", "done", "held", "skipped"}
	warningStates  = []string{"active", "acknowledged", "resolved", "superseded"}
	reminderStates = []string{"scheduled", "held", "due", "sent", "acknowledged", "snoozed", "expired", "cancelled"}
	deliveryStates = []string{"pending", "sending", "accepted", "dead", "skipped"}
	episodeStates  = []string{"open", "closed", "void"}

	// expectations are the text keys of what to expect, including each kind of
	// hair loss.
	expectations = []string{"expect.time", "expect.reminders", "expect.limits", "progress.shedding",
		"hair_loss.HL-01", "hair_loss.HL-02", "hair_loss.HL-03", "hair_loss.HL-04", "hair_loss.HL-05", "hair_loss.HL-06"}
)

// risk is a code with its group and its follow-up questions.
type risk struct {
	code, group string
	needs       []string
}

var until, active = []string{"until"}, []string{"active"}

var risks = []risk{
	{"diabetes", "illness", nil}, {"immunosuppression", "illness", nil}, {"bleeding_disorder", "illness", nil},
	{"heart_disease", "illness", nil}, {"low_blood_pressure", "illness", nil}, {"heart_valve_or_new_joint", "illness", nil},
	{"kidney_disease", "illness", nil}, {"poor_circulation", "illness", nil}, {"autoimmune_disease", "illness", nil}, {"blood_borne_virus", "illness", nil},
	{"chemo_or_radiotherapy", "medicine", until}, {"healing_delaying_medicine", "medicine", until},
	{"blood_thinner", "medicine", until}, {"isotretinoin", "medicine", until}, {"minoxidil_sensitivity", "medicine", nil},
	{"recent_scalp_surgery", "medicine", until},
	{"active_scalp_infection", "skin", until}, {"scalp_psoriasis", "skin", active}, {"scalp_eczema", "skin", active},
	{"seborrhoeic_dermatitis", "skin", active}, {"lichen_planus", "skin", active}, {"keloid", "skin", nil},
	{"metal_allergy", "skin", nil}, {"skin_cancer_or_keratosis", "skin", nil}, {"darker_skin_tone", "skin", nil},
	{"earlier_infection_after_rolling", "skin", nil},
	{"scarring_alopecia", "hair", nil}, {"alopecia_areata", "hair", nil},
	{"under_18", "life", until}, {"age_18_to_21", "life", until}, {"pregnancy_or_breastfeeding", "life", until},
	{"smoking", "life", nil}, {"heavy_alcohol", "life", nil}, {"high_bmi", "life", nil}, {"malnutrition", "life", nil}, {"skin_picking", "life", nil},
}

// question is a field with its possible values; none: a number, a text, a date
// or a list.
type question struct {
	field  string
	values []string
}

func (q question) name() string { return strings.TrimSuffix(q.field, "_c") }

// label returns the text ID for a value, or "" for a number, which is shown as
// is.
func (q question) label(v string) string {
	switch {
	case v == "true":
		return "answer.yes"
	case v == "false":
		return "answer.no"
	case v == "yes" || v == "no" || v == "not_sure":
		return "answer." + v
	case q.field == "areas":
		return "area." + v
	case len(q.values) == len(signs) && q.values[0] == "0":
		return "scale." + v
	case q.values[0] == "0":
		return map[string]string{"0": "scale.from", "10": "scale.to"}[v]
	case strings.HasPrefix(q.field, "type") || q.field == "told_by":
		return "hair_loss." + q.field + "." + v
	}
	return "value." + q.field + "." + v
}

var (
	signs   = []string{"0", "1", "2", "3"}
	ratings = []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}
	truth   = []string{"true", "false"}
	sure    = []string{"yes", "no", "not_sure"}
)

var symptoms = []question{
	{"erythema", signs}, {"swelling", signs}, {"warmth", signs}, {"flaking", signs},
	{"pain", ratings}, {"itch", ratings}, {"burning", ratings},
	{"extent", []string{"rolled_area", "beyond", "spreading", "streaks"}}, {"spreading_fast", truth},
	{"discharge", []string{"clear", "blood", "yellow_green", "thick", "not_sure"}},
	{"odour", sure}, {"tender_nodes", sure}, {"feverish", sure},
	{"lumps", []string{"none", "few_pimples", "many_pustules", "painful_lump", "firm_bumps", "grouped_blisters"}},
	{"bleeding", []string{"none", "pinpoint", "returned", "not_stopping"}},
	{"temperature_c", nil},
	{"systemic", []string{"chills", "very_unwell", "confusion", "fast_breathing", "racing_heart", "faintness", "repeated_vomiting",
		"cold_clammy_skin", "no_urine", "not_sure"}},
	{"alarm", []string{"eyelid_swelling", "eye_pain_or_vision", "face_or_tongue_swelling", "breathing_difficulty", "widespread_hives",
		"chest_pain", "swollen_hands_or_feet", "skin_black_or_numb", "pain_beyond_look", "not_sure"}},
	{"skin", []string{"local_hives", "rash", "scaly_plaque", "scaly_ring", "patchy_hair_loss", "yellow_crust", "growing_scab",
		"lasting_marks", "raised_scar"}},
	{"trend", []string{"better", "same", "worse", "resolved"}},
	{"products", nil}, {"seen_by_clinician", truth},
}

// hairLoss lists the questions about the kind of hair loss.
var hairLoss = []question{
	{"type", []string{"androgenetic", "alopecia_areata", "traction", "telogen_effluvium", "scarring", "unknown"}},
	{"told_by", []string{"clinician", "self"}}, {"onset_on", nil},
	{"sudden", truth}, {"patchy", truth}, {"painful_or_scaly", truth}, {"tight_styles", truth}, {"trigger", nil},
}

// sessionQuestions are those about a session itself.
var sessionQuestions = []question{
	{"needle_mm", nil}, {"areas", areas}, {"roller_disinfected", truth},
	{"performed_by", []string{"self", "professional"}}, {"clinic_interval_days", nil}, {"passes", nil},
	{"pain", ratings}, {"bleeding", []string{"none", "pinpoint", "more"}}, {"products", nil},
	{"baseline.itch", ratings}, {"baseline.flaking", signs},
}

// progressQuestions are the scales (PG-06 to PG-08) and the other questions of a
// progress entry.
var progressQuestions = []question{
	{"norwood", []string{"1", "2", "3", "4", "5", "6", "7"}}, {"ludwig", []string{"1", "2", "3"}},
	{"sinclair", []string{"1", "2", "3", "4", "5"}}, {"salt", nil},
	{"change", []string{"-3", "-2", "-1", "0", "1", "2", "3"}}, {"shedding", []string{"less", "same", "more"}},
	{"by", []string{"self", "clinician"}}, {"photo_taken", truth},
}
