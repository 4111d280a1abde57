package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/exportclient"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

// exportOptions are the flags of export alone.
type exportOptions struct {
	email   string
	athlete string
	output  string
	json    bool
}

func newExport(c *config, w cli.World) *cobra.Command {
	opts := new(exportOptions)
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write all that is kept of a user into a zip file",
		Long: `export writes all that is kept of a user into a zip file: every activity as a file,
and the rest as JSON, without secrets. It is what a person may ask for by the GDPR,
articles 15 and 20. docs/EXPORT.md says what each file holds.`,
		Example: `  pierre-mcp-server export --user ana@example.com --output ana.zip
  pierre-mcp-server export --user dev@acme.example --athlete 4711
  pierre-mcp-server --single-tenant export`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.load(); err != nil {
				return err
			}
			if (opts.email == "") != c.singleTenant {
				return cli.Usagef("export needs --user EMAIL, or --single-tenant for the personal program's own data")
			}
			if err := checkAthlete(opts.athlete, opts.email); err != nil {
				return err
			}
			if opts.output == "" {
				opts.output = exportfile.DefaultName(time.Now())
			}
			if err := exportfile.Free(opts.output); err != nil {
				return cli.Usage(err)
			}
			return exportUser(cmd.Context(), c, w, opts)
		},
	}
	cmd.Flags().StringVar(&opts.email, "user", "", "e-mail address of the user")
	cmd.Flags().StringVar(&opts.athlete, "athlete", "", "one of the athletes of the user's application, by the application's name for it")
	cmd.Flags().StringVarP(&opts.output, "output", "o", "", "the file to write (default pierre-export-DATE.zip in this folder)")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print what was exported as JSON")
	return cmd
}

func exportUser(ctx context.Context, c *config, w cli.World, opts *exportOptions) (err error) {
	if err := store.Exists(c.databaseURL, c.dataDir); err != nil {
		return err
	}
	a, err := c.open(ctx, w, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close(ctx)) }()
	user, err := a.exportedUser(ctx, opts)
	if err != nil {
		return err
	}
	m, size, err := exportfile.Save(opts.output, func(f io.Writer) error {
		progress := exportclient.NewProgress(f, w.Stderr, time.Now)
		defer progress.End()
		_, err := a.exports.Export(ctx, user, progress)
		return err
	})
	if ctx.Err() != nil {
		return errors.New("interrupted; nothing was kept")
	}
	if err != nil {
		return err
	}
	return exportclient.Report{File: opts.output, Bytes: size, Manifest: m}.Write(w.Stdout, opts.json)
}

// exportedUser returns whose data is meant. Nobody is made.
func (a *app) exportedUser(ctx context.Context, opts *exportOptions) (pierre.UserID, error) {
	email := opts.email
	if email == "" {
		user, err := a.personalUser(ctx)
		return user.ID, err
	}
	if plain, err := pierre.NormalizeEmail(email); err == nil {
		email = plain
	}
	user, err := a.store.UserByEmail(ctx, email)
	if pierre.KindOf(err) == pierre.KindNotFound {
		return "", cli.Usagef("there is no user %s", opts.email)
	}
	if err != nil || opts.athlete == "" {
		return user.ID, err
	}
	athlete, err := a.store.Athlete(ctx, user.ID, pierre.AthleteName(opts.athlete))
	if pierre.KindOf(err) == pierre.KindNotFound {
		return "", cli.Usagef("%s has no athlete %s", opts.email, opts.athlete)
	}
	return athlete.ID, err
}
