package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
)

// distribute distributes the tables that a migration has created, if Citus
// distributes the accounts of this database: a table left on the coordinator
// would keep the rows of erased accounts (P8), because Citus does not cascade
// to local tables. It does nothing if accounts are not distributed; that is for
// the operator to decide (docs/scaling.md).
func distribute(ctx context.Context, log *slog.Logger, pool *sql.DB) error {
	var citus bool
	if err := pool.QueryRowContext(ctx, "SELECT to_regclass('pg_dist_partition') IS NOT NULL").Scan(&citus); err != nil || !citus {
		return err
	}
	var distributed bool
	err := pool.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass('accounts'))").Scan(&distributed)
	if err != nil || !distributed {
		return err
	}
	local, err := localTables(ctx, pool)
	if err != nil {
		return fmt.Errorf("look for tables that are not distributed: %w", err)
	}
	for _, t := range local {
		text, args := t.distribution()
		if text == "" {
			continue
		}
		if _, err := pool.ExecContext(ctx, text, args...); err != nil {
			return fmt.Errorf("the table %s is on the coordinator alone and cannot be distributed as accounts are; without that erased people would stay in it: %w", t.name, err)
		}
		log.InfoContext(ctx, "table distributed", "table", t.name)
	}
	return nil
}

// local is a table that exists on the coordinator only.
type local struct {
	name     string
	personal bool // its rows refer to an account
}

// distribution returns the statement that distributes the table, or "" for
// tables that only the coordinator needs.
func (l local) distribution() (text string, args []any) {
	switch {
	case l.name == "names": // looked up by name, whatever the account
		return "SELECT create_distributed_table($1::regclass, 'name', colocate_with => 'none')", []any{l.name}
	case l.personal:
		return "SELECT create_distributed_table($1::regclass, 'account_id', colocate_with => 'accounts')", []any{l.name}
	case l.name == "settings" || l.name == "erasures":
		return "SELECT create_reference_table($1::regclass)", []any{l.name}
	}
	return "", nil
}

func localTables(ctx context.Context, pool *sql.DB) (out []local, err error) {
	rows, err := pool.QueryContext(ctx, `SELECT c.relname, EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'account_id')
		FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
		AND NOT EXISTS (SELECT 1 FROM pg_dist_partition p WHERE p.logicalrelid = c.oid) ORDER BY c.oid`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var t local
		if err := rows.Scan(&t.name, &t.personal); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}
