package texts

import (
	"regexp"
	"strings"
	"unicode"
)

// p7 are the words of a language that a text must not say.
type p7 struct {
	reassuring, diseases *regexp.Regexp
	// infection may stand in signsOf alone: no text says that there is one, or none.
	infection, signsOf *regexp.Regexp
	// health must not stand on a lock screen.
	health *regexp.Regexp
}

// spoken is a text as the lists read it: small letters, one space around each
// word and nothing else between. \b knows no letters with accents.
func spoken(text string) string {
	fields := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return " " + strings.Join(fields, " ") + " "
}

// words finds any of the list in a spoken text, as whole words.
func words(list ...string) *regexp.Regexp {
	pattern := strings.NewReplacer("'", " ", "-", " ", `\p{L}`, "[^ ]", `\w`, "[^ ]").Replace(strings.Join(list, "|"))
	return regexp.MustCompile(" (?:" + pattern + ") ")
}

// anywhere finds a pattern in a spoken text, also within a word.
func anywhere(pattern string) *regexp.Regexp {
	return regexp.MustCompile(strings.ReplaceAll(pattern, "'", " "))
}

var forbidden = map[string]p7{
	"en": {
		reassuring: words("all clear", "all is well", "all good", "safe", "safely", "fine", "healthy", "heal(s|ed)?", "harmless",
			"no(thing)? (need )?to worry", "(do not|don't) worry", "no problem", "good news", "ok(ay)?", "perfect(ly)?", `normal(ly)?`,
			"no signs? of", `not? infect\w*`, "well done", "congratulations", "cured?", "recovered"),
		diseases: words("infected", "infections", "inflamed", "inflammation", "cellulitis", "sepsis", "septic", "abscess(es)?", "boils", "a boil",
			"folliculitis", "herpes", "cold sores?", "shingles", "ringworm", "tinea", "impetigo", "granulomas?", "dermatitis", "psoriasis",
			"eczema", `diabet\w+`, "hiv", "aids", "hepatitis", "cancer", `allerg\w+`, `anaphyla\w+`, `necro\w+`, "keloids?", "alopecia",
			"lupus", "tetanus", "lice", "mrsa", "erysipelas", "gangrene", "haemophilia", "stroke", "heart attack", "disease"),
		infection: anywhere(`infection`), signsOf: anywhere(`signs of infection`),
		health: words("scalp", "skin", "head", "hair", `bald\w*`, "face", "eyes?", "body", "blood", `bleed\w*`, `pain\w*`, `itch\w*`, "red(ness)?",
			`swell\w*`, "swollen", `fever\w*`, "temperature", "symptoms?", `infect\w*`, `irritat\w*`, `heal\w*`, "health", `medic\w*`, "doctor", `clinic\w*`,
			"hospital", "emergency", `needl\w*`, `roll\w*`, "session", "wound", `treat\w*`, "minoxidil", "ill", "sick", "warning", `risk\w*`, "calm", "111", "999", "112", "911"),
	},
	"de": {
		reassuring: words("entwarnung", "alles (ist )?(gut|in ordnung|bestens|klar)", "unbedenklich", "ungefährlich", "harmlos", "gesund", "geheilt", "verheilt",
			"sicher", "keine sorge", "machen sie sich keine sorgen", "unbesorgt", "kein problem", "kein grund zur sorge", "gute nachrichten?", "ok(ay)?", "perfekt",
			"normal(e|er|es|en)?", `keine anzeichen`, `keine? infektion\p{L}*`, `nicht infiziert`, `nicht entzündet`, "gut gemacht", "glückwunsch", "beruhigend"),
		diseases: words(`infiziert\p{L}*`, "infektionen", `entzünd\p{L}+`, `phlegmone\p{L}*`, `sepsis`, `blutvergiftung`, `abszess\p{L}*`, `furunkel\p{L}*`, "eiterbeulen?",
			`follikulitis`, `herpes\p{L}*`, "gürtelrose", `\p{L}*pilzinfektion`, "ringelflechte", "impetigo", `granulom\p{L}*`, `\p{L}*dermatitis`, `psoriasis`, "schuppenflechte",
			"ekzeme?", "neurodermitis", `diabet\p{L}+`, "hiv", "aids", "hepatitis", `\p{L}*krebs`, `allerg\p{L}+`, `anaphyla\p{L}+`, `nekro\p{L}+`, "keloide?", "alopezie",
			"lupus", "tetanus", "wundstarrkrampf", "läuse", "mrsa", "erysipel", "wundrose", "gangrän", "hämophilie", "schlaganfall", "herzinfarkt", `\p{L}+krankheit\p{L}*`),
		infection: anywhere(`infektion`), signsOf: anywhere(`anzeichen (für|einer) (eine )?infektion`),
		health: words("kopfhaut", "haut", "kopf", `haar\p{L}*`, "glatze", "gesicht", "augen?", "körper", `blut\p{L}*`, `schmerz\p{L}*`, `juck\p{L}*`, `röt\p{L}*`,
			`schwell\p{L}*`, "geschwollen", "fieber", "temperatur", "symptome?", `infekt\p{L}*`, `gereizt\p{L}*`, "heil(t|ung)", `gesund\p{L}*`, `medi[kz]\p{L}*`, `arzt\p{L}*`, `ärzt\p{L}*`, `klinik\p{L}*`,
			"krankenhaus", "notfall", "notruf", `nadel\p{L}*`, `roll\p{L}*`, "sitzung", "wunde", `behand\p{L}*`, "minoxidil", "krank", "warnung", `risik\p{L}*`, "ruhig", "116117", "112", "144"),
	},
	"es": {
		reassuring: words("todo (está )?(bien|en orden)", "sin peligro", `segur[oa]s?`, "inofensiv[oa]s?", `san[oa]s?`, `curad[oa]s?`, "no se preocupe", "tranquil[oa]s?", "no hay (motivo|de qué)( para)? preocuparse",
			"ningún problema", "buenas noticias", "ok", "vale", "perfect[oa]", `normal(es|mente)?`, "no hay signos", "sin signos", `no (hay|tiene) infecci\p{L}+`, `sin infecci\p{L}+`, "bien hecho", "enhorabuena", "felicidades", "recuperad[oa]"),
		diseases: words(`infectad[oa]s?`, "infecciones", `inflama\p{L}*`, "celulitis", "sepsis", "abscesos?", `forúncul\p{L}*`, "foliculitis", `herpes`, "culebrilla", "tiña", "impétigo",
			`granulomas?`, "dermatitis", "psoriasis", "eccema", `diab\p{L}+`, "vih", "sida", "hepatitis", "cáncer", `al[eé]rgi\p{L}*`, `anafil\p{L}*`, `necro\p{L}*`, "queloides?", "alopecia",
			"lupus", "tétanos", "piojos", "sarm", "erisipela", "gangrena", "hemofilia", "ictus", "infarto", `enfermedad(es)?`),
		infection: anywhere(`infecci[óo]n`), signsOf: anywhere(`signos? de infección`),
		health: words("cuero cabelludo", "piel", "cabeza", "pelo", "cabello", `calv\p{L}*`, "cara", "ojos?", "cuerpo", "sangre", `sangr\p{L}*`, `dol\p{L}*`, `pic(or|a)`, `roj\p{L}*`, `hincha\p{L}*`,
			"fiebre", "temperatura", `síntomas?`, `infec\p{L}*`, `irrita\p{L}*`, "salud", `m[eé]dic\p{L}*`, "clínica", "hospital", "emergencia", "urgencias", `aguja\p{L}*`, `rodillo\p{L}*`, "sesión", "herida",
			`trata\p{L}*`, "minoxidil", `enferm\p{L}*`, "advertencia", `riesgo\p{L}*`, "calmad[oa]", "112", "911"),
	},
	"fr": {
		reassuring: words("tout (va|est) (bien|en ordre)", "tout va bien", "sans danger", "sans risque", `inoffensi(f|ve)s?`, `sain(e|s|es)?`, "en bonne santé", `guéri(e|s|es|r)?`, "ne vous inquiétez pas", "pas d'inquiétude",
			"rassurez-vous", "rassurante?", "aucun problème", "pas de problème", "bonne nouvelle", "ok", "parfait(e|ement)?", `norma(l|le|ux|les|lement)`, "aucun signe", "pas de signe", `pas d'infection`, `aucune infection`, "bravo", "félicitations", "rétablie?"),
		diseases: words(`infecté(e|s|es)?`, "infections", `inflamm\p{L}*`, `enflamm\p{L}*`, "cellulite", "septicémie", "sepsis", "abcès", "furoncles?", "folliculite", `herpès`, "bouton de fièvre", "zona", "teigne", "impétigo",
			`granulomes?`, `dermatite`, "dermite", "psoriasis", "eczéma", `diab\p{L}+`, "vih", "sida", "hépatite", "cancer", `allerg\p{L}+`, `anaphyla\p{L}*`, `nécro\p{L}*`, "chéloïdes?", "alopécie", "pelade",
			"lupus", "tétanos", "poux", "sarm", "érysipèle", "gangrène", "hémophilie", "avc", "infarctus", `maladies?`),
		infection: anywhere(`infection`), signsOf: anywhere(`signes? d'infection`),
		health: words("cuir chevelu", "peau", "tête", `cheve\p{L}*`, `chauv\p{L}*`, "visage", "yeux", "œil", "corps", "sang", `saign\p{L}*`, `doul\p{L}*`, `démange\p{L}*`, `roug\p{L}*`, `gonfl\p{L}*`,
			"fièvre", "température", `symptômes?`, `infec\p{L}*`, `irrit\p{L}*`, "santé", `médec\p{L}*`, `médic\p{L}*`, "clinique", "hôpital", "urgences", `aiguille\p{L}*`, `roul\p{L}*`, "séance", "plaie",
			`trait\p{L}*`, "minoxidil", `malad\p{L}*`, "alerte", `risque\p{L}*`, `calme\p{L}*`, "15", "112"),
	},
	"pt": {
		reassuring: words("(está )?tudo (bem|certo|em ordem)", "sem perigo", `segur[oa]s?`, "inofensiv[oa]s?", "saudáve(l|is)", `curad[oa]s?`, "não se preocupe", "fique tranquil[oa]", "tranquil[oa]s?", "sem motivo para preocupação",
			"sem problemas?", "boas notícias", "boa notícia", "ok", "perfeit[oa]", `norma(l|is|lmente)`, "não há sinais", "sem sinais", `não (há|tem) infecç\p{L}+`, `sem infecç\p{L}+`, "muito bem", "parabéns", "recuperad[oa]"),
		diseases: words(`infectad[oa]s?`, "infecções", `inflama\p{L}*`, "celulite", "sepse", "abscessos?", `furúncul\p{L}*`, "foliculite", `herpes`, "cobreiro", "micose", "tínea", "impetigo",
			`granulomas?`, "dermatite", "psoríase", "eczema", `diabet\p{L}+`, "hiv", "aids", "hepatite", "câncer", `al[eé]rgi\p{L}*`, `anafil\p{L}*`, `necro\p{L}*`, "queloides?", "alopecia",
			"lúpus", "tétano", "piolhos", "mrsa", "erisipela", "gangrena", "hemofilia", "avc", "infarto", `doenças?`),
		infection: anywhere(`infecç[ãa]o`), signsOf: anywhere(`sina(l|is) de infecção`),
		health: words("couro cabeludo", "pele", "cabeça", "cabelos?", `calv\p{L}*`, "rosto", "olhos?", "corpo", "sangue", `sangr\p{L}*`, "dor(es)?", `coceira`, `vermelh\p{L}*`, `inch\p{L}*`,
			"febre", "temperatura", `sintomas?`, `infec\p{L}*`, `irrita\p{L}*`, "saúde", `m[eé]dic\p{L}*`, "clínica", "hospital", "emergência", "urgência", `agulha\p{L}*`, `roller`, "sessão", "ferida",
			`trata\p{L}*`, "minoxidil", `doen(te|ça)\p{L}*`, "aviso", "alerta", `risco\p{L}*`, "calm[oa]", "192", "112"),
	},
}
