package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"aftercare/jobs/push"
	"aftercare/models"
)

// settings are the flags and environment variables as text, so that parse can
// report every mistake at once, not only the first.
type settings struct {
	Addr            string `env:"ADDR" default:":8080" help:"Address to listen on."`
	Database        string `env:"DATABASE" default:"aftercare.db" help:"SQLite file, or postgres://… (also DATABASE_FILE)."`
	LogLevel        string `env:"LOG_LEVEL" default:"info" help:"debug, info, warn or error."`
	MetricsAddr     string `env:"METRICS_ADDR" help:"Address that serves /metrics; empty: not served."`
	PublicURL       string `env:"PUBLIC_URL" help:"Public address of this server, such as https://aftercare.example.org."`
	TrustedProxies  string `env:"TRUSTED_PROXIES" help:"Addresses or networks, comma separated, whose X-Forwarded-For is trusted."`
	VAPIDPublicKey  string `name:"vapid-public-key" env:"VAPID_PUBLIC_KEY" help:"Web Push key, checked against the private one; both are made at the first start if unset."`
	VAPIDPrivateKey string `name:"vapid-private-key" env:"VAPID_PRIVATE_KEY" help:"Web Push private key, base64url (also VAPID_PRIVATE_KEY_FILE)."`
	VAPIDSubject    string `name:"vapid-subject" env:"VAPID_SUBJECT" help:"Contact for this server: mailto:… or https://…; Apple's push service requires it."`
	FCMCredentials  string `name:"fcm-credentials-file" env:"FCM_CREDENTIALS_FILE" help:"Firebase service account file; empty: no FCM."`
	FCMURL          string `name:"fcm-url" env:"FCM_URL" help:"Overrides the address of FCM."`
	APNSKeyFile     string `name:"apns-key-file" env:"APNS_KEY_FILE" help:"Apple's .p8 key file; empty: no APNs."`
	APNSKeyID       string `name:"apns-key-id" env:"APNS_KEY_ID" help:"ID of the APNs key."`
	APNSTeamID      string `name:"apns-team-id" env:"APNS_TEAM_ID" help:"Apple team ID."`
	APNSTopic       string `name:"apns-topic" env:"APNS_TOPIC" help:"Bundle ID of the app."`
	APNSURL         string `name:"apns-url" env:"APNS_URL" help:"Overrides the address of APNs."`
	HeartbeatURL    string `name:"heartbeat-url" env:"HEARTBEAT_URL" help:"URL called after each successful tick (also HEARTBEAT_URL_FILE)."`
	CORSOrigins     string `name:"cors-origins" env:"CORS_ORIGINS" help:"Origins, comma separated, allowed to call from a browser."`
	PushPrivate     string `name:"push-allow-private" env:"PUSH_ALLOW_PRIVATE" default:"off" help:"on lets Web Push reach loopback and private networks, for tests."`
	Tick            string `env:"TICK" default:"10s" help:"Interval at which due reminders and deliveries are processed."`
	RateLimits      string `env:"RATE_LIMITS" default:"on" help:"Turn off behind a gateway with its own limits."`
}

// secretFiles are the settings that may also be read from a file: NAME_FILE.
var secretFiles = []string{"DATABASE", "VAPID_PRIVATE_KEY", "HEARTBEAT_URL"}

// readSecretFiles sets each NAME to the contents of the file NAME_FILE.
func readSecretFiles() error {
	var errs []error
	for _, name := range secretFiles {
		file := os.Getenv(name + "_FILE")
		if file == "" {
			continue
		}
		text, err := os.ReadFile(file) //nolint:gosec // the operator names it
		if err != nil {
			errs = append(errs, fmt.Errorf("%s_FILE: %w", name, err))
			continue
		}
		errs = append(errs, os.Setenv(name, strings.TrimSpace(string(text))))
	}
	return errors.Join(errs...)
}

// config is the parsed and validated settings.
type config struct {
	addr           string
	metricsAddr    string // empty: metrics are not served
	database       string
	logLevel       slog.Level
	publicURL      string
	heartbeatURL   string
	trustedProxies []netip.Prefix
	corsOrigins    []string
	rateLimits     bool
	tick           time.Duration
	webPush        push.WebPushOptions // without Key, the one in the database is used
	fcm            *push.FCMOptions    // nil: not configured
	apns           *push.APNsOptions   // nil: not configured
}

// mistakes collects the errors in the settings.
type mistakes []error

func (m *mistakes) add(name string, err error) {
	if err != nil {
		*m = append(*m, fmt.Errorf("%s: %w", name, err))
	}
}

// parse returns the configuration, or an error that names every mistake.
func (s settings) parse() (config, error) {
	var wrong mistakes
	c := config{addr: s.Addr, metricsAddr: s.MetricsAddr, database: s.Database, publicURL: s.PublicURL, heartbeatURL: s.HeartbeatURL}
	if c.logLevel.UnmarshalText([]byte(s.LogLevel)) != nil {
		wrong.add("LOG_LEVEL", errors.New("must be debug, info, warn or error"))
	}
	wrong.add("ADDR", checkAddr(s.Addr))
	wrong.add("DATABASE", checkDatabase(s.Database))
	if s.MetricsAddr != "" {
		wrong.add("METRICS_ADDR", checkAddr(s.MetricsAddr))
	}
	wrong.add("PUBLIC_URL", checkURL(s.PublicURL))
	wrong.add("HEARTBEAT_URL", checkURL(s.HeartbeatURL))
	var err error
	c.trustedProxies, err = networks(s.TrustedProxies)
	wrong.add("TRUSTED_PROXIES", err)
	c.corsOrigins, err = origins(s.CORSOrigins)
	wrong.add("CORS_ORIGINS", err)
	c.rateLimits, err = onOff(s.RateLimits)
	wrong.add("RATE_LIMITS", err)
	c.tick, err = time.ParseDuration(s.Tick)
	if err != nil || c.tick < time.Second {
		err = errors.New("must be a duration such as 10s, one second or more")
	}
	wrong.add("TICK", err)
	c.webPush = s.parseWebPush(&wrong)
	c.fcm = s.parseFCM(&wrong)
	c.apns = s.parseAPNs(&wrong)
	return c, errors.Join(wrong...)
}

func (s settings) parseWebPush(wrong *mistakes) push.WebPushOptions {
	o := push.WebPushOptions{Now: models.SystemClock, Key: &push.VAPIDKey{}, Subject: s.VAPIDSubject, AppURL: s.PublicURL}
	_, err := push.NewWebPush(o)
	wrong.add("VAPID_SUBJECT", err)
	o.AllowPrivate, err = onOff(s.PushPrivate)
	wrong.add("PUSH_ALLOW_PRIVATE", err)
	o.Key = nil
	if s.VAPIDPrivateKey != "" {
		o.Key, err = push.ParseVAPIDKey(s.VAPIDPrivateKey)
		wrong.add("VAPID_PRIVATE_KEY", err)
	}
	if s.VAPIDPublicKey != "" && (o.Key == nil || o.Key.Public() != s.VAPIDPublicKey) {
		wrong.add("VAPID_PUBLIC_KEY", errors.New("does not belong to VAPID_PRIVATE_KEY"))
	}
	return o
}

func (s settings) parseFCM(wrong *mistakes) *push.FCMOptions {
	wrong.add("FCM_URL", checkURL(s.FCMURL))
	if s.FCMCredentials == "" {
		return nil
	}
	o := push.FCMOptions{Now: models.SystemClock, URL: s.FCMURL}
	var err error
	if o.Credentials, err = os.ReadFile(s.FCMCredentials); err == nil {
		_, err = push.NewFCM(o)
	}
	wrong.add("FCM_CREDENTIALS_FILE", err)
	return &o
}

func (s settings) parseAPNs(wrong *mistakes) *push.APNsOptions {
	wrong.add("APNS_URL", checkURL(s.APNSURL))
	together := []string{s.APNSKeyFile, s.APNSKeyID, s.APNSTeamID, s.APNSTopic}
	if strings.Join(together, "") == "" {
		return nil
	}
	if slices.Contains(together, "") {
		wrong.add("APNS_KEY_FILE", errors.New("requires APNS_KEY_ID, APNS_TEAM_ID and APNS_TOPIC: all or none"))
		return nil
	}
	o := push.APNsOptions{Now: models.SystemClock, KeyID: s.APNSKeyID, TeamID: s.APNSTeamID, Topic: s.APNSTopic, URL: s.APNSURL}
	var err error
	if o.Key, err = os.ReadFile(s.APNSKeyFile); err == nil {
		_, err = push.NewAPNs(o)
	}
	wrong.add("APNS_KEY_FILE", err)
	return &o
}

func checkAddr(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if n, number := strconv.Atoi(port); number == nil && (n < 0 || n > 65535) {
		err = fmt.Errorf("port %d is not between 0 and 65535", n)
	}
	return err
}

// checkDatabase refuses the address of a database that is not PostgreSQL: it
// would become the name of a file.
func checkDatabase(text string) error {
	scheme, _, address := strings.Cut(text, "://")
	if text == "" || address && scheme != "postgres" && scheme != "postgresql" {
		return errors.New("must be a file or postgres://…") // the text may hold a password
	}
	return nil
}

func checkURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("must be an http or https address") // the text may hold a secret
	}
	return nil
}

func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// origins returns the origins in browsers' form: scheme and host only.
func origins(text string) ([]string, error) {
	var errs []error
	for _, word := range list(text) {
		u, err := url.Parse(word)
		if err != nil || checkURL(word) != nil || u.Scheme+"://"+u.Host != word || strings.Contains(word, "*") {
			errs = append(errs, fmt.Errorf("%q is not an origin such as https://app.example.org", word))
		}
	}
	return list(text), errors.Join(errs...)
}

func networks(text string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	var errs []error
	for _, word := range list(text) {
		if a, err := netip.ParseAddr(word); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(word)
		if err != nil {
			errs = append(errs, fmt.Errorf("%q is neither an address nor a network like 10.0.0.0/8", word))
		}
		out = append(out, p)
	}
	return out, errors.Join(errs...)
}

func onOff(word string) (bool, error) {
	switch word {
	case "on", "true", "1":
		return true, nil
	case "off", "false", "0", "":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither on nor off", word)
}
