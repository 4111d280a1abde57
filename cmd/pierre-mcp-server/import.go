package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/importreport"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// importOptions are the flags of import alone.
type importOptions struct {
	email   string
	athlete string
	json    bool
	verbose bool
}

func newImport(c *config, w cli.World) *cobra.Command {
	opts := new(importOptions)
	cmd := &cobra.Command{
		Use:   "import PATH…",
		Short: "Import recordings and export archives for a user",
		Example: `  pierre-mcp-server import --user ana@example.com export_1234.zip
  pierre-mcp-server import --user dev@acme.example --athlete 4711 ride.fit
  pierre-mcp-server --single-tenant import ~/Downloads/activities`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				return cli.Usagef("import needs the path of a file, a folder or an archive")
			}
			if err := c.load(); err != nil {
				return err
			}
			if (opts.email == "") != c.singleTenant {
				return cli.Usagef("import needs --user EMAIL, or --single-tenant for the personal program's own data")
			}
			if err := checkAthlete(opts.athlete, opts.email); err != nil {
				return err
			}
			for _, path := range paths {
				if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) { // before anything is imported
					return cli.Usagef("there is no file or folder %s", path)
				}
			}
			return importPaths(cmd.Context(), c, w, opts, paths)
		},
	}
	cmd.Flags().BoolVar(&opts.json, "json", false, "print the report as JSON")
	cmd.Flags().BoolVarP(&opts.verbose, "verbose", "v", false, "print what became of every file")
	cmd.Flags().StringVar(&opts.athlete, "athlete", "", "one of the athletes of the user's application, by the application's name for it, who is made if new")
	cmd.Flags().StringVar(&opts.email, "user", "", "e-mail address of the user, who is made if new")
	return cmd
}

// checkAthlete reports what is wrong with the flags that name an application's athlete.
func checkAthlete(athlete, email string) error {
	if athlete == "" {
		return nil
	}
	if email == "" {
		return cli.Usagef("--athlete needs --user EMAIL, whose application has the athlete")
	}
	if _, err := pierre.ParseAthleteName("--athlete", athlete); err != nil {
		return cli.Usage(err)
	}
	return nil
}

func importPaths(ctx context.Context, c *config, w cli.World, opts *importOptions, paths []string) (err error) {
	a, err := c.open(ctx, w, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close(ctx)) }()
	user, err := a.importingUser(ctx, opts.email)
	if err != nil {
		return err
	}
	if opts.athlete != "" {
		if user.ID, err = a.store.EnsureAthlete(ctx, user.ID, pierre.AthleteName(opts.athlete), c.maxAthletes, time.Now()); err != nil {
			return err
		}
	}
	report := pierre.ImportReport{Files: []pierre.ImportRow{}}
	progress := importreport.NewProgress(w.Stderr, time.Now, paths, 0)
	for _, path := range paths {
		var summary pierre.ImportSummary
		summary, err = a.imports.ImportPath(ctx, user.ID, path, importer.Watch{
			Row: func(row pierre.ImportRow) error {
				report.Files = append(report.Files, row)
				report.Summary.Count(row)
				return nil
			},
			Progress: func(now pierre.ImportProgress) { progress.Progress(path, now) },
		})
		report.Summary.Activities += summary.Activities
		if err != nil {
			break
		}
		progress.Done(path, summary.Files)
	}
	progress.End()
	if err = errors.Join(err, printImport(w, opts, report, err)); err != nil {
		return err
	}
	return importreport.Failed(report.Summary)
}

// printImport prints what became of an import that ended with failure, or nil.
func printImport(w cli.World, opts *importOptions, report pierre.ImportReport, failure error) error {
	switch {
	case len(report.Files) == 0 && failure == nil:
		return importreport.ErrNothing
	case opts.json:
		return cli.WriteJSON(w.Stdout, report)
	case len(report.Files) > 0:
		return importreport.Write(w.Stdout, report, importreport.Options{Verbose: opts.verbose})
	default:
		return nil
	}
}

// importingUser returns the user with that e-mail address, who is made if new; "" is the one of a personal server. Users of
// older versions may have an address that is not plain: they are found by it exactly as it is.
func (a *app) importingUser(ctx context.Context, address string) (pierre.User, error) {
	if address == "" {
		return a.store.EnsureUser(ctx, personalEmail, time.Now())
	}
	email, notPlain := pierre.NormalizeEmail(address)
	if notPlain == nil {
		return a.store.EnsureUser(ctx, email, time.Now())
	}
	user, err := a.store.UserByEmail(ctx, address)
	if pierre.KindOf(err) == pierre.KindNotFound {
		return user, cli.Usage(notPlain)
	}
	return user, err
}
