// Command withpg runs a command beside a PostgreSQL server for tests, so that
// all packages share one:
//
//	go run ./models/storetest/cmd/withpg go test ./...
//
// It starts none where TEST_POSTGRES names one, or where none is installed.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"aftercare/models/storetest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, "withpg:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, command []string) (err error) {
	if len(command) == 0 {
		return errors.New("no command given; usage: withpg COMMAND ARGUMENTS")
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // that is what it is for
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if os.Getenv(storetest.ServerEnv) != "" {
		return cmd.Run()
	}
	server, err := storetest.Start()
	if errors.Is(err, storetest.ErrNotInstalled) {
		return cmd.Run()
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	cmd.Env = append(os.Environ(), storetest.ServerEnv+"="+server.Address)
	return cmd.Run()
}
