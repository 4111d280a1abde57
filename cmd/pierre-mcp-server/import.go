package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/importreport"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func newImport(c *config, w cli.World) *cobra.Command {
	var email string
	cmd := &cobra.Command{
		Use:   "import PATH…",
		Short: "Import recordings and export archives for a user",
		Example: `  pierre-mcp-server import --user ana@example.com export_1234.zip
  pierre-mcp-server --single-tenant import ~/Downloads/activities`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				return cli.Usagef("import needs the path of a file, a folder or an archive")
			}
			if err := c.load(); err != nil {
				return err
			}
			if (email == "") != c.singleTenant {
				return cli.Usagef("import needs --user EMAIL, or --single-tenant for the personal program's own data")
			}
			for _, path := range paths {
				if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) { // before anything is imported
					return cli.Usagef("there is no file or folder %s", path)
				}
			}
			return importPaths(cmd, c, w, email, paths)
		},
	}
	cmd.Flags().StringVar(&email, "user", "", "e-mail address of the user, who is made if new")
	return cmd
}

func importPaths(cmd *cobra.Command, c *config, w cli.World, email string, paths []string) (err error) {
	ctx := cmd.Context()
	a, err := c.open(ctx, w, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close(ctx)) }()
	var total pierre.ImportSummary
	user, err := a.importingUser(ctx, email)
	if err != nil {
		return err
	}
	for _, path := range paths {
		summary, err := a.imports.ImportPath(ctx, user.ID, path, importer.Watch{Row: func(row pierre.ImportRow) error {
			total.Count(row)
			return importreport.Row(w.Stdout, row)
		}})
		if err != nil {
			return err
		}
		total.Activities += summary.Activities
	}
	if err := importreport.Summary(w.Stdout, total, ""); err != nil {
		return err
	}
	if total.Failed > 0 {
		return fmt.Errorf("%d of %d files failed", total.Failed, total.Files)
	}
	return nil
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
