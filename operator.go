package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"aftercare/models"
)

// healthcheckTimeout is how long a server may take to answer.
const healthcheckTimeout = 3 * time.Second

type healthcheckCmd struct{}

// Run requests /readyz from the server that the settings describe.
func (healthcheckCmd) Run(e *env) error {
	host, port, err := net.SplitHostPort(e.config.addr)
	if err != nil {
		return err
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(e.ctx, healthcheckTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("ask for readiness: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
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
	Older   time.Duration `default:"1m" help:"List only deliveries overdue for longer than this."`
	Requeue bool          `help:"Retry these deliveries now."`
}

// Run prints the overdue deliveries, even while a server runs. It names
// accounts and devices, never addresses or texts.
func (d deliveriesCmd) Run(e *env) error {
	store, err := models.Inspect(e.ctx, models.Options{Database: e.config.database, Log: e.log})
	if err != nil {
		return err
	}
	return errors.Join(d.run(e, store), store.Close())
}

func (d deliveriesCmd) run(e *env, store *models.Store) error {
	groups, first, err := store.Stuck(e.ctx, d.Older)
	if err != nil {
		return err
	}
	if err := d.list(e, groups, first); err != nil || !d.Requeue {
		return err
	}
	n, err := store.Requeue(e.ctx, d.Older)
	if err != nil {
		return err
	}
	return e.print(fmt.Sprintf("%d deliveries that waited are tried again at the next tick\n", n))
}

// list prints totals by destination and reason, then the oldest deliveries.
func (d deliveriesCmd) list(e *env, groups []models.StuckGroup, first []models.Delivery) error {
	var total int64
	var text strings.Builder
	when := func(t models.Time) string { return t.Format(time.RFC3339) }
	for _, g := range groups {
		total += g.Count
		fmt.Fprintf(&text, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", g.Count, g.Transport, g.Destination, g.Reason, g.LastError, when(g.OldestDue), when(g.NextAt))
	}
	if total == 0 {
		return e.print(fmt.Sprintf("nothing is due for more than %s\n", d.Older))
	}
	head := fmt.Sprintf("%d deliveries are due for more than %s\n\nCOUNT\tTRANSPORT\tDESTINATION\tREASON\tLAST ERROR\tOLDEST DUE\tNEXT ATTEMPT\n", total, d.Older)
	fmt.Fprintf(&text, "\nthe first %d of %d\n\nDUE\tNEXT ATTEMPT\tTRANSPORT\tSTATE\tATTEMPTS\tREASON\tLAST ERROR\tREMINDER\tACCOUNT\tDEVICE\n", len(first), total)
	for _, s := range first {
		fmt.Fprintf(&text, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", when(s.DueAt), when(s.NextAt), s.Transport, s.State, s.Attempts,
			s.Reason, s.LastError, s.ReminderID, s.AccountID, s.DeviceID)
	}
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(w, head+text.String()); err != nil {
		return err
	}
	return w.Flush()
}
