package main

import (
	"fmt"
	"syscall"
	"time"

	"aftercare/api"
)

// grace is how long a shutdown lets clients send what they have begun, and read
// responses. Then those it waits for are cut off.
const grace = 2 * time.Second

// shares divide the files that the process may open: half for connections, an
// eighth for exports. The rest is for the database, for pushes and for what an
// export's own connection does not count.
type shares struct{ connections, exports int }

// shareFiles reads the limit, which Go has raised as far as it may be.
func shareFiles() (shares, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return shares{}, fmt.Errorf("read the limit of open files: %w", err)
	}
	files := int(min(limit.Cur, 1<<30))
	return shares{connections: max(16, min(files/2, api.MaxConnections)), exports: max(2, min(files/8, api.MaxExports))}, nil
}
