package models

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// EraseAccount deletes every row of the account permanently (P8).
func (s *Store) EraseAccount(ctx context.Context, caller Caller) error {
	if err := s.NeedStepUp(caller); err != nil {
		return err
	}
	if err := s.erase(ctx, caller.AccountID); err != nil {
		return err
	}
	if err := s.db.FinishErasures(context.WithoutCancel(ctx), db.RewriteAtOnce); err != nil {
		// Every purge retries.
		s.opts.Log.WarnContext(ctx, "the journal could not be emptied after an erasure", "error", err)
	}
	return nil
}

func (s *Store) erase(ctx context.Context, account string) error {
	return s.write(ctx, account, func(tx *Tx) error { return tx.erase() })
}

// erase deletes the account of the transaction and every row that refers to it.
func (tx *Tx) erase() error {
	if err := tx.tx.RecordErasure(tx.Account); err != nil {
		return err
	}
	// No foreign key: names may be on another machine than their account.
	if err := tx.q.Exec("DELETE FROM names WHERE account_id = $1", tx.Account); err != nil {
		return fmt.Errorf("free the names of an account: %w", err)
	}
	if err := tx.q.Exec("DELETE FROM accounts WHERE id = $1", tx.Account); err != nil {
		return fmt.Errorf("erase an account: %w", err)
	}
	tx.tx.Account = "" // no counter is left to store
	tx.stopped = append(tx.stopped, phones{})
	return nil
}

// exported lists the tables that refer to an account, with the type of their
// rows if there is one: it says which columns hold JSON.
var exported = []struct {
	table string
	row   any
}{
	{"devices", Device{}}, {"consents", Consent{}}, {"audit", AuditEvent{}}, {"pairing_codes", nil}, {"tickets", nil}, {"push_numbers", nil},
	{"rollers", Roller{}}, {"sessions", Session{}}, {"reports", Report{}},
	{"episodes", Episode{}}, {"clinician_events", ClinicianEvent{}}, {"progress", Progress{}}, {"warnings", Warning{}},
	{"acks", Ack{}}, {"reminders", Reminder{}}, {"deliveries", Delivery{}}, {"digests", nil},
	{"doctor_reports", DoctorReport{}}, {"calendars", nil},
}

// unexported lists the columns that an export omits: the account, which it
// states once; what unlocks or reaches a phone, which is secret and says
// nothing about the person; and the body of the derived row, which repeats the
// others.
var unexported = map[string]bool{
	"account_id": true, "password_hash": true, "recovery_hash": true, "account_key_hash": true, "token_hash": true,
	"next_token_hash": true, "code_hash": true, "secret_hash": true, "ticket_hash": true, "push_address": true, "push_key": true, "lease": true, "body": true, "answer": true, "answer_until": true,
}

// Export writes every row that refers to the account, column by column, as one
// JSON object read at a single moment. The file has no name and is deleted by
// Close, so no connection waits for a slow reader. It needs a fresh sign-in.
func (s *Store) Export(ctx context.Context, caller Caller) (*os.File, error) {
	if err := s.NeedStepUp(caller); err != nil {
		return nil, err
	}
	if err := s.write(ctx, caller.AccountID, func(tx *Tx) error { return tx.audit("export", caller.DeviceID) }); err != nil {
		return nil, err
	}
	f, err := s.scratch()
	if err != nil {
		return nil, coded(db.Away(err)) // its disk may be full
	}
	if err := s.db.Snapshot(ctx, func(q db.Q) error { return exportAll(q, caller.AccountID, f) }); err != nil {
		return nil, errors.Join(fmt.Errorf("export an account: %w", coded(err)), f.Close())
	}
	return f, nil
}

// scratch returns an unnamed file, accessible to its owner only, on the disk of
// the database: health data must not reach any other.
func (s *Store) scratch() (*os.File, error) {
	dir := ""
	if !s.Postgres() {
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

// exportAll writes the account to f and rewinds it.
func exportAll(q db.Q, account string, f *os.File) error {
	w := bufio.NewWriter(f)
	_, _ = w.WriteString(`{"account":`) // Flush returns any error
	if err := exportRows(q, w, "accounts", "id", account, Account{}); err != nil {
		return err
	}
	for _, e := range exported {
		_, _ = fmt.Fprintf(w, ",\n%q:[", e.table)
		if err := exportRows(q, w, e.table, "account_id", account, e.row); err != nil {
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

// exportRows writes the rows of a table, separated by commas.
func exportRows(q db.Q, w *bufio.Writer, table, key, account string, row any) error {
	isJSON, err := db.JSONColumns(row)
	if err != nil {
		return err
	}
	comma := ""
	// The second and third columns complete every key that begins with the
	// account.
	return q.Each("SELECT * FROM "+table+" WHERE "+key+" = $1 ORDER BY 2, 3", []any{account}, func(names []string, values []any) error {
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
		_, _ = w.WriteString(comma) // Flush returns any error
		_, _ = w.Write(line)
		comma = ",\n"
		return nil
	})
}

// exportCell returns a column's value in readable form: times as RFC 3339,
// tiers by name.
func exportCell(name string, isJSON bool, value any) any {
	switch v := value.(type) {
	case int64:
		switch {
		case name == "at" || strings.HasSuffix(name, "_at"):
			return T(time.UnixMilli(v))
		case name == "tier" || name == "peak_tier":
			return care.Tier(v)
		}
	case string:
		if isJSON {
			return json.RawMessage(v)
		}
	}
	return value
}

// Audit returns sign-ins, exports and changes of consent, newest first.
func (s *Store) Audit(ctx context.Context, account string, q Query) (Page[AuditEvent], error) {
	where := db.Args{}
	return page[AuditEvent](s.read(ctx), "account_id = "+where.Add(account), where, q)
}
