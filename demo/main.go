// Command demo plays one person's month against the real API, jobs and database
// on a virtual clock, and prints what she does, is answered and sees.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	_ "time/tzdata" // the story's local times must not depend on the machine
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run plays the story on a temporary database.
func run(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "aftercare-demo-")
	if err != nil {
		return err
	}
	s, err := newStage(ctx, dir, out)
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return errors.Join(s.tell(), s.close(), os.RemoveAll(dir))
}
