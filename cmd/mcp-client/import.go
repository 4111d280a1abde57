package main

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/importclient"
	"github.com/pierre-mcp/pierre/internal/importreport"
)

const importLong = `import uploads recordings to the server: FIT, GPX and TCX files (.gz too), folders
of them, and the account exports of Strava, Garmin and Apple Health, as the zip
file that they came in or unpacked.

While it runs it says how far it is. Then it prints the files that need attention,
what was found, and a question to ask; --verbose prints every file: imported,
duplicate, skipped (it is no activity) or failed, with the reason. Importing again
changes nothing, so an import that was interrupted is completed by repeating it.

Without --url it uses the entry that "mcp-client install" wrote. The exit code is 0
if nothing failed.`

const importExample = `  # a Strava archive
  PIERRE_AUTH_KEY=pk_live_... mcp-client import --url https://pierre.example.com ~/Downloads/export_1234.zip

  # a folder, and one more file; first only look at what would be sent
  mcp-client import --url http://127.0.0.1:8081 --dry-run ~/Garmin/Activity ride.fit
  mcp-client import --url http://127.0.0.1:8081 ~/Garmin/Activity ride.fit`

// importOptions are the flags of import alone.
type importOptions struct {
	name    string
	json    bool
	verbose bool
	dryRun  bool
}

func newImportCmd(w cli.World, conn *connection.Settings) *cobra.Command {
	opts := new(importOptions)
	cmd := &cobra.Command{
		Use:     "import PATH...",
		Short:   "Upload activity files, folders and export archives",
		Long:    importLong,
		Example: importExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Usagef("import needs at least one file, folder or archive")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return importPaths(cmd.Context(), w, conn, opts, args)
		},
	}
	registerName(cmd, &opts.name)
	cmd.Flags().BoolVar(&opts.json, "json", false, "print the report as JSON")
	cmd.Flags().BoolVarP(&opts.verbose, "verbose", "v", false, "print what became of every file")
	cmd.Flags().BoolVar(&opts.dryRun, "dry-run", false, "list what would be sent, and send nothing")
	return cmd
}

func importPaths(ctx context.Context, w cli.World, conn *connection.Settings, opts *importOptions, paths []string) error {
	items, others, err := importclient.Find(paths)
	if missing, ok := errors.AsType[*fs.PathError](err); ok && errors.Is(err, fs.ErrNotExist) {
		return cli.Usagef("there is no file or folder %s", missing.Path)
	}
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return importreport.ErrNothing
	}
	if opts.dryRun {
		return importclient.WritePlan(w.Stdout, items, others)
	}
	conn.OrInstalled(w.Getenv, opts.name)
	e, err := conn.Endpoint(w.Getenv)
	if err != nil {
		return err
	}
	client := importclient.NewClient(e.At("/api/import"), e.HTTP, importclient.Options{Authorize: e.Authorize})
	progress := importreport.NewProgress(w.Stderr, time.Now, importclient.Paths(items), importclient.Size(items))
	report, err := client.Send(ctx, items, progress)
	progress.End()
	if missing := e.MissingKey(importclient.Status(err)); missing != nil {
		err = missing
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted; importing again completes what is missing")
	}
	switch {
	case opts.json:
		err = errors.Join(err, cli.WriteJSON(w.Stdout, report))
	case err == nil || len(report.Files) > 0:
		err = errors.Join(err, importreport.Write(w.Stdout, report, importreport.Options{Verbose: opts.verbose, Others: others}))
	}
	if err != nil {
		return err
	}
	return importreport.Failed(report.Summary)
}
