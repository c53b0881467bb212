// Command aftercare is the backend of a phone app for people who roll fine
// needles over their scalp at home: it logs sessions, judges how the scalp
// heals, sends reminders, and warns people to see a doctor.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"aftercare/models"
	"aftercare/models/care"
)

// version is set by the build.
var version = "dev"

// cli lists the subcommands.
type cli struct {
	settings

	Serve       serveCmd       `cmd:"" default:"1" help:"Serve the API and run the jobs (the default)."`
	Migrate     migrateCmd     `cmd:"" help:"Migrate the database to this version and exit."`
	Backup      backupCmd      `cmd:"" help:"Write a consistent copy of the SQLite database, even while a server runs."`
	Restore     restoreCmd     `cmd:"" help:"Replace the database by a backup; accounts erased since then are erased again."`
	Deliveries  deliveriesCmd  `cmd:"" help:"List pushes that are stuck, and why; --requeue tries them again now."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask a running server whether it is ready; for containers."`
	Knowledge   knowledgeCmd   `cmd:"" help:"Show the medical rules in force, or what changed between two versions."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

// env is the environment of a subcommand.
type env struct {
	ctx    context.Context
	config config
	log    *slog.Logger
	out    io.Writer
}

// print writes the output of a subcommand.
func (e *env) print(text string) error {
	_, err := io.WriteString(e.out, text)
	return err
}

func main() {
	// The signals stay caught until the process ends: a second SIGTERM must not
	// kill a server that has finished its work and is about to say so.
	// A closed terminal ends it as well as a SIGTERM does.
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Ignore(syscall.SIGXFSZ) // a limit on the size of files is an error of the write, like a full disk
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "aftercare:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if err := readSecretFiles(); err != nil {
		return err
	}
	var c cli
	parser, err := kong.New(&c, kong.Name("aftercare"),
		kong.Description("Backend of a phone app for scalp-roller aftercare. Every setting is a flag or a variable of the environment."))
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if err != nil {
		return fmt.Errorf("%w; aftercare --help lists commands and settings", err)
	}
	config, err := c.parse()
	if err != nil {
		return fmt.Errorf("invalid settings:\n%w", err)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: config.logLevel}))
	return command.Run(&env{ctx: ctx, config: config, log: log, out: os.Stdout})
}

// store opens the configured database with the real clock.
func (e *env) store() (*models.Store, error) {
	return models.Open(e.ctx, models.Options{Database: e.config.database, Now: models.SystemClock, Log: e.log})
}

type versionCmd struct{}

// Run prints the versions of the program and of its knowledge.
func (versionCmd) Run(e *env) error {
	return e.print(fmt.Sprintf("aftercare %s, knowledge %s\n", version, care.KBVersion))
}

type migrateCmd struct{}

// Run migrates the database; opening it does that.
func (migrateCmd) Run(e *env) error {
	store, err := e.store()
	if err != nil {
		return err
	}
	e.log.Info("database is up to date", "version", version)
	return store.Close()
}

type backupCmd struct {
	File string `arg:"" help:"File, or folder for a dated file."`
}

// Run writes the backup.
func (b backupCmd) Run(e *env) error {
	name, err := models.Backup(e.ctx, models.Options{Database: e.config.database, Log: e.log}, b.File)
	if err == nil {
		e.log.Info("backup written; keep it for 30 days at most (erasures)", "file", name)
	}
	return err
}

type restoreCmd struct {
	File string `arg:"" type:"existingfile" help:"File written by backup."`
}

// Run restores a backup; no server may be running.
func (r restoreCmd) Run(e *env) error {
	return models.Restore(e.ctx, models.Options{Database: e.config.database, Log: e.log}, r.File)
}

var errNotReady = errors.New("the server is not ready")
