package models

import (
	"errors"
	"fmt"
	"syscall"
)

// ErrInUse says that another process has the SQLite file open.
var ErrInUse = errors.New("database is in use")

// lockFile keeps other processes off a SQLite database until the returned
// function is called: two of them would each run the jobs and write. The
// kernel drops the lock with the process, however that ends; the file stays,
// because removing it would let two processes lock two different files.
func lockFile(path string) (unlock func() error, err error) {
	name := path + ".lock"
	f, err := openPrivate(name, 0)
	if err != nil {
		return nil, openErr("create the lock file", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: another process holds %s; stop it first", ErrInUse, name), f.Close())
	}
	return f.Close, nil
}
