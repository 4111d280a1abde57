package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/clientinstall"
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

With --install the system's service manager runs it: systemd, launchd or the Task
Scheduler. It shows the file that it writes and asks. The key is stored where
"mcp-client install" stores it, and is in no command line.

Without --url it uses the entry that "mcp-client install" wrote. It runs until it is
stopped.`

const watchExample = `  # what Zwift and a plugged-in Garmin record
  mcp-client watch ~/Documents/Zwift/Activities /media/$USER/GARMIN/Garmin/Activity
  # the same, whenever you are signed in; first only look
  mcp-client watch --install --dry-run ~/Documents/Zwift/Activities
  mcp-client watch --install ~/Documents/Zwift/Activities
  mcp-client watch --uninstall

  # a folder of HealthFit in iCloud; one JSON object a line, for another program
  mcp-client watch --json ~/"Library/Mobile Documents/iCloud~com~altifondo~HealthFit/Documents"`

// watchOptions are the flags of watch alone.
type watchOptions struct {
	name    string
	json    bool
	verbose bool

	install   bool
	uninstall bool
	yes       bool
	dryRun    bool
}

func newWatchCmd(w cli.World, conn *connection.Settings) *cobra.Command {
	opts := new(watchOptions)
	cmd := &cobra.Command{
		Use:     "watch FOLDER...",
		Short:   "Import recordings as they appear in folders",
		Long:    watchLong,
		Example: watchExample,
		Args:    opts.checkFolders,
		RunE: func(cmd *cobra.Command, args []string) error {
			plan := clientinstall.WatchPlan{Name: opts.name, Folders: args, Yes: opts.yes, DryRun: opts.dryRun}
			switch {
			case opts.uninstall:
				return clientinstall.UninstallWatch(cmd.Context(), w, plan)
			case opts.install:
				conn.OrInstalled(w.Getenv, opts.name)
				return clientinstall.InstallWatch(cmd.Context(), w, conn, plan)
			}
			return watchFolders(cmd.Context(), w, conn, opts, args)
		},
	}
	registerName(cmd, &opts.name)
	cmd.Flags().BoolVar(&opts.json, "json", false, "print one JSON object for each thing that happens")
	cmd.Flags().BoolVarP(&opts.verbose, "verbose", "v", false, "print duplicates and skipped files, too")
	cmd.Flags().BoolVar(&opts.install, "install", false, "let the system's service manager run it: systemd, launchd or the Task Scheduler")
	cmd.Flags().BoolVar(&opts.uninstall, "uninstall", false, "take that service out again")
	cmd.Flags().BoolVarP(&opts.yes, "yes", "y", false, "with --install and --uninstall: do not ask")
	cmd.Flags().BoolVar(&opts.dryRun, "dry-run", false, "with --install and --uninstall: show what would be done, and do nothing")
	return cmd
}

// checkFolders refuses what does not fit together.
func (o *watchOptions) checkFolders(_ *cobra.Command, args []string) error {
	switch {
	case o.install && o.uninstall:
		return cli.Usagef("--install and --uninstall exclude each other")
	case (o.dryRun || o.yes) && !o.install && !o.uninstall:
		return cli.Usagef("--yes and --dry-run are for --install and --uninstall")
	case o.uninstall && len(args) > 0:
		return cli.Usagef("--uninstall takes no folders: it takes out the service called --name")
	case !o.uninstall && len(args) == 0:
		return cli.Usagef("watch needs at least one folder")
	}
	return nil
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
