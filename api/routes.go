package api

import (
	"net/http"
)

// routes registers all operations of the API, in the order of the page.
// Explanations are in explain.go, an example of each in examples.json.
func (s *server) routes() {
	const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	created := answers(http.StatusCreated)
	stale, forbidden, taken := fails(http.StatusPreconditionFailed), fails(http.StatusForbidden), fails(http.StatusConflict)

	add(s, post, "/v1/accounts", "signUp", "Create an account and get a token", s.createAccount, public, created, taken)

	add(s, get, "/livez", "isAlive", "Is the process alive?", s.livez, public)
	add(s, get, "/readyz", "isReady", "Can it do its work?", s.readyz, public, alsoAnswers[Readiness](s, http.StatusServiceUnavailable))
	add(s, get, "/v1/meta", "readMeta", "Read versions, limits and keys", s.meta, public, spoken)
	add(s, get, "/v1/knowledge", "readKnowledge", "Read the medical rules in force", s.knowledge, public, spoken, s.tagged)
	add(s, get, "/v1/catalogue", "readCatalogue", "Read every text that an app shows by itself", s.catalogue, public, spoken, s.tagged)

	add(s, put, "/v1/account/password", "setPassword", "Set the password", s.setPassword, forbidden)
	add(s, patch, "/v1/account", "changeAccount", "Change the account", s.patchAccount, takesPatch[Account](s), stale, forbidden, taken)
	add(s, get, "/v1/account", "readAccount", "Read the account", s.readAccount)
	add(s, get, "/v1/account/consents", "listConsents", "List the consents", s.listConsents)
	add(s, put, "/v1/account/consents/{purpose}", "giveConsent", "Give a consent", s.grantConsent)
	add(s, del, "/v1/account/consents/{purpose}", "withdrawConsent", "Withdraw a consent", s.withdrawConsent)
	add(s, get, "/v1/account/audit", "listAudit", "List sign-ins, exports and changes of consent", s.listAudit)
	add(s, get, exportPath, "exportAccount", "Export everything", s.export, holdsJSON, forbidden)
	add(s, post, "/v1/account/recovery-code", "renewRecoveryCode", "Get a new recovery code", s.newRecoveryCode, forbidden)

	s.deviceRoutes()

	serveRows(s, rollers, (*listRollersInput).query)
	serveRows(s, sessions, (*ListRows).query)
	serveRows(s, reports, (*listReportsInput).query)
	serveRows(s, progress, (*ListRows).query)

	add(s, get, "/v1/rest", "mayIRoll", "May I roll?", s.rest, spoken, s.tagged)
	add(s, get, "/v1/plan", "readPlan", "Read the timeline of the cycle", s.plan, spoken, s.tagged)
	add(s, get, "/v1/episodes", "listEpisodes", "List the episodes of symptoms", s.listEpisodes)
	add(s, get, "/v1/episodes/{id}", "readEpisode", "Read an episode", s.readEpisode)
	add(s, get, "/v1/warnings", "listWarnings", "List the warnings to see a doctor", s.listWarnings, spoken, s.tagged)
	add(s, get, "/v1/warnings/{id}", "readWarning", "Read a warning", s.readWarning, spoken)
	add(s, post, "/v1/warnings/{id}/acknowledge", "acknowledgeWarning", "Answer a warning", s.acknowledgeWarning, spoken, forbidden)
	add(s, del, "/v1/warnings/{id}/acknowledgement", "unacknowledgeWarning", "Take the answer to a warning back", s.unacknowledgeWarning)
	add(s, post, "/v1/episodes/{id}/clinician", "addClinicianVisit", "Record a clinician visit", s.addClinicianEvent, forbidden, stale)
	serveRows(s, clinicianEvents, (*ListRows).query)

	s.reminderRoutes()
	s.sharingRoutes()
	s.syncRoutes()

	add(s, del, "/v1/devices/{id}", "signOut", "Sign a phone out", s.deleteDevice)
	add(s, del, "/v1/account", "eraseAccount", "Erase the account for good", s.eraseAccount, forbidden)

	for _, finish := range s.registered {
		finish()
	}
}

func (s *server) deviceRoutes() {
	const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	created, none, accepted := answers(http.StatusCreated), answers(http.StatusNoContent), answers(http.StatusAccepted)
	stale, unknown, wrong := fails(http.StatusPreconditionFailed), fails(http.StatusNotFound), fails(http.StatusUnauthorized)

	add(s, put, "/v1/devices/{id}/push", "registerPush", "Register a push address", s.putPush, takesOneOf(s, pushWays), unknown)
	add(s, post, "/v1/devices/{id}/push/test", "testPush", "Send a test push", s.testPush, accepted)
	add(s, del, "/v1/devices/{id}/push", "removePush", "Remove the push address", s.deletePush)
	add(s, post, "/v1/devices", "signIn", "Sign in and get a token", s.signIn, takesOneOf(s, signInWays), public, created, wrong)
	add(s, get, "/v1/devices", "listDevices", "List the signed-in phones", s.listDevices)
	add(s, get, "/v1/devices/{id}", "readDevice", "Read a device", s.readDevice)
	add(s, patch, "/v1/devices/{id}", "changeDevice", "Change a device", s.patchDevice, takesPatch[Device](s), stale)
	add(s, post, "/v1/devices/current/confirm", "confirmIdentity", "Confirm who holds the phone", s.confirm, takesOneOf(s, proofWays), none)
	add(s, post, "/v1/devices/current/token", "renewToken", "Get a new token", s.renewToken)
	add(s, post, "/v1/pairing-codes", "createPairingCode", "Get a code that signs a second phone in", s.newPairingCode, created)
}

func (s *server) reminderRoutes() {
	const get, post, del = http.MethodGet, http.MethodPost, http.MethodDelete
	none, forbidden := answers(http.StatusNoContent), fails(http.StatusForbidden)
	add(s, get, "/v1/reminders", "listReminders", "List the reminders", s.listReminders, spoken, s.tagged)
	add(s, get, "/v1/reminders/{id}", "readReminder", "Read a reminder", s.readReminder, spoken)
	add(s, post, "/v1/reminders/{id}/snooze", "snoozeReminder", "Snooze a reminder", s.snoozeReminder, spoken, s.orActionToken)
	add(s, del, "/v1/reminders/{id}/snooze", "unsnoozeReminder", "Take a snooze back", s.unsnoozeReminder, s.orActionToken)
	add(s, post, "/v1/reminders/{id}/acknowledge", "acknowledgeReminder", "Acknowledge a reminder", s.acknowledgeReminder, spoken, s.orActionToken, forbidden)
	add(s, del, "/v1/reminders/{id}/acknowledgement", "unacknowledgeReminder", "Take an acknowledgement back", s.unacknowledgeReminder, s.orActionToken)
	add(s, post, "/v1/reminders/{id}/calm", "sayNothingLeft", "Say with one tap that nothing is left", s.calmReminder, spoken, s.orActionToken, forbidden)
	add(s, post, "/v1/receipts", "addReceipts", "Report what a phone showed and opened", s.addReceipts, none, s.orActionToken)
}

// sharingRoutes registers what is made for charts, for a doctor and for a
// calendar.
func (s *server) sharingRoutes() {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	add(s, get, "/v1/statistics", "readStatistics", "Read what charts show", s.statistics)
	add(s, post, "/v1/doctor-reports", "makeDoctorReport", "Make a page for a doctor", s.createDoctorReport, spoken, answers(http.StatusCreated))
	add(s, get, "/v1/doctor-reports", "listDoctorReports", "List the pages for a doctor", s.listDoctorReports)
	add(s, del, "/v1/doctor-reports/{id}", "endDoctorReport", "End a page for a doctor", s.deleteDoctorReport)
	add(s, put, "/v1/account/calendar", "makeCalendar", "Get a calendar address", s.makeCalendar)
	add(s, del, "/v1/account/calendar", "endCalendar", "End the calendar address", s.endCalendar)
}

func (s *server) syncRoutes() {
	const get, post = http.MethodGet, http.MethodPost
	expires, forbidden, conflict, none := fails(http.StatusGone), fails(http.StatusForbidden), fails(http.StatusConflict), answers(http.StatusNoContent)
	add(s, get, "/v1/changes", "listChanges", "Read what has changed", s.listChanges, spoken, expires)
	add(s, get, "/v1/sync/{collection}/pull", "pullDocuments", "Pull a collection (RxDB)", s.pull, spoken, expires, fails(http.StatusBadRequest))
	add(s, post, "/v1/sync/{collection}/push", "pushDocuments", "Push to a collection (RxDB)", s.push, spoken, forbidden, conflict,
		s.takesAny(s.schemas().Schema(typeOf[[]PushedDocument](), true, "")))
	add(s, get, "/v1/sync/{collection}/pullStream", "streamDocuments", "Follow a collection (RxDB)", s.streamDocuments, spoken, holdsEvents, s.orTicket, expires)
	add(s, post, "/v1/sync/tickets", "createTicket", "Get a ticket for a stream", s.newTicket)
	add(s, get, "/v1/sync", "pullTables", "Pull all tables (WatermelonDB)", s.watermelonPull, spoken)
	add(s, post, "/v1/sync", "pushTables", "Push to all tables (WatermelonDB)", s.watermelonPush, none, forbidden, conflict,
		s.takesAny(s.schemas().Schema(typeOf[map[string]WatermelonTable](), true, "")))
}
