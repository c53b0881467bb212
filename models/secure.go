package models

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

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
	hash := hashPassword(password)
	return s.write(ctx, caller.AccountID, func(tx *Tx) error {
		if err := tx.Model(&Account{}).Where("id = ?", tx.Account).Update("password_hash", hash).Error; err != nil {
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
		if err := tx.audit("recovery_code_changed", caller.DeviceID); err != nil || !signOutOthers {
			return err
		}
		return tx.signOut("id <> ?", caller.DeviceID)
	})
	return code, err
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
	return s.write(ctx, account, func(tx *Tx) error {
		if err := tx.recordErasure(account); err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM accounts WHERE id = ?", account).Error; err != nil {
			return fmt.Errorf("erase an account: %w", err)
		}
		tx.Account = "" // there is no counter left to store
		return nil
	})
}

// exported are the tables that name an account, each in the form in which its
// rows are read out. The credential and the push address are left out: they
// are secrets of the device, not data about the person.
var exported = []struct {
	name string
	read func(db *gorm.DB) (any, error)
}{
	{"devices", exportOf[Device]}, {"consents", exportOf[Consent]}, {"audit", exportOf[AuditEvent]},
	{"rollers", exportOf[Roller]}, {"sessions", exportOf[Session]}, {"reports", exportReports},
	{"episodes", exportOf[Episode]}, {"clinician_events", exportOf[ClinicianEvent]}, {"warnings", exportOf[Warning]},
	{"acks", exportOf[Ack]}, {"reminders", exportOf[Reminder]}, {"deliveries", exportOf[Delivery]},
}

func exportOf[T any](db *gorm.DB) (any, error) {
	rows := []T{}
	err := db.Find(&rows).Error
	return rows, err
}

func exportReports(db *gorm.DB) (any, error) {
	var rows []Report
	if err := db.Find(&rows).Error; err != nil {
		return nil, err
	}
	type exportedReport struct {
		Report
		Answers any `json:"answers"`
	}
	out := make([]exportedReport, 0, len(rows))
	for _, r := range rows {
		out = append(out, exportedReport{r, r.Answers})
	}
	return out, nil
}

// Export writes every row that names the account as one JSON object, read at
// one moment. It needs a fresh sign-in.
func (s *Store) Export(ctx context.Context, caller Caller, w io.Writer) error {
	if err := s.write(ctx, caller.AccountID, func(tx *Tx) error { return tx.audit("export", caller.DeviceID) }); err != nil {
		return err
	}
	return s.snapshot(ctx, func(db *gorm.DB) error {
		account, err := findAccount(db, caller.AccountID)
		if err != nil {
			return err
		}
		head, err := json.Marshal(account)
		if err != nil {
			return fmt.Errorf("export the account: %w", err)
		}
		if _, err := fmt.Fprintf(w, `{"account":%s`, head); err != nil {
			return err
		}
		for _, table := range exported {
			rows, err := table.read(db.Where("account_id = ?", caller.AccountID))
			if err != nil {
				return fmt.Errorf("export %s: %w", table.name, err)
			}
			body, err := json.Marshal(rows)
			if err != nil {
				return fmt.Errorf("export %s: %w", table.name, err)
			}
			if _, err := fmt.Fprintf(w, `,%q:%s`, table.name, body); err != nil {
				return err
			}
		}
		_, err = io.WriteString(w, "}\n")
		return err
	})
}

// Audit lists sign-ins, exports and changes of consent, newest first.
func (s *Store) Audit(ctx context.Context, account string, q Query) (Page[AuditEvent], error) {
	return page[AuditEvent](s.read(ctx).Where("account_id = ?", account), q)
}
