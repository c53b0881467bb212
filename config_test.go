package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"aftercare/jobs/push"
)

// parsed returns the settings of the given flags, the others at their defaults.
func parsed(t *testing.T, flags ...string) settings {
	t.Helper()
	var c cli
	parser, err := kong.New(&c, kong.Exit(func(int) { t.Fatal("kong wants to exit") }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(append([]string{"serve"}, flags...)); err != nil {
		t.Fatal(err)
	}
	return c.settings
}

func TestDefaultSettingsAreRight(t *testing.T) {
	c, err := parsed(t).parse()
	if err != nil {
		t.Fatal(err)
	}
	if c.webPush.AllowPrivate || !c.rateLimits || c.webPush.Key != nil || len(c.corsOrigins) > 0 || len(c.trustedProxies) > 0 {
		t.Errorf("defaults %+v: want limits on, private networks off, nobody trusted", c)
	}
}

// mistaken are settings with a mistake each, by the variable that is at fault.
var mistaken = map[string][]string{
	"ADDR":                 {"--addr=8080"},
	"DATABASE":             {"--database="},
	"LOG_LEVEL":            {"--log-level=loud"},
	"METRICS_ADDR":         {"--metrics-addr=nowhere"},
	"PUBLIC_URL":           {"--public-url=aftercare.example.org"},
	"TRUSTED_PROXIES":      {"--trusted-proxies=10.0.0.0/8,proxy"},
	"VAPID_PUBLIC_KEY":     {"--vapid-public-key=BAbc"},
	"VAPID_PRIVATE_KEY":    {"--vapid-private-key=hush"},
	"VAPID_SUBJECT":        {"--vapid-subject=ops@example.org"},
	"FCM_CREDENTIALS_FILE": {"--fcm-credentials-file=nowhere.json"},
	"FCM_URL":              {"--fcm-url=fcm"},
	"APNS_KEY_FILE":        {"--apns-key-file=nowhere.p8", "--apns-key-id=K", "--apns-team-id=T", "--apns-topic=org.example"},
	"APNS_URL":             {"--apns-url=ftp://apns"},
	"HEARTBEAT_URL":        {"--heartbeat-url=hush.example.org/token"},
	"CORS_ORIGINS":         {"--cors-origins=https://*.example.org"},
	"PUSH_ALLOW_PRIVATE":   {"--push-allow-private=maybe"},
	"TICK":                 {"--tick=10"},
	"RATE_LIMITS":          {"--rate-limits=some"},
}

func TestEachMistakeIsTold(t *testing.T) {
	for name, flags := range mistaken {
		_, err := parsed(t, flags...).parse()
		if err == nil || !strings.Contains(err.Error(), name+":") {
			t.Errorf("%v: the error %q does not name %s", flags, err, name)
		}
	}
	for _, flags := range [][]string{{"--addr=:99999"}, {"--tick=1ms"}, {"--tick=-1s"}, {"--apns-key-id=K"}, {"--cors-origins=null"}, {"--database=mysql://hush"}, {"--database=postgress://hush"}} {
		if _, err := parsed(t, flags...).parse(); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%v: %v", flags, err)
		}
	}
}

// TestAllMistakesAreToldAtOnce holds that a start with everything wrong names
// everything, shows no secret, and opens nothing.
func TestAllMistakesAreToldAtOnce(t *testing.T) {
	dir := t.TempDir()
	args := []string{"serve"}
	for _, flags := range mistaken {
		args = append(args, flags...)
	}
	_, diag, code := command(t, dir, nil, args...)
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	for name := range mistaken {
		if !strings.Contains(diag, name+":") {
			t.Errorf("%s is not named in\n%s", name, diag)
		}
	}
	if strings.Contains(diag, "hush") {
		t.Errorf("a secret is shown in\n%s", diag)
	}
	if made, err := os.ReadDir(dir); err != nil || len(made) > 0 {
		t.Errorf("wrong settings left %v (%v)", made, err)
	}
}

// TestMistypedCommandLineIsAnError holds that run leaves the exit to main.
func TestMistypedCommandLineIsAnError(t *testing.T) {
	for _, args := range [][]string{{"--nonsense"}, {"sevre"}, {"restore"}} {
		if err := run(t.Context(), args); err == nil || !strings.Contains(err.Error(), "--help") {
			t.Errorf("%v: the error %v does not say where the usage is found", args, err)
		}
	}
}

// TestEverySettingWorks holds that right values are understood.
func TestEverySettingWorks(t *testing.T) {
	google, apple := keyFiles(t)
	c, err := parsed(t, "--addr=127.0.0.1:0", "--log-level=warn", "--metrics-addr=:9090", "--public-url=https://a.example.org",
		"--trusted-proxies=10.0.0.1, 192.168.0.0/16 ::1", "--cors-origins=https://a.example.org,http://localhost:3000",
		"--vapid-subject=mailto:ops@example.org", "--fcm-credentials-file="+google, "--apns-key-file="+apple, "--apns-key-id=K",
		"--apns-team-id=T", "--apns-topic=org.example", "--push-allow-private=on", "--rate-limits=off", "--tick=1m",
		"--heartbeat-url=https://watch.example.org/x").parse()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.trustedProxies) != 3 || len(c.corsOrigins) != 2 || !c.webPush.AllowPrivate || c.rateLimits || c.tick != time.Minute {
		t.Errorf("understood as %+v", c)
	}
	p := program{config: c}
	senders, err := p.senders(&push.VAPIDKey{})
	if err != nil || len(senders) != 3 {
		t.Errorf("%d senders of three transports: %v", len(senders), err)
	}
}

// keyFiles are credentials as Google and Apple hand them out.
func keyFiles(t *testing.T) (google, apple string) {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	account, err := json.Marshal(object{
		"type": "service_account", "project_id": "p", "private_key_id": "k", "private_key": string(pkcs8(t, rsaKey)),
		"client_email": "a@p.iam.gserviceaccount.com", "token_uri": "https://oauth2.googleapis.com/token",
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	google, apple = filepath.Join(dir, "account.json"), filepath.Join(dir, "key.p8")
	if err := errors.Join(os.WriteFile(google, account, 0o600), os.WriteFile(apple, pkcs8(t, ecKey), 0o600)); err != nil {
		t.Fatal(err)
	}
	return google, apple
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
