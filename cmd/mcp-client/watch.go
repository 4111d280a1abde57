package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/importclient"
	"github.com/pierre-mcp/pierre/internal/watch"
)

const watchLong = `watch imports new recordings as they appear in folders and all folders in them: FIT,
GPX and TCX files (.gz too) and zip archives. It sends a file when it is complete, and
each content once. It remembers what it sent, so it can be stopped and started.

A folder that is not there, such as a watch that is not plugged in, is waited for. While
the server is away, files wait. A file that the server cannot read is named once, and
tried again when it changes. "mcp-client doctor" shows what watch does.

Without --url it uses the entry that "mcp-client install" wrote. It runs until it is
stopped.`

const watchExample = `  # what Zwift and a plugged-in Garmin record
  mcp-client watch ~/Documents/Zwift/Activities /media/$USER/GARMIN/Garmin/Activity
  # a folder of HealthFit in iCloud; one JSON object a line, for another program
  mcp-client watch --json ~/"Library/Mobile Documents/iCloud~com~altifondo~HealthFit/Documents"`

// watchOptions are the flags of watch alone.
type watchOptions struct {
	name    string
	json    bool
	verbose bool
}

func newWatchCmd(w cli.World, conn *connection.Settings) *cobra.Command {
	opts := new(watchOptions)
	cmd := &cobra.Command{
		Use:     "watch FOLDER...",
		Short:   "Import recordings as they appear in folders",
		Long:    watchLong,
		Example: watchExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Usagef("watch needs at least one folder")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return watchFolders(cmd.Context(), w, conn, opts, args)
		},
	}
	registerName(cmd, &opts.name)
	cmd.Flags().BoolVar(&opts.json, "json", false, "print one JSON object for each thing that happens")
	cmd.Flags().BoolVarP(&opts.verbose, "verbose", "v", false, "print duplicates and skipped files, too")
	return cmd
}

func watchFolders(ctx context.Context, w cli.World, conn *connection.Settings, opts *watchOptions, folders []string) error {
	conn.OrInstalled(w.Getenv, opts.name)
	e, err := conn.Endpoint(w.Getenv)
	if err != nil {
		return err
	}
	u := e.At("/api/import")
	client := importclient.NewClient(u, e.HTTP, importclient.Options{Authorize: e.Authorize, Retries: 1})
	server := u.Redacted()
	if athlete := conn.AthleteName(w.Getenv); athlete != "" {
		server += " for " + athlete
	}
	if err := install.CheckName(opts.name); err != nil {
		return cli.Usagef("--name: %w", err)
	}
	machine := install.ThisMachine(w.Getenv)
	run := watch.Options{Folders: folders, State: machine.WatchState(opts.name), Server: server, Home: machine.Home}
	return watch.Run(ctx, client, run, func(e watch.Event) { tellWatch(w, opts, e) })
}

// tellWatch prints an event.
func tellWatch(w cli.World, opts *watchOptions, e watch.Event) {
	if opts.json {
		_ = cli.WriteJSONLine(w.Stdout, e) // a reader that is gone does not end the imports
		return
	}
	text := e.Text()
	if text == "" && opts.verbose {
		text = e.Details()
	}
	if text != "" {
		fmt.Fprintln(w.Stdout, text)
	}
}
