// Command withpg runs a command beside a PostgreSQL server for tests, so that
// all packages share one:
//
//	go run ./models/storetest/cmd/withpg go test ./...
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"aftercare/models/storetest"
)

func main() {
	err := run(os.Args[1:])
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, "withpg:", err)
		os.Exit(1)
	}
}

func run(command []string) (err error) {
	if len(command) == 0 {
		return errors.New("which command? usage: withpg COMMAND [ARGUMENT]...")
	}
	address, stop, err := storetest.Start()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), storetest.ServerEnv+"="+address)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}
