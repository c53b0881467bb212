// Package db is the database layer and knows nothing of what is stored: it
// opens and migrates SQLite and PostgreSQL, commits writes in groups, maps rows
// to structs, and does backup, restore and erasure.
//
// Statements are SQL with the parameters $1, $2 …, run through four verbs that
// transactions and readers share: [Rows] and [Row] read, [Q.Exec] changes,
// [Q.Put] stores a whole row. GORM describes the columns of a struct and opens
// the connections (docs/decisions).
package db
