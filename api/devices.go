package api

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"aftercare/models"
)

// DeviceParam names a device.
type DeviceParam struct {
	ID string `path:"id" minLength:"7" maxLength:"64" pattern:"^(current|[A-Za-z0-9_-]{8,64})$" doc:"Id of a device, or current for the caller's own" example:"current"`
}

func (in DeviceParam) id(ctx context.Context) string {
	if in.ID == "current" {
		return callerOf(ctx).DeviceID
	}
	return in.ID
}

// Device is one signed-in phone: it holds the token and the push address.
type Device struct {
	ID         string      `json:"id" readOnly:"true"`
	Name       string      `json:"name" required:"true" minLength:"1" maxLength:"100" doc:"What the person knows it by"`
	Platform   Platform    `json:"platform" readOnly:"true" doc:"Fixed when the phone signed in"`
	AppVersion *string     `json:"app_version" maxLength:"50"`
	LastSeenAt models.Time `json:"last_seen_at" readOnly:"true" nullable:"true"`
	Push       *PushStatus `json:"push" readOnly:"true" doc:"null: no push address"`
	Version    int64       `json:"version" readOnly:"true" doc:"Number of the person's edits"`
	CreatedAt  models.Time `json:"created_at" readOnly:"true"`
}

// PushStatus is what may be shown of a push address.
type PushStatus struct {
	Transport      Transport        `json:"transport"`
	State          models.PushState `json:"state" doc:"stale: register it again; quarantined: it does not fit the server's keys; gone: its push service no longer knows it"`
	TokenTail      string           `json:"token_tail" doc:"Its last four characters"`
	LastAcceptedAt models.Time      `json:"last_accepted_at" nullable:"true" doc:"When the push service last took a push"`
	LastError      *string          `json:"last_error" doc:"What the push service said last"`
}

func showDevice(d models.Device) Device {
	out := Device{
		ID: d.ID, Name: d.Name, Platform: Platform(d.Platform), AppVersion: some(d.AppVersion), LastSeenAt: d.LastSeenAt,
		Version: d.Version, CreatedAt: d.CreatedAt,
	}
	if p := d.Push; p != nil {
		out.Push = &PushStatus{Transport(p.Transport), p.State, p.TokenTail, p.LastAcceptedAt, some(p.LastError)}
	}
	return out
}

type deviceOutput struct {
	ETag string `header:"ETag" doc:"The version of the row"`
	Body Device
}

func answerDevice(d models.Device, err error) (*deviceOutput, error) {
	return &deviceOutput{ETag: etag(d.Version), Body: showDevice(d)}, err
}

func (s *server) listDevices(ctx context.Context, _ *struct{}) (*listOutput[Device], error) {
	devices, err := s.Store.Devices(ctx, callerOf(ctx).AccountID)
	return answerPage(ctx, models.Page[models.Device]{Items: devices}, func(d *models.Device) Device { return showDevice(*d) }), err
}

func (s *server) readDevice(ctx context.Context, in *DeviceParam) (*deviceOutput, error) {
	return answerDevice(s.Store.Device(ctx, callerOf(ctx).AccountID, in.id(ctx)))
}

type patchDeviceInput struct {
	DeviceParam
	Conditions
	PatchBody
}

func (s *server) patchDevice(ctx context.Context, in *patchDeviceInput) (*deviceOutput, error) {
	account := callerOf(ctx).AccountID
	var old, out models.Device
	p := patching[Device]{s: s, body: in.Body, conditions: in.Conditions}
	p.read = func() (Device, int64, error) {
		var err error
		old, err = s.Store.Device(ctx, account, in.id(ctx))
		return showDevice(old), old.Version, err
	}
	err := p.run(func(next Device, w models.Write) error {
		if next.Platform != Platform(old.Platform) {
			return models.Invalid("body.platform", "is fixed when the phone signs in: sign in again to change it")
		}
		var err error
		out, err = s.Store.UpdateDevice(ctx, account, in.id(ctx), models.Device{Name: next.Name, AppVersion: deref(next.AppVersion)}, w)
		return shownCurrent(err, func(d *models.Device) any { return showDevice(*d) })
	})
	return answerDevice(out, err)
}

func (s *server) deleteDevice(ctx context.Context, in *DeviceParam) (*struct{}, error) {
	return nil, s.Store.DeleteDevice(ctx, callerOf(ctx).AccountID, in.id(ctx))
}

// The push addresses of the three transports.
type (
	// WebPush is a browser's subscription, or an address of UnifiedPush.
	WebPush struct {
		Transport      string      `json:"transport" enum:"webpush"`
		Endpoint       string      `json:"endpoint" maxLength:"2048" doc:"URL of the subscription"`
		Keys           WebPushKeys `json:"keys"`
		ExpirationTime *float64    `json:"expirationTime,omitempty" doc:"As PushSubscription.toJSON() has it; not used"`
	}
	// WebPushKeys encrypt what is sent.
	WebPushKeys struct {
		P256dh string `json:"p256dh" minLength:"87" maxLength:"88" pattern:"^[A-Za-z0-9_-]{87}=?$" doc:"Public key of the subscription, base64url"`
		Auth   string `json:"auth" minLength:"22" maxLength:"24" pattern:"^[A-Za-z0-9_-]{22}(==)?$" doc:"Secret of the subscription, base64url"`
	}
	// FCMPush is a registration token of Firebase.
	FCMPush struct {
		Transport string `json:"transport" enum:"fcm"`
		Token     string `json:"token" minLength:"1" maxLength:"4096"`
	}
	// APNsPush is a device token of Apple.
	APNsPush struct {
		Transport   string      `json:"transport" enum:"apns"`
		Token       string      `json:"token" minLength:"1" maxLength:"4096"`
		Environment Environment `json:"environment"`
	}
)

var (
	// transports are those of jobs/push, in the order of pushForms.
	transports = []string{"webpush", "fcm", "apns"}
	pushForms  = []reflect.Type{typeOf[WebPush](), typeOf[FCMPush](), typeOf[APNsPush]()}
)

var pushWays = ways{
	name: "PushAddress", says: "One of three, by transport. PushSubscription.toJSON() may be sent as it is: without transport, an endpoint means webpush",
	forms: pushForms, by: "transport", values: transports,
	pick: func(body map[string]any) reflect.Type {
		if body["transport"] == nil && body["endpoint"] != nil {
			body["transport"] = "webpush"
		}
		transport, _ := body["transport"].(string)
		if i := slices.Index(transports, transport); i >= 0 {
			return pushForms[i]
		}
		return nil
	},
}

type putPushInput struct {
	DeviceParam
	WayBody
}

func (s *server) putPush(ctx context.Context, in *putPushInput) (*deviceOutput, error) {
	var sent struct {
		Transport          string      `json:"transport"`
		Keys               WebPushKeys `json:"keys"`
		models.PushAddress             // whose other fields no form has
	}
	if err := pushWays.read(s, in.Body, &sent); err != nil {
		return nil, err
	}
	address := sent.PushAddress
	if sent.Transport == "webpush" {
		address.P256dh, address.Auth, address.VAPIDKey = sent.Keys.P256dh, sent.Keys.Auth, s.VAPIDPublicKey
	}
	if faults := s.CheckPush(sent.Transport, &address); len(faults) > 0 {
		return nil, &models.Error{Code: models.CodeInvalid, Fields: faults}
	}
	return answerDevice(s.Store.SetPush(ctx, callerOf(ctx).AccountID, in.id(ctx), sent.Transport, address, models.ConsentVersions[models.ConsentPush]))
}

func (s *server) deletePush(ctx context.Context, in *DeviceParam) (*struct{}, error) {
	_, err := s.Store.RemovePush(ctx, callerOf(ctx).AccountID, in.id(ctx))
	return nil, unlessUnknown(err)
}

// unlessUnknown makes deleting something missing a success.
func unlessUnknown(err error) error {
	if models.IsCode(err, models.CodeNotFound) && !errors.Is(err, models.ErrNoAccount) {
		return nil
	}
	return err
}

// TestPush names the reminder that a test created.
type TestPush struct {
	ReminderID string `json:"reminder_id" doc:"Its deliveries say what became of the test"`
}

type testPushOutput struct{ Body TestPush }

// testPushes limits the tests of one account.
var testPushes = Limit{"push-test", 3, 3600}

func (s *server) testPush(ctx context.Context, in *DeviceParam) (*testPushOutput, error) {
	account := callerOf(ctx).AccountID
	if _, err := s.Store.Device(ctx, account, in.id(ctx)); err != nil {
		return nil, err
	}
	if err := s.limit(ctx, testPushes, account); err != nil {
		return nil, err
	}
	reminder, err := s.Store.TestPush(ctx, account, in.id(ctx))
	return &testPushOutput{TestPush{reminder.ID}}, err
}
