package api

import (
	"context"
	"errors"

	"aftercare/models"
)

// DeviceParam names a device; current is the caller's own.
type DeviceParam struct {
	ID string `path:"id" minLength:"7" maxLength:"64" pattern:"^(current|[A-Za-z0-9_-]{8,64})$" doc:"Or current, the caller's own" example:"current"`
}

func (in DeviceParam) id(ctx context.Context) string {
	if in.ID == "current" {
		return callerOf(ctx).DeviceID
	}
	return in.ID
}

type deviceOutput struct {
	ETag string `header:"ETag" doc:"The version of the row"`
	Body models.Device
}

func answerDevice(d models.Device, err error) (*deviceOutput, error) {
	return &deviceOutput{ETag: etag(d.Version), Body: d}, err
}

func (s *server) listDevices(ctx context.Context, _ *struct{}) (*listOutput[models.Device], error) {
	devices, err := s.Store.Devices(ctx, callerOf(ctx).AccountID)
	return answerPage(ctx, models.Page[models.Device]{Items: devices}), err
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
	var old models.Device
	return patch(s, in.Body, in.Conditions,
		func() (models.Device, int64, error) {
			var err error
			old, err = s.Store.Device(ctx, account, in.id(ctx))
			return old, old.Version, err
		},
		func(next models.Device, w models.Write) (*deviceOutput, error) {
			switch {
			case next.Name == "":
				return nil, models.Invalid("body.name", "is what a person knows the phone by: it cannot be empty")
			case next.Platform != old.Platform:
				return nil, models.Invalid("body.platform", "stands since the phone signed in: sign in anew to change it")
			}
			return answerDevice(s.Store.UpdateDevice(ctx, account, in.id(ctx), next, w))
		})
}

func (s *server) deleteDevice(ctx context.Context, in *DeviceParam) (*struct{}, error) {
	return nil, s.Store.DeleteDevice(ctx, callerOf(ctx).AccountID, in.id(ctx))
}

// pushAddress is where a device takes its pushes, for one of three transports.
type pushAddress struct {
	Transport string `json:"transport" enum:"webpush,fcm,apns" doc:"UnifiedPush is webpush"`
	Endpoint  string `json:"endpoint,omitempty" maxLength:"2048" doc:"webpush: the URL of the subscription"`
	Keys      *struct {
		P256dh string `json:"p256dh" maxLength:"200"`
		Auth   string `json:"auth" maxLength:"100"`
	} `json:"keys,omitempty" doc:"webpush: the keys of the subscription"`
	Token       string `json:"token,omitempty" maxLength:"4096" doc:"fcm and apns"`
	Environment string `json:"environment,omitempty" enum:"production,sandbox" doc:"apns"`
}

func (p pushAddress) model(vapidKey string) models.PushAddress {
	if p.Transport != "webpush" {
		return models.PushAddress{Token: p.Token, Environment: p.Environment}
	}
	a := models.PushAddress{Endpoint: p.Endpoint, VAPIDKey: vapidKey}
	if p.Keys != nil {
		a.P256dh, a.Auth = p.Keys.P256dh, p.Keys.Auth
	}
	return a
}

type putPushInput struct {
	DeviceParam
	Body pushAddress
}

func (s *server) putPush(ctx context.Context, in *putPushInput) (*deviceOutput, error) {
	address := in.Body.model(s.VAPIDPublicKey)
	if faults := s.CheckPush(in.Body.Transport, &address); len(faults) > 0 {
		return nil, &models.Error{Code: models.CodeInvalid, Fields: faults}
	}
	return answerDevice(s.Store.SetPush(ctx, callerOf(ctx).AccountID, in.id(ctx), in.Body.Transport, address, models.ConsentVersions[models.ConsentPush]))
}

func (s *server) deletePush(ctx context.Context, in *DeviceParam) (*struct{}, error) {
	_, err := s.Store.RemovePush(ctx, callerOf(ctx).AccountID, in.id(ctx))
	return nil, unlessUnknown(err)
}

// unlessUnknown makes deleting what is not there no error.
func unlessUnknown(err error) error {
	if models.IsCode(err, models.CodeNotFound) && !errors.Is(err, models.ErrNoAccount) {
		return nil
	}
	return err
}

type testPushOutput struct {
	Body struct {
		ReminderID string `json:"reminder_id"`
	}
}

// testPushes is how often one device may be sent a test.
var testPushes = Limit{"push-test", 3, 3600}

func (s *server) testPush(ctx context.Context, in *DeviceParam) (*testPushOutput, error) {
	account := callerOf(ctx).AccountID
	if _, err := s.Store.Device(ctx, account, in.id(ctx)); err != nil {
		return nil, err
	}
	if err := s.limit(ctx, testPushes, account+" "+in.id(ctx)); err != nil {
		return nil, err
	}
	reminder, err := s.Store.TestPush(ctx, account, in.id(ctx))
	out := &testPushOutput{}
	out.Body.ReminderID = reminder.ID
	return out, err
}
