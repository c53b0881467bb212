package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"text/tabwriter"
	"time"
)

// healthcheckTimeout is how long a server may take to answer.
const healthcheckTimeout = 3 * time.Second

type healthcheckCmd struct{}

// Run asks /readyz of the server that the settings describe.
func (healthcheckCmd) Run(e *env) error {
	host, port, err := net.SplitHostPort(e.config.Addr)
	if err != nil {
		return err
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	client := &http.Client{Timeout: healthcheckTimeout}
	res, err := client.Get("http://" + net.JoinHostPort(host, port) + "/readyz")
	if err != nil {
		return fmt.Errorf("ask for readiness: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	fmt.Println(string(body))
	if res.StatusCode != http.StatusOK {
		return errNotReady
	}
	return res.Body.Close()
}

type deliveriesCmd struct {
	Older   time.Duration `default:"1m" help:"Only those that are due for longer."`
	Requeue bool          `help:"Try them again at once."`
}

// Run lists what waits although its time has come. It names accounts and
// devices, never addresses or texts. On SQLite it needs the server stopped.
func (d deliveriesCmd) Run(e *env) error {
	store, err := e.store()
	if err != nil {
		return err
	}
	stuck, err := store.Stuck(e.ctx, d.Older)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DUE\tTRANSPORT\tSTATE\tATTEMPTS\tREASON\tLAST ERROR\tACCOUNT\tDEVICE")
	for _, s := range stuck {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", s.DueAt.Format(time.RFC3339), s.Transport, s.State, s.Attempts,
			s.Reason, s.LastError, s.AccountID, s.DeviceID)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if d.Requeue {
		n, err := store.Requeue(e.ctx)
		if err != nil {
			return err
		}
		fmt.Printf("%d deliveries are tried again\n", n)
	}
	return store.Close()
}
