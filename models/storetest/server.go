package storetest

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

//go:embed server.sh
var script string

// Server is a PostgreSQL server for tests.
type Server struct {
	// Address is postgres://…, of a database that always exists.
	Address string
	stop    func() error
	bin     string // of initdb and pg_ctl
	dir     string
}

// Stop ends the server and removes its directory.
func (s *Server) Stop() error { return s.stop() }

// Start starts a server of its own on a socket in a temporary directory. It
// ends with Stop, or with this process, however that ends: the script waits
// for the end of a pipe.
func Start() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "aftercare-pg-")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", "-c", script, "server.sh", bin, dir) //nolint:gosec,noctx // the binaries are found above; it lives as long as this process
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // no Ctrl-C before the cleaning up
	if err := asPostgres(cmd, dir); err != nil {
		return nil, err
	}
	stop, err := untilReady(cmd)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", bin, err)
	}
	u := url.URL{Scheme: "postgres", Path: "/postgres", RawQuery: url.Values{"host": {dir}, "user": {"postgres"}}.Encode()}
	return &Server{u.String(), stop, bin, dir}, nil
}

// ErrNotInstalled is the error of Start where there is no PostgreSQL.
var ErrNotInstalled = errors.New("PostgreSQL is not installed: make deps installs it, and " + ServerEnv + " names a server elsewhere")

// binaries returns the directory of initdb, pg_ctl and pg_dump, which Debian keeps
// off the path.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		path, err = filepath.EvalSymlinks(path)
		return filepath.Dir(path), err
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.Join(err, ErrNotInstalled)
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// asPostgres runs the command as that user when this one is root, whom
// PostgreSQL refuses.
func asPostgres(cmd *exec.Cmd, dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("PostgreSQL does not run as root: %w", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return err
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(dir, uid, gid)
}

// untilReady starts the script and returns when it says that the server takes
// connections.
func untilReady(cmd *exec.Cmd) (stop func() error, err error) {
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() error {
		err := stdin.Close()
		return errors.Join(err, cmd.Wait())
	}
	out := bufio.NewReader(stdout)
	line, err := out.ReadString('\n')
	if line == "ready\n" {
		return stop, nil
	}
	rest, _ := io.ReadAll(out) // the reason is best effort: err and stop tell of the failure
	return nil, errors.Join(err, errors.New(strings.TrimSpace(line+string(rest))), stop())
}
