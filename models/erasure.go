package models

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// erasure remembers that an account was erased, without naming it: restore
// compares the hash with those of the accounts in a backup (P8).
type erasure struct {
	Hash     string
	Salt     string
	ErasedAt Time
}

func eraseHash(salt, account string) string {
	mac := hmac.New(sha256.New, []byte(salt))
	mac.Write([]byte(account))
	return hex.EncodeToString(mac.Sum(nil))
}

// recordErasure notes, in the transaction that erases the account, that it is
// gone. All hashes of a database share one salt, so that restore hashes every
// account once.
func (tx *Tx) recordErasure(account string) error {
	var salts []string
	if err := tx.Raw("SELECT salt FROM erasures LIMIT 1").Scan(&salts).Error; err != nil {
		return fmt.Errorf("record erasure: %w", err)
	}
	e := erasure{Salt: rand.Text(), ErasedAt: T(tx.Now)}
	if len(salts) > 0 {
		e.Salt = salts[0]
	}
	e.Hash = eraseHash(e.Salt, account)
	err := tx.Exec("INSERT INTO erasures (hash, salt, erased_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", e.Hash, e.Salt, e.ErasedAt).Error
	if err != nil {
		return fmt.Errorf("record erasure: %w", err)
	}
	return nil
}

// SettleErasures finishes on disk what an erasure has committed: the hashes go
// to the file beside the database, and the journal, which still holds the
// erased rows, is emptied. It is called after an erasure, and again with every
// purge, because a long read can hold the journal back.
func (s *Store) SettleErasures(ctx context.Context) error {
	if s.opts.postgres() {
		return nil // the table is in every dump; pages are the server's own
	}
	var rows []erasure
	if err := s.read(ctx).Raw("SELECT hash, salt FROM erasures").Scan(&rows).Error; err != nil {
		return fmt.Errorf("read erasures: %w", err)
	}
	if err := keepErasures(s.opts.Database, rows); err != nil {
		return err
	}
	return checkpoint(ctx, s.opts.Database)
}

func erasuresFile(database string) string { return database + ".erasures" }

// keepErasures adds the hashes to the file beside the database: one line each,
// salt and hash. The file is replaced as a whole, so it is never half written.
func keepErasures(database string, rows []erasure) error {
	name := erasuresFile(database)
	kept, err := readErasures(database)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	var out bytes.Buffer
	for _, e := range append(kept, rows...) {
		if !known[e.Hash] {
			known[e.Hash] = true
			fmt.Fprintln(&out, e.Salt, e.Hash)
		}
	}
	if len(known) == len(kept) {
		return nil
	}
	if err := replaceFile(name, out.Bytes()); err != nil {
		return fmt.Errorf("keep erasures: %w", err)
	}
	return nil
}

// readErasures reads the file beside the database; no file is no erasures.
func readErasures(database string) ([]erasure, error) {
	data, err := os.ReadFile(erasuresFile(database))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read erasures: %w", err)
	}
	var out []erasure
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		salt, hash, ok := strings.Cut(lines.Text(), " ")
		if !ok || len(hash) != hex.EncodedLen(sha256.Size) {
			return nil, fmt.Errorf("read erasures: %s is damaged at line %d; without it erased accounts would come back", erasuresFile(database), len(out)+1)
		}
		out = append(out, erasure{Salt: salt, Hash: hash})
	}
	return out, nil
}

// replaceFile writes a file that only its owner can read, whole or not at all.
func replaceFile(name string, data []byte) (err error) {
	next := name + ".next"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, name); err != nil {
		return err
	}
	return syncDir(name)
}

// checkpoint moves everything into the database file and empties the journal.
// It gives up after a second, because meanwhile nobody can write.
func checkpoint(ctx context.Context, database string) error {
	db, err := single(database, "mode=rw&_busy_timeout=1000")
	if err != nil {
		return err
	}
	var busy, pages, moved int
	err = db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("empty the journal: %w", err)
	}
	if busy != 0 {
		return fmt.Errorf("empty the journal: a long read is under way; erased rows stay in it until the next purge")
	}
	return nil
}
