package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/dbcopy"
	"github.com/pierre-mcp/pierre/internal/journal"
	"github.com/pierre-mcp/pierre/internal/logging"
	"github.com/pierre-mcp/pierre/internal/store"
)

// copyOptions are the flags of copy-database alone.
type copyOptions struct {
	from, to string
	json     bool
}

func newCopyDatabase(c *config, w cli.World) *cobra.Command {
	opts := new(copyOptions)
	cmd := &cobra.Command{
		Use:   "copy-database",
		Short: "Copy everything to another database, such as from SQLite to PostgreSQL",
		Long: `Copy everything to another database, such as from SQLite to PostgreSQL, and compare
the two row by row at the end. Stop the servers of both first; a SQLite file that
is being served is refused. The target must be empty. A copy that was interrupted
goes on where it was when the same command is given again, and no server uses the
target before that is done. The source keeps its data; both are brought up to date.

JWT_SECRET and ENCRYPTION_KEY are not in the database: give the new servers the
same ones, which a server without those settings keeps in its data folder.`,
		Example: `  pierre-mcp-server copy-database --from sqlite:/var/lib/pierre/pierre.db \
    --to postgresql://pierre@db.example.com:5432/pierre`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.load(); err != nil {
				return err
			}
			if err := opts.check(); err != nil {
				return cli.Usage(err)
			}
			return copyDatabase(cmd.Context(), c, w, opts)
		},
	}
	cmd.Flags().StringVar(&opts.from, "from", "", "database to copy, as in --database-url")
	cmd.Flags().StringVar(&opts.to, "to", "", "empty database to copy to, as in --database-url")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print what was copied as JSON")
	return cmd
}

func (o *copyOptions) check() error {
	if o.from == "" || o.to == "" {
		return errors.New("copy-database needs --from and --to, each a database as in --database-url")
	}
	var errs []error
	for _, f := range []struct{ flag, text string }{{"--from", o.from}, {"--to", o.to}} {
		if _, err := parseDatabaseURL(f.text); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.flag, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := store.Exists(o.from, ""); err != nil { // opening it would make it, and a copy of nothing looks like one that went well
		return fmt.Errorf("--from: %w", err)
	}
	return nil
}

func copyDatabase(ctx context.Context, c *config, w cli.World, opts *copyOptions) (err error) {
	from, err := openForCopy(opts.from)
	if err != nil {
		return fmt.Errorf("opening the database to copy from: %w", err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if _, err := from.Migrate(ctx); err != nil {
		return fmt.Errorf("bringing the database to copy from up to date: %w", err)
	}
	if err := c.takeUpCalls(ctx, w, opts.from, from); err != nil {
		return err
	}
	to, err := openForCopy(opts.to)
	if err != nil {
		return fmt.Errorf("opening the database to copy to: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if _, err := to.MigrateForCopy(ctx); err != nil {
		return fmt.Errorf("bringing the database to copy to up to date: %w", err)
	}
	copied, err := store.Copy(ctx, from, to, printCopyProgress(w))
	if err != nil {
		return err
	}
	return printCopied(w, opts, copied)
}

// openForCopy opens a database and keeps servers from it, where it is a file.
func openForCopy(url string) (*store.Store, error) {
	st, err := store.Open(url, "")
	if err != nil {
		return nil, err
	}
	if err := st.BeginServing(); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// takeUpCalls records the calls that a killed server left in the journal beside its database.
func (c *config) takeUpCalls(ctx context.Context, w cli.World, url string, st *store.Store) error {
	path, err := store.Path(url, "")
	if err != nil || path == "" {
		return err
	}
	j, err := journal.Open(ctx, path+journalSuffix, st, logging.New(w.Stderr, c.log))
	if err != nil {
		return fmt.Errorf("recording what a server left: %w", err)
	}
	return j.Close(ctx)
}

// printCopyProgress returns what tells on stderr how far a copy is: a line per table and step, and those of long tables.
func printCopyProgress(w cli.World) func(dbcopy.Progress) {
	const every = 100_000
	var last dbcopy.Progress
	return func(p dbcopy.Progress) {
		ended := p.Rows >= p.Total
		if p.Table == last.Table && p.Checking == last.Checking && p.Rows/every == last.Rows/every && (!ended || last.Rows >= last.Total) {
			return
		}
		if last = p; !ended && p.Rows < every {
			return
		}
		verb := "copied"
		if p.Checking {
			verb = "compared"
		}
		fmt.Fprintf(w.Stderr, "%s: %s %d of %d rows\n", p.Table, verb, p.Rows, p.Total)
	}
}

func printCopied(w cli.World, opts *copyOptions, copied []dbcopy.TableSum) error {
	if opts.json {
		return cli.WriteJSON(w.Stdout, struct {
			Tables []dbcopy.TableSum `json:"tables"`
		}{copied})
	}
	rows := int64(0)
	for _, t := range copied {
		rows += t.Rows
	}
	_, err := fmt.Fprintf(w.Stdout, "copied %d rows of %d tables; the two databases agree row by row\n", rows, len(copied))
	return err
}
