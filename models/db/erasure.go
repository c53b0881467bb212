package db

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

// erasure records that an account was erased, without naming it: a restore
// compares the hash with those of the accounts in the backup (P8).
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

// RecordErasure records the erasure of an account, in the transaction that
// erases it. All hashes of a database share one salt, so that a restore hashes
// every account only once.
func (tx *Tx) RecordErasure(account string) error {
	salt, err := Row[string](tx.Q, "SELECT salt FROM erasures LIMIT 1")
	if errors.Is(err, ErrNoRow) {
		salt, err = rand.Text(), nil
	}
	if err != nil {
		return fmt.Errorf("record erasure: %w", err)
	}
	err = tx.Q.Exec("INSERT INTO erasures (hash, salt, erased_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
		eraseHash(salt, account), salt, T(tx.Now))
	if err != nil {
		return fmt.Errorf("record erasure: %w", err)
	}
	return nil
}

// RewriteAtOnce is the largest size in bytes at which the file is rewritten
// right after an erasure; writes wait for about a third of a second.
const RewriteAtOnce = 64 << 20

// FinishErasures completes committed erasures on disk. It copies the hashes to
// the file next to the database and empties the journal, which still holds the
// erased rows. It also rewrites the database if something was erased since the
// last rewrite: secure_delete overwrites rows and free pages, but not what
// SQLite left in the slack of a page when it split it. A file larger than
// largest bytes is not rewritten. If it fails, for example because of a long
// read, the next call catches up. On PostgreSQL it does nothing: pages are the
// server's own.
func (s *Store) FinishErasures(ctx context.Context, largest int64) error {
	g, ok := s.commits.(*group)
	if !ok {
		return nil
	}
	if err := s.gate.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	return g.between(ctx, func(q Q) error {
		rows, err := Rows[erasure](q, "SELECT hash, salt FROM erasures")
		if err != nil {
			return fmt.Errorf("read erasures: %w", err)
		}
		if err := keepErasures(s.opts.Database, rows); err != nil {
			return err
		}
		rewritten, err := rewrite(q, len(rows), largest)
		if err != nil {
			return fmt.Errorf("rewrite the database after an erasure: %w", err)
		}
		if err := g.journal.empty(ctx); err != nil || !rewritten {
			return err
		}
		return setErased(q, len(rows))
	})
}

// rewrite rewrites the database if its size allows it and the number of
// erasures differs from the last time; user_version stores that number.
func rewrite(q Q, erasures int, largest int64) (done bool, err error) {
	settled, err := Row[int](q, "PRAGMA user_version")
	if err != nil {
		return false, err
	}
	size, err := Row[int64](q, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
	if err != nil {
		return false, err
	}
	if settled == erasures || size > largest {
		return false, nil
	}
	// VACUUM builds the new database where temporary tables are: in memory a
	// large one would end the process.
	if err := q.Exec(tempInFile); err != nil {
		return false, err
	}
	err = q.Exec("VACUUM")
	back := q.Exec(tempInMemory)
	return true, errors.Join(err, back)
}

func setErased(q Q, erasures int) error {
	return q.Exec(fmt.Sprintf("PRAGMA user_version = %d", erasures))
}

func erasuresFile(database string) string { return database + ".erasures" }

// keepErasures adds the hashes to the file next to the database, one line with
// salt and hash each. The file is replaced atomically, so it is never half
// written.
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

// readErasures returns the erasures in the file next to the database; a missing
// file means none.
func readErasures(database string) ([]erasure, error) {
	data, err := os.ReadFile(erasuresFile(database))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read erasures: %w", err)
	}
	var out []erasure
	for lines, n := bufio.NewScanner(bytes.NewReader(data)), 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue // an editor leaves such lines, and they name nobody
		}
		salt, hash, ok := strings.Cut(lines.Text(), " ")
		if !ok || len(hash) != hex.EncodedLen(sha256.Size) {
			return nil, fmt.Errorf("read erasures: %s is damaged at line %d; without it erased accounts would come back", erasuresFile(database), n)
		}
		out = append(out, erasure{Salt: salt, Hash: hash})
	}
	return out, nil
}
