package api

import (
	"net/http"

	"aftercare/models"
)

// routes are all operations of the API. What a summary cannot say stands in
// describe.go, an example of each in examples.json.
func (s *server) routes() {
	const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	created, none, accepted := answers(http.StatusCreated), answers(http.StatusNoContent), answers(http.StatusAccepted)
	stale, forbidden, taken := fails(http.StatusPreconditionFailed), fails(http.StatusForbidden), fails(http.StatusConflict)
	unknown, wrong := fails(http.StatusNotFound), fails(http.StatusUnauthorized)

	add(s, get, "/livez", "Is the process alive?", s.livez, public)
	add(s, get, "/readyz", "Can it do its work?", s.readyz, public, alsoAnswers[Readiness](s, http.StatusServiceUnavailable))
	add(s, get, "/v1/meta", "Versions, limits and keys", s.meta, public)
	add(s, get, "/v1/knowledge", "The medical rules in force", s.knowledge, public)

	add(s, post, "/v1/accounts", "Create an account", s.createAccount, public, created, taken)
	add(s, get, "/v1/account", "Read the account", s.readAccount)
	add(s, patch, "/v1/account", "Change the account", s.patchAccount, takesPatch[models.Account](s), stale, forbidden, taken)
	add(s, del, "/v1/account", "Erase the account for good", s.eraseAccount, forbidden)
	add(s, post, "/v1/account/recovery-code", "Make a new recovery code", s.newRecoveryCode, forbidden)
	add(s, put, "/v1/account/password", "Set the password", s.setPassword, forbidden)
	add(s, get, "/v1/account/consents", "List the consents", s.listConsents)
	add(s, put, "/v1/account/consents/{purpose}", "Give a consent", s.grantConsent)
	add(s, del, "/v1/account/consents/{purpose}", "Withdraw a consent", s.withdrawConsent)
	add(s, get, exportPath, "Export everything", s.export, holdsJSON, forbidden)
	add(s, get, "/v1/account/audit", "List sign-ins, exports and changes of consent", s.listAudit)

	add(s, get, "/v1/devices", "List the signed-in phones", s.listDevices)
	add(s, post, "/v1/devices", "Sign in", s.signIn, public, created, wrong)
	add(s, post, "/v1/devices/current/token", "Renew the token", s.renewToken)
	add(s, post, "/v1/devices/current/confirm", "Confirm who holds the phone", s.confirm, none)
	add(s, get, "/v1/devices/{id}", "Read a device", s.readDevice)
	add(s, patch, "/v1/devices/{id}", "Change a device", s.patchDevice, takesPatch[models.Device](s), stale)
	add(s, del, "/v1/devices/{id}", "Sign a phone out", s.deleteDevice)
	add(s, put, "/v1/devices/{id}/push", "Register a push address", s.putPush, unknown)
	add(s, del, "/v1/devices/{id}/push", "Forget the push address", s.deletePush)
	add(s, post, "/v1/devices/{id}/push/test", "Send a test push", s.testPush, accepted)
	add(s, post, "/v1/pairing-codes", "Make a code that signs in a second phone", s.newPairingCode, created)

	serve(s, rollers) // list, POST, read, PUT, PATCH, DELETE
	serve(s, sessions)
	serve(s, reports)
	serve(s, progress)

	add(s, get, "/v1/rest", "May I roll?", s.rest)
	add(s, get, "/v1/plan", "The timeline of the cycle", s.plan)
	add(s, get, "/v1/episodes", "List episodes of symptoms", s.listEpisodes)
	add(s, get, "/v1/episodes/{id}", "Read an episode", s.readEpisode)
	add(s, post, "/v1/episodes/{id}/clinician", "Tell of a clinician", s.addClinicianEvent, forbidden, stale)
	add(s, get, "/v1/warnings", "List warnings to see a doctor", s.listWarnings)
	add(s, get, "/v1/warnings/{id}", "Read a warning", s.readWarning)
	add(s, post, "/v1/warnings/{id}/acknowledge", "Answer a warning", s.acknowledgeWarning, forbidden)

	add(s, get, "/v1/reminders", "List reminders", s.listReminders)
	add(s, get, "/v1/reminders/{id}", "Read a reminder", s.readReminder)
	add(s, post, "/v1/reminders/{id}/acknowledge", "Acknowledge a reminder", s.acknowledgeReminder, s.orActionToken, forbidden)
	add(s, post, "/v1/reminders/{id}/calm", "Say that nothing is left", s.calmReminder, s.orActionToken, forbidden)
	add(s, post, "/v1/reminders/{id}/snooze", "Put a reminder off", s.snoozeReminder, s.orActionToken)
	add(s, post, "/v1/receipts", "Tell what a phone showed and opened", s.addReceipts, none)
}
