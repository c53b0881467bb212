package db

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"aftercare/models/storetest"
)

const (
	benchWriters  = 64
	benchAccounts = 256
)

// BenchmarkWrite compares the write path with raw SQL that sends the same
// statements in shared transactions, without savepoints, and with gorm as its
// documentation opens it. All are at synchronous=FULL, with 64 writers.
func BenchmarkWrite(b *testing.B) {
	rates := map[string]float64{}
	for _, way := range []struct {
		name string
		open func(b *testing.B) func(account, id string) error
	}{{"raw", rawWriter}, {"naive", naiveWriter}, {"store", storeWriter}} {
		b.Run(way.name, func(b *testing.B) {
			rates[way.name] = measure(b, way.open(b))
			b.ReportMetric(rates[way.name], "writes/s")
			for _, base := range []string{"raw", "naive"} {
				if way.name == "store" && rates[base] > 0 {
					b.ReportMetric(rates["store"]/rates[base], "x-"+base)
				}
			}
		})
	}
}

// BenchmarkWritePostgres is the same against PostgreSQL, as it stands.
func BenchmarkWritePostgres(b *testing.B) {
	b.ReportMetric(measure(b, writerOf(b, storetest.Postgres(b))), "writes/s")
}

func measure(b *testing.B, write func(account, id string) error) (rate float64) {
	var n atomic.Int64
	b.SetParallelism(benchWriters / runtime.GOMAXPROCS(0))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			if err := write(fmt.Sprint("a", i%benchAccounts), fmt.Sprintf("%012d", i)); err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	return float64(b.N) / max(b.Elapsed(), time.Microsecond).Seconds()
}

func storeWriter(b *testing.B) func(account, id string) error {
	return writerOf(b, storetest.SQLite(b))
}

func writerOf(b *testing.B, database string) func(account, id string) error {
	s := openProbe(b, database)
	for i := range benchAccounts {
		addAccount(b, s, fmt.Sprint("a", i))
	}
	return func(account, id string) error {
		return s.Write(context.Background(), account, func(tx *Tx) error { return note(tx, id, "a word or two") })
	}
}

const (
	benchRaise  = "UPDATE accounts SET change_seq = change_seq + 1 WHERE id = ? RETURNING change_seq"
	benchInsert = "INSERT INTO notes (account_id, id, seq, body) VALUES (?, ?, ?, 'a word or two')"
)

// benchFile is a database with accounts, closed again.
func benchFile(b *testing.B) string {
	file := filepath.Join(b.TempDir(), "base.db")
	s := openProbe(b, file)
	for i := range benchAccounts {
		addAccount(b, s, fmt.Sprint("a", i))
	}
	closeStore(b, s)
	return file
}

type rawRequest struct {
	account, id string
	done        chan error
}

func rawWriter(b *testing.B) func(account, id string) error {
	db, err := single(benchFile(b), writerPragmas)
	if err != nil {
		b.Fatal(err)
	}
	queue := make(chan rawRequest, 1024)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for first := range queue {
			rawBatch(db, first, queue)
		}
	}()
	b.Cleanup(func() {
		close(queue)
		<-stopped
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	return func(account, id string) error {
		r := rawRequest{account, id, make(chan error, 1)}
		queue <- r
		return <-r.done
	}
}

func rawBatch(db *sql.DB, first rawRequest, queue chan rawRequest) {
	members := []rawRequest{first}
	tx, err := db.Begin()
	for i := 0; err == nil && i < len(members); i++ {
		var seq int64
		if err = tx.QueryRow(benchRaise, members[i].account).Scan(&seq); err != nil {
			break
		}
		if _, err = tx.Exec(benchInsert, members[i].account, members[i].id, seq); err != nil {
			break
		}
		if len(members) < batchSize {
			select {
			case r, open := <-queue:
				if open {
					members = append(members, r)
				}
			default:
			}
		}
	}
	if err == nil {
		err = tx.Commit()
	}
	for _, r := range members {
		r.done <- err
	}
}

func naiveWriter(b *testing.B) func(account, id string) error {
	// A busy timeout and immediate transactions, without which most writes fail.
	db, err := gorm.Open(sqlite.Open(dsn(benchFile(b), "_busy_timeout=60000&_txlock=immediate&_synchronous=FULL&_journal_mode=WAL")), &gorm.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if pool, err := db.DB(); err != nil || pool.Close() != nil {
			b.Error("the database did not close")
		}
	})
	return func(account, id string) error {
		return db.Transaction(func(tx *gorm.DB) error {
			var seq int64
			if err := tx.Raw(benchRaise, account).Scan(&seq).Error; err != nil {
				return err
			}
			return tx.Exec(benchInsert, account, id, seq).Error
		})
	}
}
