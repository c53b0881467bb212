package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/sethvargo/go-retry"
)

// Freeze stops all processes of the server where they are, as a machine does
// that swaps or whose disk hangs: connections stay, and nothing is answered.
func (s *Server) Freeze() error { return s.signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (s *Server) Thaw() error { return s.signal(syscall.SIGCONT) }

// Kill ends the server as a crash does.
func (s *Server) Kill() error { return s.signal(syscall.SIGKILL) }

// Restart starts a killed server again, on the same files, as soon as the last
// of its processes has gone.
func (s *Server) Restart() error {
	return retry.Do(context.Background(), retry.WithMaxRetries(100, retry.NewConstant(100*time.Millisecond)), func(context.Context) error {
		return retry.RetryableError(s.restart())
	})
}

func (s *Server) restart() error {
	cmd := exec.Command(filepath.Join(s.bin, "pg_ctl"), "-D", filepath.Join(s.dir, "data"), "-l", filepath.Join(s.dir, "log"), "-w", //nolint:gosec,noctx // as Start
		"-o", "-k "+s.dir+" -c listen_addresses='' -c max_connections=300", "start")
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if err := asPostgres(cmd, s.dir); err != nil {
		return err
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("start PostgreSQL again: %w", err)
	}
	return nil
}

// signal reaches the first process of the server before its children, so that
// it starts no new ones.
func (s *Server) signal(sig syscall.Signal) error {
	text, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid"))
	if err != nil {
		return err
	}
	first, err := strconv.Atoi(strings.Fields(string(text))[0])
	if err != nil {
		return err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", first, first))
	if err != nil {
		return err
	}
	if err := syscall.Kill(first, sig); err != nil {
		return err
	}
	var errs []error
	for _, word := range strings.Fields(string(children)) {
		pid, err := strconv.Atoi(word)
		if err == nil {
			err = syscall.Kill(pid, sig)
		}
		if !errors.Is(err, syscall.ESRCH) { // one that has just ended
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
