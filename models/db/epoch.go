package db

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
)

// Epoch is the distance between the counters of a database and those of the
// same database restored: no number that a phone has seen since the backup is
// reused for another row (contract, Sync for offline phones).
const Epoch = 1 << 32

// leap raises every account's counter, and the numbers of all rows with it, to
// an epoch after that of the database that is replaced: a phone with an earlier
// cursor receives every row as it is now, even where one backup is restored
// twice.
func leap(ctx context.Context, db *sql.DB, epoch int64) error {
	own, err := queryEpoch(ctx, db)
	if err != nil {
		return err
	}
	raise := fmt.Sprintf(" %% %d + %d", int64(Epoch), (max(own, epoch)+1)*Epoch)
	if _, err := db.ExecContext(ctx, "UPDATE accounts SET change_seq = change_seq"+raise); err != nil { //nolint:gosec // a number
		return err
	}
	var tables string
	err = db.QueryRowContext(ctx, `SELECT COALESCE(GROUP_CONCAT(m.name, ' '), '') FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.name = 'seq'`).Scan(&tables)
	if err != nil {
		return err
	}
	for table := range strings.FieldsSeq(tables) {
		if _, err := db.ExecContext(ctx, "UPDATE "+table+" SET seq = seq"+raise); err != nil { //nolint:gosec // a name of this schema
			return err
		}
	}
	return nil
}

// epochOf returns how often a database was restored, as its highest counter
// shows; 0 if there is none, or it cannot be read.
func epochOf(ctx context.Context, file string) int64 {
	if _, err := os.Stat(file); err != nil {
		return 0
	}
	db, err := single(file, "mode=ro")
	if err != nil {
		return 0
	}
	defer func() { _ = db.Close() }()
	epoch, err := queryEpoch(ctx, db)
	if err != nil {
		return 0
	}
	return epoch
}

func queryEpoch(ctx context.Context, db *sql.DB) (epoch int64, err error) {
	err = db.QueryRowContext(ctx, "SELECT COALESCE(MAX(change_seq), 0) / ? FROM accounts", int64(Epoch)).Scan(&epoch)
	return epoch, err
}
