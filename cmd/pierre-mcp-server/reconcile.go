package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

func newReconcile(c *config, _ cli.World) *cobra.Command {
	var asJSON, repair bool
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Prove that the books of calls balance, and name any difference",
		Long: `Prove that the books of calls balance: for each day, the calls themselves, what they
add up to by minute, hour and day, and the rows of all keys; and the quotas that are
open now. Every difference is named, and the command then ends with status 1, unless
--repair mended all of them. It may run beside servers; what it mends of a quota
counts after their next start.`,
		Example: `  pierre-mcp-server reconcile
  pierre-mcp-server reconcile --repair --json --database-url postgresql://pierre@db:5432/pierre`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := c.load(); err != nil {
				return err
			}
			st, err := store.OpenExisting(c.databaseURL, c.dataDir)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, st.Close()) }()
			if err := st.Ready(cmd.Context()); err != nil {
				return err
			}
			now := time.Now()
			r, err := st.Reconcile(cmd.Context(), time.Time{}, now.Add(24*time.Hour), now, repair)
			if err != nil {
				return err
			}
			return showReconciliation(cmd.OutOrStdout(), r, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&repair, "repair", false, "make what differs again from the calls")
	return cmd
}

func showReconciliation(w io.Writer, r pierre.Reconciliation, asJSON bool) error {
	left := 0
	for _, d := range r.Differences {
		if !d.Mended {
			left++
		}
	}
	damaged, lost := 0, 0
	for _, d := range r.Damaged {
		switch {
		case d.Lost:
			lost++
		case !d.Mended:
			damaged++
		}
	}
	if asJSON {
		if err := cli.WriteJSON(w, r); err != nil {
			return err
		}
	} else if err := writeReconciliation(w, r, left); err != nil {
		return err
	}
	if left > 0 {
		return fmt.Errorf("%d numbers are not what the calls add up to", left)
	}
	if damaged > 0 {
		return fmt.Errorf("what calls add up to is damaged in %d places: reconcile --repair adds them up again", damaged)
	}
	if lost > 0 {
		return fmt.Errorf("what calls added up to was damaged in %d places, and calls of that time are no longer kept: they are missing in reports", lost)
	}
	return nil
}

// writeReconciliation writes it for people; left is how many differences are not mended.
func writeReconciliation(w io.Writer, r pierre.Reconciliation, left int) error {
	for _, d := range r.Damaged {
		if _, err := fmt.Fprintf(w, "%s damaged: batch %d, with %d sums of calls%s\n", d.Found.Format(time.RFC3339), d.Batch, d.Sums, mended(d.Mended)); err != nil {
			return err
		}
	}
	for _, d := range r.Differences {
		if _, err := fmt.Fprintf(w, "%s %s%s: %s of key %s, tool %q, country %q is %d and should be %d by the %s%s\n",
			d.From.Format(time.RFC3339), d.Where, period(d.Period), d.Field, d.Key, d.Tool, d.Country, d.Is, d.Should, d.Of, mended(d.Mended)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%d calls from %s to %s and %d quotas: %d differences, %d of them mended\n", r.Calls, r.From.Format(time.DateOnly),
		r.To.Format(time.DateOnly), r.Quotas, len(r.Differences), len(r.Differences)-left)
	if err == nil && r.Later > 0 {
		_, err = fmt.Fprintf(w, "%d calls of later days, by a server's clock that was ahead, are compared when their day has come\n", r.Later)
	}
	return err
}

func mended(is bool) string {
	if is {
		return ", mended"
	}
	return ""
}

func period(p pierre.Period) string {
	if p == "" {
		return ""
	}
	return " of the " + string(p)
}

// nightlyDays is how many days the nightly reconciliation looks at; the command looks at all.
const nightlyDays = 35

// reconciling is the job that looks once a day whether the books balance.
func (a *app) reconciling() jobs.Job {
	elsewhere := func() { a.differences.Store(0) } // that server tells of them
	return jobs.Job{Name: "reconcile usage", Every: 24 * time.Hour, Within: time.Hour, Fleet: true, Elsewhere: elsewhere, Do: func(ctx context.Context) error {
		now := time.Now()
		r, err := a.store.Reconcile(ctx, now.AddDate(0, 0, -nightlyDays), now.Add(24*time.Hour), now, false)
		if err != nil {
			return err
		}
		a.differences.Store(int64(len(r.Differences)))
		const logged = 20
		for _, d := range r.Differences[:min(logged, len(r.Differences))] {
			a.log.ErrorContext(ctx, "the books of calls do not balance", slog.String("where", d.Where), slog.Time("from", d.From), slog.String("key_id", d.Key),
				slog.String("tool", d.Tool), slog.String("field", d.Field), slog.Int64("is", d.Is), slog.Int64("should_be", d.Should))
		}
		a.log.InfoContext(ctx, "reconciled usage", slog.Int64("calls", r.Calls), slog.Int64("later", r.Later), slog.Int("differences", len(r.Differences)))
		return nil
	}}
}
