package models

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
	"gorm.io/gorm"
)

// changeEmail takes another name to sign in with.
func (tx *Tx) changeEmail(caller Caller, next *Account) error {
	if err := stepUp(caller, tx.Now); err != nil {
		return err
	}
	if next.Email != nil && next.PasswordHash == nil {
		return Invalid("body.email", "set a password first, at PUT /v1/account/password")
	}
	err := tx.Model(&Account{}).Where("id = ?", next.ID).Update("email", next.Email).Error
	if err != nil {
		return emailTaken(err)
	}
	return tx.audit("email_changed", caller.DeviceID)
}

// SetPassword sets the password that goes with the e-mail address.
func (s *Store) SetPassword(ctx context.Context, caller Caller, password string, signOutOthers bool) error {
	if err := s.NeedStepUp(caller); err != nil {
		return err
	}
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return err
	}
	return s.write(ctx, caller.AccountID, func(tx *Tx) error {
		if err := tx.Model(&Account{}).Where("id = ?", tx.Account).Update("password_hash", hash).Error; err != nil {
			return err
		}
		if err := tx.dropPairingCodes(); err != nil {
			return err
		}
		if err := tx.audit("password_changed", caller.DeviceID); err != nil || !signOutOthers {
			return err
		}
		return tx.signOut("id <> ?", caller.DeviceID)
	})
}

// NewRecoveryCode replaces the recovery code; it is shown once.
func (s *Store) NewRecoveryCode(ctx context.Context, caller Caller, signOutOthers bool) (string, error) {
	if err := s.NeedStepUp(caller); err != nil {
		return "", err
	}
	code := newCode(recoveryBytes)
	err := s.write(ctx, caller.AccountID, func(tx *Tx) error {
		if err := tx.setRecovery(code); err != nil {
			return err
		}
		if err := tx.dropPairingCodes(); err != nil {
			return err
		}
		if err := tx.audit("recovery_code_changed", caller.DeviceID); err != nil || !signOutOthers {
			return err
		}
		return tx.signOut("id <> ?", caller.DeviceID)
	})
	return code, err
}

// dropPairingCodes ends the codes that were made with the old credential.
func (tx *Tx) dropPairingCodes() error {
	return tx.Exec("DELETE FROM pairing_codes WHERE account_id = ?", tx.Account).Error
}

// NewPairingCode signs in a second phone: ten minutes, once.
func (s *Store) NewPairingCode(ctx context.Context, caller Caller) (code string, expires Time, err error) {
	code = newCode(pairingBytes)
	err = s.write(ctx, caller.AccountID, func(tx *Tx) error {
		expires = T(tx.Now.Add(pairingLife))
		return tx.Exec("INSERT INTO pairing_codes (account_id, code_hash, device_id, expires_at) VALUES (?, ?, ?, ?)",
			tx.Account, hashSecret(normalCode(code)), caller.DeviceID, expires).Error
	})
	return code, expires, err
}

// EraseAccount deletes every row that names the account, for good (P8).
func (s *Store) EraseAccount(ctx context.Context, caller Caller) error {
	if err := s.NeedStepUp(caller); err != nil {
		return err
	}
	if err := s.erase(ctx, caller.AccountID); err != nil {
		return err
	}
	if err := s.SettleErasures(context.WithoutCancel(ctx)); err != nil {
		// Every purge tries again.
		s.opts.Log.WarnContext(ctx, "the journal could not be emptied after an erasure", "error", err)
	}
	return nil
}

func (s *Store) erase(ctx context.Context, account string) error {
	return s.write(ctx, account, func(tx *Tx) error { return tx.erase() })
}

// erase deletes the account of the transaction with every row that names it.
func (tx *Tx) erase() error {
	if err := tx.recordErasure(tx.Account); err != nil {
		return err
	}
	if err := tx.Exec("DELETE FROM accounts WHERE id = ?", tx.Account).Error; err != nil {
		return fmt.Errorf("erase an account: %w", err)
	}
	tx.Account = "" // there is no counter left to store
	tx.stopped = append(tx.stopped, "")
	return nil
}

// exported are the tables that name an account, each with the type of its rows
// if it has one: that knows which columns hold JSON.
var exported = []struct {
	table string
	row   any
}{
	{"devices", Device{}}, {"consents", Consent{}}, {"audit", AuditEvent{}}, {"pairing_codes", nil},
	{"rollers", Roller{}}, {"sessions", Session{}}, {"reports", Report{}},
	{"episodes", Episode{}}, {"clinician_events", ClinicianEvent{}}, {"warnings", Warning{}},
	{"acks", Ack{}}, {"reminders", Reminder{}}, {"deliveries", Delivery{}},
}

// unexported are the columns that an export leaves out: the account, which it
// names once, and what opens or reaches a phone, which is a secret and tells
// nothing about the person.
var unexported = map[string]bool{
	"account_id": true, "password_hash": true, "recovery_hash": true, "account_key_hash": true, "token_hash": true,
	"next_token_hash": true, "code_hash": true, "push_address": true, "push_key": true, "lease": true,
}

// Export writes every row that names the account, column by column, as one
// JSON object read at one moment. The file has no name any more and ends with
// its Close: no connection waits for whoever reads it. It needs a fresh sign-in.
func (s *Store) Export(ctx context.Context, caller Caller) (*os.File, error) {
	if err := s.NeedStepUp(caller); err != nil {
		return nil, err
	}
	if err := s.write(ctx, caller.AccountID, func(tx *Tx) error { return tx.audit("export", caller.DeviceID) }); err != nil {
		return nil, err
	}
	f, err := s.scratch()
	if err != nil {
		return nil, err
	}
	if err := s.snapshot(ctx, func(db *gorm.DB) error { return exportAll(db, caller.AccountID, f) }); err != nil {
		return nil, errors.Join(fmt.Errorf("export an account: %w", err), f.Close())
	}
	return f, nil
}

// scratch is a file without a name, for its owner alone, beside the database:
// health data stays on the disk that was meant for it.
func (s *Store) scratch() (*os.File, error) {
	dir := ""
	if !s.opts.postgres() {
		dir = filepath.Dir(s.opts.Database)
	}
	f, err := os.CreateTemp(dir, ".aftercare-export-*")
	if err != nil {
		return nil, fmt.Errorf("make a file for an export: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("hide the file of an export: %w", err), f.Close())
	}
	return f, nil
}

// exportAll leaves f at its beginning.
func exportAll(db *gorm.DB, account string, f *os.File) error {
	w := bufio.NewWriter(f)
	_, _ = w.WriteString(`{"account":`) // Flush tells of any error
	if err := exportRows(db, w, "accounts", "id", account, Account{}); err != nil {
		return err
	}
	for _, e := range exported {
		_, _ = fmt.Fprintf(w, ",\n%q:[", e.table)
		if err := exportRows(db, w, e.table, "account_id", account, e.row); err != nil {
			return err
		}
		_ = w.WriteByte(']')
	}
	_, _ = w.WriteString("}\n")
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// exportRows writes the rows of a table, with commas between them.
func exportRows(db *gorm.DB, w *bufio.Writer, table, key, account string, row any) (err error) {
	isJSON := map[string]bool{}
	if row != nil {
		l, err := layoutOf(db, reflect.TypeOf(row))
		if err != nil {
			return err
		}
		for i, name := range l.names {
			isJSON[name] = l.json[i]
		}
	}
	// The second and third columns finish every key that begins with the account.
	rows, err := db.Raw("SELECT * FROM "+table+" WHERE "+key+" = ? ORDER BY 2, 3", account).Rows()
	if err != nil {
		return fmt.Errorf("read %s: %w", table, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	names, err := rows.Columns()
	if err != nil {
		return fmt.Errorf("read the columns of %s: %w", table, err)
	}
	for comma := ""; rows.Next(); comma = ",\n" {
		values, err := moving{rows, len(names)}.Values()
		if err != nil {
			return fmt.Errorf("read a row of %s: %w", table, err)
		}
		cells := map[string]any{}
		for i, name := range names {
			if !unexported[name] {
				cells[name] = exportCell(name, isJSON[name], values[i])
			}
		}
		line, err := json.Marshal(cells)
		if err != nil {
			return fmt.Errorf("write a row of %s: %w", table, err)
		}
		_, _ = w.WriteString(comma)
		_, _ = w.Write(line)
	}
	return rows.Err()
}

// exportCell is what a column says to a reader: times as RFC 3339, tiers by
// their names.
func exportCell(name string, isJSON bool, value any) any {
	switch v := value.(type) {
	case int64:
		switch {
		case name == "at" || strings.HasSuffix(name, "_at"):
			return T(time.UnixMilli(v))
		case name == "tier" || name == "peak_tier":
			return TierName(v)
		}
	case string:
		if isJSON {
			return json.RawMessage(v)
		}
	}
	return value
}

// Audit lists sign-ins, exports and changes of consent, newest first.
func (s *Store) Audit(ctx context.Context, account string, q Query) (Page[AuditEvent], error) {
	return page[AuditEvent](s.read(ctx).Where("account_id = ?", account), q)
}

// newToken is an opaque 256-bit credential, shown once and stored hashed.
func newToken() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// codeAlphabet is Crockford's base 32: no letter is mistaken for a digit.
var codeAlphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// newCode is a code of n random bytes that a person can type, in groups of four.
func newCode(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails
	plain := codeAlphabet.EncodeToString(raw)
	var groups []string
	for len(plain) > 4 {
		groups, plain = append(groups, plain[:4]), plain[4:]
	}
	return strings.Join(append(groups, plain), "-")
}

// normalCode is a typed code as it is compared.
func normalCode(code string) string {
	return strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(code))
}

// hashSecret hashes a secret of full entropy: nothing to slow down.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// argon2id at 19 MiB, two passes (the OWASP minimum): 21 ms and 19 MB a check.
const (
	argonTime    = 2
	argonMemory  = 19 * 1024
	argonThreads = 1
	argonKey     = 32
)

// hashing bounds the memory and the cores that passwords may take, hashQueue
// how many may be checked or wait for it: the last waits half a second.
var (
	hashing   = make(chan struct{}, 2)
	hashQueue = make(chan struct{}, 50)
)

// argon hashes when its turn comes. A full queue and a time that ran out are
// CodeOverloaded.
func argon(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case hashQueue <- struct{}{}:
	default:
		return nil, overloaded("too many passwords are being checked; try again", nil)
	}
	defer func() { <-hashQueue }()
	select {
	case hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, overloaded("the password did not get its turn in time; try again", ctx.Err())
	}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey), nil
}

func hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	sum, err := argon(ctx, password, salt)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

// decoy is checked where there is no password, so that the answer takes the
// same time whatever was wrong.
var decoy = "$argon2id$v=19$m=19456,t=2,p=1$" + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43)

// checkPassword compares in constant time; "" is a hash that nothing matches.
func checkPassword(ctx context.Context, hash, password string) (bool, error) {
	known := hash != ""
	if !known {
		hash = decoy
	}
	parts := strings.Split(hash, "$")
	if len(parts) != 6 {
		return false, nil
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	want, errWant := base64.RawStdEncoding.DecodeString(parts[5])
	if errSalt != nil || errWant != nil {
		return false, nil
	}
	sum, err := argon(ctx, password, salt)
	return err == nil && subtle.ConstantTimeCompare(sum, want) == 1 && known, err
}
