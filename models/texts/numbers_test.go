package texts

import (
	"strings"
	"testing"
	"time"
)

// A number has a source and the day it was read: who finds none leaves it out,
// and people are told to call their local number. No region has two.
func TestNumbersNameTheirSource(t *testing.T) {
	for kind, lines := range map[string][]line{"emergency": emergencyLines, "advice": adviceLines} {
		seen := map[string]bool{}
		for _, l := range lines {
			if l.source == "" {
				t.Errorf("%s %s for %s has no source", kind, l.number, l.regions)
			}
			if _, err := time.Parse(time.DateOnly, l.read); err != nil {
				t.Errorf("%s %s: %v", kind, l.number, err)
			}
			if strings.Trim(l.number, "0123456789 ") != "" || l.number == "" {
				t.Errorf("%s: %q is no number", kind, l.number)
			}
			for _, region := range strings.Fields(l.regions) {
				if len(region) != 2 || strings.ToUpper(region) != region || seen[region] {
					t.Errorf("%s: %q is no region, or there twice", kind, region)
				}
				seen[region] = true
			}
		}
	}
}

// Where 112 is answered by the police alone, or not everywhere, it is the
// ambulance's own number that is named.
func TestTheAmbulanceIsCalledWhereItHasItsOwnNumber(t *testing.T) {
	for region, want := range map[string]string{
		"NO": "113", "AT": "144", "RS": "194", "UA": "103", "AL": "127", "AD": "116", "SM": "118", "VA": "118", "GI": "190",
	} {
		if got := EmergencyNumber(region); got != want {
			t.Errorf("%s: got %q, want %q", region, got, want)
		}
	}
}

func TestNumbersWhereTheLanguagesAreSpoken(t *testing.T) {
	for region, want := range map[string][2]string{
		"DE": {"112", "116117"}, "AT": {"144", "1450"}, "CH": {"144", ""}, "LI": {"144", ""}, "LU": {"112", ""},
		"FR": {"15", "15"}, "BE": {"112", "1733"}, "CA": {"911", "811"}, "ES": {"112", ""}, "MX": {"911", ""}, "AR": {"107", ""},
		"CL": {"131", ""}, "CO": {"123", ""}, "PE": {"106", ""}, "US": {"911", ""}, "PT": {"112", "808 24 24 24"}, "BR": {"192", ""},
		"gb": {"999", "111"}, "uk": {"999", "111"}, "AU": {"000", "1800 022 222"}, "NZ": {"111", "0800 611 116"}, "": {"", ""}, "XX": {"", ""},
	} {
		if got := [2]string{EmergencyNumber(region), AdviceNumber(region)}; got != want {
			t.Errorf("%q: got %q, want %q", region, got, want)
		}
	}
}

// The words around a number fit the sentence in every language.
func TestNumbersFitTheirSentence(t *testing.T) {
	for name, want := range map[string]map[string][2]string{
		"de": {"DE": {"Rufen Sie jetzt die 112 an.", "heute die 116117 oder Ihre Arztpraxis an"},
			"": {"Rufen Sie jetzt die örtliche Notrufnummer an.", "heute Ihre Arztpraxis oder den ärztlichen Notdienst an"}},
		"es": {"AR": {"Llame ahora al 107.", "Llame hoy a su médico o a un centro de urgencias"},
			"": {"Llame ahora al número de emergencias de su país.", "Llame hoy a su médico"}},
		"fr": {"BE": {"Appelez maintenant le 112.", "Appelez aujourd’hui le 1733 ou votre médecin"},
			"": {"Appelez maintenant le numéro d’urgence de votre pays.", "Appelez aujourd’hui votre médecin ou un service de garde"}},
		"pt-BR": {"PT": {"Ligue agora para o 112.", "Ligue hoje para o 808 24 24 24 ou o seu médico"},
			"": {"Ligue agora para o número de emergência do seu país.", "Ligue hoje para o seu médico ou um pronto atendimento"}},
	} {
		for region, say := range want {
			p := For(name).In(region)
			if got := p.Message("warning.EM-03"); !strings.Contains(got, say[0]) {
				t.Errorf("%s in %q: %s", name, region, got)
			}
			if got := p.Message("warning.SD-01"); !strings.Contains(got, say[1]) {
				t.Errorf("%s in %q: %s", name, region, got)
			}
		}
	}
}
