package texts

import "strings"

// byNumber lists, for each number of the ambulance or of all emergencies, the
// regions (ISO 3166) where it is answered. 112 is the number of the European
// Union and its neighbours. A region that is not here gets words, not a guess.
var byNumber = map[string]string{
	"112": "AD AL AT AX BE BG CH CY CZ DE DK EE ES FI FO FR GE GI GL GR HR HU IE IN IS IT LI LT LU " +
		"LV MC MD ME MK MT NL NO PL PT RO RS SE SI SK TR UA VA XK ZA MQ RE YT",
	"911": "US CA MX PR VI GU AS MP BM BS BZ CR DO EC FJ KY LR PA PH PY SV UY AR",
	"999": "GB UK GG IM JE BD BH HK MO MY QA",
	"000": "AU CC CX",
	"111": "NZ",
	"119": "JP KR TW",
	"995": "SG",
	"998": "AE",
	"997": "SA",
	"120": "CN",
	"192": "BR",
	"131": "CL",
	"123": "CO EG",
	"101": "IL",
	"103": "RU BY KZ AM",
	"115": "IR VN",
	"118": "SM",
	"15":  "GF GP",
}

var numberOf = func() map[string]string {
	m := map[string]string{}
	for number, regions := range byNumber {
		for region := range strings.FieldsSeq(regions) {
			m[region] = number
		}
	}
	return m
}()

// EmergencyNumber is the number to call in a region (ISO 3166, any case), ""
// where none is known for certain: the texts then say "your local emergency
// number" (RM-06).
func EmergencyNumber(region string) string { return numberOf[strings.ToUpper(region)] }
