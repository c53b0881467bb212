// Package db is the database and nothing of what is stored in it: it opens and
// migrates SQLite and PostgreSQL, commits writes in groups, maps rows to
// structs, and backs up, restores and erases.
//
// Statements are SQL with the parameters $1, $2 …, and run by four verbs that
// a transaction and a reader share: [Rows] and [Row] read, [Q.Exec] changes,
// [Q.Put] stores a whole row. GORM describes the columns of a struct and opens
// the connections (docs/decisions).
package db
