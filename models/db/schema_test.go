package db

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftercare/models/migrations"
	"aftercare/models/storetest"
)

// catalogue is what both catalogues tell of one database: a line for each column,
// key and index of each table.
type catalogue map[string][]string

func (s catalogue) add(table, line string) { s[table] = append(s[table], line) }

// column is a row of either catalogue.
type column struct {
	Table, Name, Type string
	Required          bool
	Fallback          bool
}

// index is a row of either catalogue: the columns of a key in their order.
type index struct {
	Table, Name, Columns string
	Distinct             bool
	Cond                 string
}

// reference is a foreign key of either catalogue.
type reference struct {
	Table, Columns, Target, TargetColumns, OnDelete string
	Late                                            bool
}

func (s catalogue) fill(t *testing.T, columns []column, indexes []index, references []reference) catalogue {
	t.Helper()
	if len(columns) == 0 || len(indexes) == 0 || len(references) == 0 {
		t.Fatal("a catalogue is empty: it was read wrongly")
	}
	for _, c := range columns {
		line := "column " + c.Name + " " + strings.Replace(strings.ToLower(c.Type), "bytea", "blob", 1)
		if c.Required {
			line += " not null"
		}
		if c.Fallback {
			line += " default"
		}
		s.add(c.Table, line)
	}
	for _, i := range indexes {
		line := "index " + i.Name + " (" + i.Columns + ")"
		if i.Distinct {
			line += " unique"
		}
		s.add(i.Table, line+plainCondition(i.Cond))
	}
	for _, r := range references {
		s.add(r.Table, "reference "+r.Columns+" to "+r.Target+" ("+r.TargetColumns+") on delete "+strings.ToLower(r.OnDelete))
	}
	for _, lines := range s {
		slices.Sort(lines)
	}
	return s
}

// plainCondition writes the condition of a partial index as both databases
// would: PostgreSQL adds brackets and casts.
func plainCondition(cond string) string {
	cond = strings.ToLower(regexp.MustCompile(`::\w+(\[\])?`).ReplaceAllString(cond, ""))
	cond = strings.ReplaceAll(cond, "= any (array[", "in (")
	cond = strings.ReplaceAll(cond, "]", "")
	cond = strings.Join(strings.FieldsFunc(cond, func(r rune) bool { return strings.ContainsRune("() \n\t", r) }), " ")
	if cond == "" {
		return ""
	}
	return " where " + cond
}

func sqliteSchema(t *testing.T, s *Store) catalogue {
	t.Helper()
	const tables = `FROM sqlite_schema m JOIN `
	const own = `WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%' `
	columns := queryAll[column](t, s, `SELECT m.name AS "table", c.name, c.type, c."notnull" AS required, c.dflt_value IS NOT NULL AS fallback `+
		tables+`pragma_table_info(m.name) c `+own)
	indexes := queryAll[index](t, s, `SELECT m.name AS "table", CASE i.origin WHEN 'pk' THEN 'primary' ELSE i.name END AS name, i."unique" AS "distinct",
		(SELECT group_concat(name, ', ') FROM (SELECT x.name FROM pragma_index_info(i.name) x ORDER BY x.seqno)) AS columns,
		coalesce((SELECT substr(d.sql, instr(d.sql, ' WHERE ') + 7) FROM sqlite_schema d WHERE d.name = i.name AND i.partial), '') AS cond `+
		tables+`pragma_index_list(m.name) i `+own)
	references := queryAll[reference](t, s, `SELECT m.name AS "table", group_concat(f."from", ', ') AS columns, f."table" AS target,
		group_concat(f."to", ', ') AS target_columns, f.on_delete, m.sql LIKE '%DEFERRABLE%' AS late `+
		tables+`pragma_foreign_key_list(m.name) f `+own+`GROUP BY m.name, f.id`)
	checkReferences(t, references)
	return catalogue{}.fill(t, columns, indexes, references)
}

func postgresSchema(t *testing.T, s *Store) catalogue {
	t.Helper()
	const own = ` n.nspname = 'public' AND c.relname NOT LIKE 'goose_%' `
	columns := queryAll[column](t, s, `SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
		a.attnotnull AS required, a.atthasdef AS fallback
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND`+own)
	indexes := queryAll[index](t, s, `SELECT c.relname AS table, CASE WHEN i.indisprimary THEN 'primary' ELSE x.relname END AS name, i.indisunique AS distinct,
		(SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(i.indkey::int[]) WITH ORDINALITY k(attnum, n)
		 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum) AS columns,
		coalesce(pg_get_expr(i.indpred, i.indrelid), '') AS cond
		FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
		JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND`+own)
	const names = `(SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(f.%) WITH ORDINALITY k(attnum, n)
		JOIN pg_attribute a ON a.attrelid = f.@ AND a.attnum = k.attnum)`
	references := queryAll[reference](t, s, `SELECT c.relname AS table, d.relname AS target, `+
		strings.NewReplacer("%", "conkey", "@", "conrelid").Replace(names)+` AS columns, `+
		strings.NewReplacer("%", "confkey", "@", "confrelid").Replace(names)+` AS target_columns,
		CASE f.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' WHEN 'a' THEN 'no action' ELSE f.confdeltype::text END AS on_delete, f.condeferrable AS late
		FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class d ON d.oid = f.confrelid
		JOIN pg_namespace n ON n.oid = c.relnamespace WHERE f.contype = 'f' AND`+own)
	checkReferences(t, references)
	return catalogue{}.fill(t, columns, indexes, references)
}

// checkReferences: a key that is checked only at the commit would let one bad
// request undo all others of its batch.
func checkReferences(t *testing.T, references []reference) {
	t.Helper()
	for _, r := range references {
		if r.Late {
			t.Errorf("%s (%s) is checked only at the commit", r.Table, r.Columns)
		}
	}
}

func openReal(t *testing.T) (lite, pg *Store) {
	t.Helper()
	lite, err := openFiles(storetest.SQLite(t), migrations.SQLite())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, lite) })
	pg, err = openFiles(storetest.Postgres(t), migrations.Postgres())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, pg) })
	return lite, pg
}

func TestBothDatabasesHaveTheSameSchema(t *testing.T) {
	lite, pg := openReal(t)
	if diff := cmp.Diff(sqliteSchema(t, lite), postgresSchema(t, pg)); diff != "" {
		t.Fatalf("SQLite (-) and PostgreSQL (+) differ:\n%s", diff)
	}
}

// shared are the tables whose key is not an account's: names is found by what
// must be unique among all accounts, and erased by hand (TestErasureLeavesNoRow).
var shared = []string{"accounts", "settings", "erasures", "workers", "names"}

// Rows of a person are found and sharded by their account, and go with it (P8).
func TestEveryTableBelongsToAnAccount(t *testing.T) {
	lite, _ := openReal(t)
	for table, lines := range sqliteSchema(t, lite) {
		if slices.Contains(shared, table) {
			continue
		}
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "index primary (account_id") }) {
			t.Errorf("the key of %s does not start with account_id", table)
		}
		if !slices.Contains(lines, "reference account_id to accounts (id) on delete cascade") {
			t.Errorf("the rows of %s do not go with their account", table)
		}
	}
}

// A database that is spread over several machines can hold nothing unique but
// within what one machine has: Citus refuses such an index.
func TestUniqueIndexesNameTheAccount(t *testing.T) {
	_, pg := openReal(t)
	found := 0
	for table, lines := range postgresSchema(t, pg) {
		for _, line := range lines {
			if !strings.HasPrefix(line, "index ") || !strings.Contains(line, " unique") {
				continue
			}
			found++
			if !slices.Contains(shared, table) && !strings.Contains(line, "account_id") {
				t.Errorf("%s: %s: what is unique among all accounts belongs into names", table, line)
			}
			if table == "accounts" && !strings.HasPrefix(line, "index primary (id)") {
				t.Errorf("%s: %s: what is unique among all accounts belongs into names", table, line)
			}
		}
	}
	if found < 15 {
		t.Fatalf("only %d unique indexes found: the check is blind", found)
	}
}
