package texts

import (
	"maps"
	"strings"
)

// line is a phone number, with the regions (ISO 3166) where it is answered, its
// source, and when that was read.
type line struct {
	number, regions, source, read string
}

// emergencyLines lists ambulance numbers, or else general emergency numbers. A
// region that is missing gets a phrase, not a guess (RM-06).
var emergencyLines = []line{
	{"112", "BE BG CY CZ DE DK EE ES FI GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK",
		"service-public.fr, Numéros d'urgence: 112 in every state of the European Union", "2026-11-27"},
	{"112", "FO GE GL IS MC TR ZA", phones, "2026-11-27"},
	{"112", "AX", "alarmcentralen.ax, Nödnummer 112", "2026-11-27"},
	{"112", "MD", "ipn.md, Serviciul unic de urgență 112", "2026-11-27"},
	{"112", "ME", "kolektiv.me, OKC 112: Hitna pomoć too", "2026-11-27"},
	{"112", "MK", "pepeljugoski.com.mk, Emergency number 112", "2026-11-27"},
	{"112", "XK", "ame.rks-gov.net, Appeal to the citizens of Kosovo", "2026-11-27"},
	{"113", "NO", "sirdal.kommune.no, Ambulanse (112 leads to the police there)", "2026-11-27"},
	{"194", "RS", "kurir.rs, Šta da kažete kada zovete Hitnu pomoć (112 is not in use yet)", "2026-11-27"},
	{"103", "UA", "tsn.ua, which calls are urgent for the ambulance", "2026-11-27"},
	{"127", "AL", "lajmifundit.al, 127 do të jetë vetëm për urgjencat", "2026-11-27"},
	{"116", "AD", "inmobiliaria-andorra.eu, El futur 112: 116, Servei d'Urgències Mèdiques", "2026-11-27"},
	{"118", "SM", "iss.sm, Quando e come chiamare il 118", "2026-11-27"},
	{"118", "VA", phones, "2026-11-27"},
	{"190", "GI", "vox.gi, GHA Appeals to Public", "2026-11-27"},
	{"15", "FR GF GP MQ RE YT BL MF", "service-public.fr, Numéros d'urgence: Samu", "2026-11-27"},
	{"144", "AT", "wien.gv.at, Notruf 144 (112 leads to the police there)", "2026-11-27"},
	{"144", "CH LI", "stadt-zuerich.ch, Notruf 144; mario.li, Tag der Notrufnummer 144", "2026-11-27"},
	{"999", "GB", "wmas.nhs.uk, Should I ring 999 or 111?", "2026-11-27"},
	{"999", "JE", "gov.je, Dialling 999 in an emergency", "2026-11-27"},
	{"999", "GG", "ambulance.gg, Ambulance response awareness campaign", "2026-11-27"},
	{"999", "IM", "iomtoday.co.im, Manx Care announces midnight closure", "2026-11-27"},
	{"999", "BD BH HK MO MY QA", phones, "2026-11-27"},
	{"911", "US CA", "Wikipedia, Emergency telephone number", "2026-11-27"},
	{"911", "EC UY", "elsoldeiquique.cl, El número de emergencia 911", "2026-11-27"},
	{"911", "MX PR VI GU AS MP BM BZ CR DO FJ HN KY LR PA PH PY SV VE", phones, "2026-11-27"},
	{"911", "BS", "trekmedics.org, Bahamas: 919 or 911", "2026-11-27"},
	{"107", "AR", "santafe.gob.ar, Cómo funciona el 107", "2026-11-27"},
	{"131", "CL", "elsoldeiquique.cl, El número de emergencia 911", "2026-11-27"},
	{"123", "CO", "elsoldeiquique.cl, El número de emergencia 911", "2026-11-27"},
	{"106", "PE", "elcomercio.pe, Minsa: SAMU, Línea 106", "2026-11-27"},
	{"192", "BR", "dnbrasil.dn.pt, Situação de emergência em Portugal?", "2026-11-27"},
	{"190", "TN", "Wikipédia, Numéro d'appel d'urgence: secours médicaux", "2026-11-27"},
	{"000", "AU", "ambulance.vic.gov.au, Nurse-on-call", "2026-11-27"},
	{"000", "CC CX", "libphonenumber, ShortNumberMetadata: emergency", "2026-11-27"},
	{"111", "NZ", "ttmc.co.nz, Nurse call changes", "2026-11-27"},
	{"119", "JP", "emergency-live.com, Números de Emergência no Mundo", "2026-11-27"},
	{"119", "KR", "jnmeditour.or.kr, Emergency Medical Care for Foreigners", "2026-11-27"},
	{"119", "TW", phones, "2026-11-27"},
	{"120", "CN", "emergency-live.com, Números de Emergência no Mundo", "2026-11-27"},
	{"995", "SG", phones, "2026-11-27"}, {"998", "AE", phones, "2026-11-27"}, {"997", "SA", phones, "2026-11-27"}, {"123", "EG", phones, "2026-11-27"},
	{"101", "IL", phones, "2026-11-27"}, {"103", "RU BY KZ", phones, "2026-11-27"}, {"115", "IR VN", phones, "2026-11-27"},
	{"103", "AM", "libphonenumber, ShortNumberMetadata: emergency; aravot.am: 1-03, the ambulance", "2026-11-27"},
}

// phones is the table by which Android phones know emergency calls.
const phones = "Android, packages/services/Telephony, ecc/input/eccdata.txt: ambulance"

// adviceLines lists numbers for medical advice that is not an emergency,
// available at night too or with whatever service is open.
var adviceLines = []line{
	{"116117", "DE", "lvglth.de, Der ärztliche Bereitschaftsdienst: all of Germany, all hours", "2026-11-27"},
	{"1450", "AT", "gemma-aha.at, Medizinischer Notfall beim Kind", "2026-11-27"},
	{"15", "FR", "service-public.fr, Numéros d'urgence: the Samu also finds the doctor on duty", "2026-11-27"},
	{"1733", "BE", "health.belgium.be, Need to call a doctor? Call 1733", "2026-11-27"},
	{"808 24 24 24", "PT", "deco.proteste.pt, Saúde 24 ou 112: para que número ligar?", "2026-11-27"},
	{"111", "GB", "wmas.nhs.uk, Should I ring 999 or 111?", "2026-11-27"},
	{"1177", "SE", "government.se, Health care advice over the phone", "2026-11-27"},
	{"116117", "NO", "helsenorge.no, Where to get help", "2026-11-27"},
	{"811", "CA", "hss.gov.nt.ca, 811: frequently asked questions", "2026-11-27"},
	{"1800 022 222", "AU", "mphn.org.au, Healthdirect", "2026-11-27"},
	{"0800 611 116", "NZ", "health.govt.nz, Common questions about Healthline", "2026-11-27"},
}

var emergencyOf, adviceOf = byRegion(emergencyLines), byRegion(adviceLines)

func byRegion(lines []line) map[string]string {
	m := map[string]string{}
	for _, l := range lines {
		for region := range strings.FieldsSeq(l.regions) {
			m[region] = l.number
		}
	}
	m["UK"] = m["GB"] // the code that people use
	return m
}

// EmergencyNumber returns the number to call in a region (ISO 3166, any case),
// or "" if none is known for certain: the texts then say "your local emergency
// number" (RM-06).
func EmergencyNumber(region string) string { return emergencyOf[strings.ToUpper(region)] }

// AdviceNumber returns the medical advice line of a region (ISO 3166, any
// case), or "" if no line covers all of it.
func AdviceNumber(region string) string { return adviceOf[strings.ToUpper(region)] }

// published returns a table without the names that are not codes of ISO 3166.
func published(table map[string]string) map[string]string {
	m := maps.Clone(table)
	delete(m, "UK")
	return m
}
