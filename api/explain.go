package api

import "aftercare/models"

// needsStepUp describes operations that cannot be undone.
const needsStepUp = "Needs a sign-in or a confirmIdentity less than 5 minutes old, else 403 step-up-required."

const (
	createsOrReplaces = "Creates (201) or replaces (200). An id that was deleted comes back. Sending the same again changes nothing."
	sameAsPut         = "With an id in the body it is the same as PUT on that id, so a retry never makes a second one."
	mergesPatch       = "A JSON Merge Patch (RFC 7396): what is absent is kept, null clears, lists are replaced as a whole. `application/json` is accepted as well."
	alwaysGone        = "Always 204, also for an unknown id. It needs no consent, because it erases."
	withActionToken   = " The action token of its push is accepted as well."
	newestFirst       = "Newest first, by pages."
)

// explanations add to each operation what its summary cannot say.
var explanations = map[string]string{ //nolint:gosec // words about passwords are none
	"signUp": "An account may be anonymous: e-mail and password are optional together, and the recovery code is then its way back.",
	"signIn": "With e-mail and password, a recovery code or a pairing code. Whatever was wrong, the answer is the same.",

	"isAlive":       "200 as long as the process answers.",
	"isReady":       "503 when the database, its migrations or the jobs are not as they should be.",
	"readMeta":      "What an app asks once at its start.",
	"readCatalogue": "The questionnaire, symptoms with their scales, consents, help texts and numbers to call, in one language: what an app needs before an answer, or without one. Keep it for when there is no network.",
	"readKnowledge": "Every rule by which reports are judged and reminders planned, with its sources.",

	"readAccount":       "The settings of the person and the health questions as they were answered.",
	"changeAccount":     mergesPatch + " null goes back to the default for `notify`, `quiet_hours`, `reminder_time`, `lock_screen` and `locale`; a part of `notify` or `quiet_hours` changes only what it names. A risk may be given by its code alone. A new e-mail address needs the step-up.",
	"setPassword":       needsStepUp,
	"renewRecoveryCode": "The previous code stops working. " + needsStepUp,
	"listConsents":      "Everything that was ever agreed to, withdrawn consents included.",
	"giveConsent":       "Judging and reminders begin again.",
	"withdrawConsent":   "Without health_data nothing more is stored or judged and reminders are cancelled; reading, export and erasure remain. Without push the addresses are removed. Always 204.",
	"listAudit":         newestFirst,
	"exportAccount":     "Streams every row that names the account, by table. " + needsStepUp,
	"eraseAccount":      "Everything is gone at once; nothing brings it back. " + needsStepUp,

	"listDevices":       "At most 20, so there is one page.",
	"readDevice":        "`current` is the caller's own.",
	"changeDevice":      mergesPatch,
	"signOut":           "Its token and its pushes end at once. Always 204.",
	"registerPush":      "Makes the address active whatever its state was, and gives the consent to push.",
	"removePush":        "The phone is not pushed to any more. Always 204.",
	"testPush":          "Three an hour. It ignores quiet hours.",
	"confirmIdentity":   "The step-up: for 5 minutes export, erasure and changes of e-mail, password and recovery code are open.",
	"renewToken":        "The old token works until the new one is first used.",
	"createPairingCode": "Works once, within 10 minutes.",

	"listRollers": newestFirst, "listSessions": newestFirst, "listReports": newestFirst, "listProgressNotes": newestFirst, "listEpisodes": newestFirst,
	"createRoller": sameAsPut, "createSession": sameAsPut, "createReport": sameAsPut, "createProgressNote": sameAsPut,
	"readRoller": "With what its use has worn off and what is advised.", "readSession": "With the rest that it needs.", "readReport": "With its verdict.", "readProgressNote": "What the person said of their own hair.",
	"replaceProgressNote": createsOrReplaces + " Self-assessed: no prognosis is made of it. Photos stay on the phone.",
	"replaceRoller":       createsOrReplaces, "replaceReport": createsOrReplaces + " The answer holds the verdict. A report that answers no symptom at all is a 422.",
	"replaceSession": createsOrReplaces + " A session is never refused for being unwise: it is stored as it was, and answered with advisories.",
	"changeRoller":   mergesPatch, "changeSession": mergesPatch, "changeProgressNote": mergesPatch, "changeReport": mergesPatch + " Judged anew.",
	"deleteRoller": alwaysGone, "deleteSession": alwaysGone, "deleteReport": alwaysGone, "deleteProgressNote": alwaysGone,

	"mayIRoll":            "The first that matches: blocked by RS-05, RS-06, RS-07 or RS-14; resting; early; blocked by RS-03 or RS-04; ready.",
	"readPlan":            "The steps of the latest session's cycle and those that depend on no session, soonest first.",
	"readEpisode":         "One run of symptoms, from its first report until the scalp is calm again.",
	"listWarnings":        newestFirst + " One for each episode and tier, from doctor_soon on.",
	"readWarning":         "With the texts to show and the pushes that were sent.",
	"addClinicianVisit":   "booked mutes repeats for 72 hours; seen ends them; only cleared lifts the block on rolling.",
	"listClinicianEvents": newestFirst + " Also those of a warning that was answered with booked or seen.", "createClinicianEvent": sameAsPut,
	"readClinicianEvent":    "What the person said that a clinician did.",
	"replaceClinicianEvent": createsOrReplaces + " The history is judged as if it had been said so from the first.",
	"changeClinicianEvent":  mergesPatch + " Judged anew.", "deleteClinicianEvent": alwaysGone + " The history is judged as if it had never been said.",
	"acknowledgeWarning":   "Ends its repeats on all devices. Another action takes the place of the first and of its clinician event.",
	"unacknowledgeWarning": "The history is judged as if it had never been answered, and notifications that the answer had cancelled come again. Always 204.",

	"readStatistics":    "Sessions a month, days of rest kept against the table, the share of reports with each sign by day after a session, answered check-ins. No streaks: they reward rolling.",
	"makeDoctorReport":  "The answer holds an address that whoever has it can open without sign-in: 5 times, for 72 hours. It shows the history as it is when it is opened. Each opening is recorded in the audit. At most 10 can be open.",
	"listDoctorReports": "Those that have not ended, newest first. Their addresses are not kept and cannot be shown again.",
	"endDoctorReport":   "The address opens nothing any more. Always 204.",
	"makeCalendar":      "A secret address that calendars may ask for check-ins, the end of the rest and the care of the roller, with neutral titles. The previous address stops working.",
	"endCalendar":       "The address answers nothing any more. Always 204.",

	"listReminders":         newestFirst + " With what became of each on each device: why it came, or why not.",
	"readReminder":          "With what became of it on each device.",
	"acknowledgeReminder":   "Takes effect on all devices. Idempotent." + withActionToken,
	"snoozeReminder":        "15 minutes to 48 hours ahead, to at most five different times; a time in the quiet hours means their end." + withActionToken,
	"unacknowledgeReminder": "With all that the tap did: the answer to a warning, the report of *nothing left*. Until it expires, else 422; what a report has answered is taken back by correcting or deleting that. 204 also where there is nothing to take back." + withActionToken,
	"unsnoozeReminder":      "It is shown as if it had never been put off. Until it expires, else 422. 204 also where it is not put off." + withActionToken,
	"sayNothingLeft":        "Where the reminder offers it (`one_tap`): stores a calm report of that moment and acknowledges. Idempotent." + withActionToken,
	"listChanges":           "Ordered by `seq`, in which every row appears once, as it is now. Ask again with `next` as `since` until `more` is false, and from there next time. 410 `cursor-expired`: begin again with 0, and drop the rows that do not come.",

	"pullTables":      "As WatermelonDB's `synchronize()` asks for it. A `last_pulled_at` that is too old is answered with the whole set.",
	"pushTables":      "As WatermelonDB's `synchronize()` sends it: all of it is stored or, where a row was edited since `last_pulled_at`, nothing. A table that is not of the change feed is ignored.",
	"streamDocuments": "Server-sent events, as RxDB's replication and rxdb-server's client read them: what changes is sent at once. After a break ask again with `Last-Event-ID`, as EventSource does by itself.",
	"createTicket":    "For an EventSource, which cannot send a bearer: 60 seconds, once.",
	"pullDocuments":   "As RxDB's replication and rxdb-server's client ask for it. A page is short only at the end.",
	"pushDocuments":   "As RxDB's replication sends it. Answers the current documents of the edits that were based on an older state, and has stored the others. Conflicts are judged on the fields that a person writes; a delete wins over an edit that was not based on it. A value that cannot be is kept as it was sent, counts as unknown and is named in `flags`.",

	"addReceipts": "An opening is not an acknowledgement. Unknown reminders are ignored." + withActionToken + " It speaks for its own reminder only.",
}

// problemExample is the code and detail of an operation's own error.
type problemExample struct{ code, detail string }

var (
	refusedCredentials = problemExample{models.CodeCredentialsRefused, "these credentials are not valid"}
	emailTaken         = problemExample{models.CodeEmailTaken, "this e-mail address cannot be used; sign in, or use another"}
	stepUp             = problemExample{models.CodeStepUpRequired, "confirm who you are first: POST /v1/devices/current/confirm"}
)

// problemsOf are the errors that say more than their status does.
var problemsOf = map[string]problemExample{
	"signIn 401": refusedCredentials, "confirmIdentity 401": refusedCredentials,
	"pushTables 409":  {models.CodeSyncConflict, "a row was edited since; pull, and push again"},
	"listChanges 410": {models.CodeCursorExpired, "rows were deleted since then that are no longer known; begin again with since=0 and drop what does not come"},
	"signUp 409":      emailTaken, "changeAccount 409": emailTaken,
	"changeAccount 403": stepUp, "eraseAccount 403": stepUp, "exportAccount 403": stepUp, "setPassword 403": stepUp, "renewRecoveryCode 403": stepUp,
	"snoozeReminder 422": {models.CodeSnoozeLimit, "this reminder has been snoozed five times"},
}
