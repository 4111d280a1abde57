package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/exportclient"
	"github.com/pierre-mcp/pierre/internal/exportfile"
)

const exportLong = `export fetches all that the server keeps of you as one zip file: every activity as a
file, your profile with its history, goals, planned workouts, gear, what you said of
activities, values of days, connected accounts, keys and usage as JSON, without
secrets. docs/EXPORT.md says what each file holds, and what another server takes over.

The file gets its name when it is complete. One that is there already is never
replaced. Without --url it uses the entry that "mcp-client install" wrote.`

const exportExample = `  # into pierre-export-2026-05-05.zip
  PIERRE_AUTH_KEY=pk_live_... mcp-client export --url https://pierre.example.com

  # move to another server
  mcp-client export --url https://pierre.example.com --output mine.zip
  mcp-client import --url http://127.0.0.1:8080 mine.zip`

// exportOptions are the flags of export alone.
type exportOptions struct {
	name   string
	output string
	json   bool
}

func newExportCmd(w cli.World, conn *connection.Settings) *cobra.Command {
	opts := new(exportOptions)
	cmd := &cobra.Command{
		Use:     "export",
		Short:   "Fetch all that the server keeps of you, as a zip file",
		Long:    exportLong,
		Example: exportExample,
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return export(cmd.Context(), w, conn, opts)
		},
	}
	registerName(cmd, &opts.name)
	cmd.Flags().StringVarP(&opts.output, "output", "o", "", "the file to write (default pierre-export-DATE.zip in this folder)")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print what was exported as JSON")
	return cmd
}

func export(ctx context.Context, w cli.World, conn *connection.Settings, opts *exportOptions) error {
	if opts.output == "" {
		opts.output = exportfile.DefaultName(time.Now())
	}
	if err := exportfile.Free(opts.output); err != nil { // before anything is asked for
		return cli.Usage(err)
	}
	conn.OrInstalled(w.Getenv, opts.name)
	e, err := conn.Endpoint(w.Getenv)
	if err != nil {
		return err
	}
	client := exportclient.Client{URL: e.At("/api/export"), HTTP: e.HTTP, Authorize: e.Authorize}
	m, size, err := exportfile.Save(opts.output, func(f io.Writer) error {
		progress := exportclient.NewProgress(f, w.Stderr, time.Now)
		defer progress.End()
		return client.Fetch(ctx, progress)
	})
	if refused, ok := errors.AsType[*exportclient.RefusedError](err); ok {
		if missing := e.MissingKey(refused.Status); missing != nil {
			return missing
		}
	}
	if ctx.Err() != nil {
		return errors.New("interrupted; nothing was kept")
	}
	if err != nil {
		return err
	}
	return exportclient.Report{File: opts.output, Bytes: size, Manifest: m}.Write(w.Stdout, opts.json)
}
