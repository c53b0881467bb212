package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aftercare/models"
)

// TestOnlyTransportsThatAreSetUp: a phone that registered where nothing is
// sent would wait for reminders that cannot come.
func TestOnlyTransportsThatAreSetUp(t *testing.T) {
	c, err := parsed(t, "--database="+filepath.Join(t.TempDir(), "aftercare.db"), "--vapid-subject=mailto:operator@example.org").parse()
	if err != nil {
		t.Fatal(err)
	}
	p, err := build(context.Background(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	}()
	for _, transport := range []string{"fcm", "apns"} {
		faults := p.checkPush(transport, &models.PushAddress{Token: "a-token-of-a-phone", Environment: "production"})
		if len(faults) != 1 || faults[0].Location != "body.transport" {
			t.Errorf("%s: %v", transport, faults)
		}
	}
	web := models.PushAddress{
		Endpoint: "https://push.example.org/a", Auth: "BTBZMqHH6r4Tts7J_aSIgg",
		P256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
	}
	if faults := p.checkPush("webpush", &web); len(faults) > 0 || web.Destination == "" {
		t.Errorf("Web Push: %v", faults)
	}
}

// An address that cannot be had is told before a database is made: it could not
// go back to the version before.
func TestATakenAddressIsToldFirst(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, name := range []string{"ADDR", "METRICS_ADDR"} {
		dir := t.TempDir()
		_, diag, code := command(t, dir, append(append([]string{}, testSettings...), name+"="+taken.Addr().String()), "serve")
		if code != 1 || !strings.Contains(diag, "in use") {
			t.Errorf("%s: code %d, %s", name, code, diag)
		}
		if made, err := os.ReadDir(dir); err != nil || len(made) > 0 {
			t.Errorf("%s: it left %v (%v)", name, made, err)
		}
	}
}
