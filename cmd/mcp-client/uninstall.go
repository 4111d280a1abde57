package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/secret"
)

const uninstallLong = `uninstall takes the entry that install wrote out of the MCP hosts on this
computer, and deletes the stored access key. Everything else in the hosts' files
stays as it is; if nothing else has changed since, they get their old bytes back.

An entry of that name that starts another program is left alone. The key is kept
as long as an entry in another host uses it.`

const uninstallExample = `  mcp-client uninstall
  mcp-client uninstall --host cursor --dry-run`

// uninstallOptions are the flags of uninstall.
type uninstallOptions struct {
	hosts  []string
	name   string
	yes    bool
	dryRun bool
	json   bool
}

func newUninstallCmd(w cli.World) *cobra.Command {
	opts := new(uninstallOptions)
	cmd := &cobra.Command{
		Use:     "uninstall",
		Short:   "Take the client out of the MCP hosts on this computer",
		Long:    uninstallLong,
		Example: uninstallExample,
		Args:    cli.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return runUninstall(w, opts) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&opts.hosts, "host", nil, "only this `host`: "+strings.Join(install.HostNames(), ", ")+" (repeatable; default: all that are found)")
	flags.StringVar(&opts.name, "name", defaultName, "what the entry, and the stored key, are called")
	flags.BoolVarP(&opts.yes, "yes", "y", false, "do not ask before writing")
	flags.BoolVar(&opts.dryRun, "dry-run", false, "show what would be written, and change nothing")
	flags.BoolVar(&opts.json, "json", false, "print the outcome as JSON")
	return cmd
}

func runUninstall(w cli.World, opts *uninstallOptions) error {
	if err := install.CheckName(opts.name); err != nil {
		return cli.Usagef("--name: %w", err)
	}
	m, err := ownMachine(w.Getenv)
	if err != nil {
		return err
	}
	targets, err := m.Find(opts.hosts...)
	if err != nil {
		return cli.Usagef("--host: %w", err)
	}
	in := &installation{
		w: w, opts: &installOptions{yes: opts.yes, json: opts.json},
		report: installReport{Name: opts.name, DryRun: opts.dryRun, masked: newMask(secret.String{}), Hosts: []hostReport{}},
	}
	var changes []install.Change
	for _, t := range targets {
		c, err := t.Uninstall(opts.name)
		in.report.add(t, c, err)
		if err == nil {
			changes = append(changes, c)
		}
	}
	if !opts.dryRun {
		if slices.ContainsFunc(changes, func(c install.Change) bool { return !c.None() }) {
			if err := in.agreed(); err != nil {
				return err
			}
		}
		in.apply(changes)
		if err := in.forget(m, opts.name); err != nil {
			return err
		}
	}
	return in.finish("uninstalled")
}

// forget deletes the stored key unless an entry is left that needs it.
func (in *installation) forget(m install.Machine, name string) error {
	targets, err := m.Find()
	if err != nil {
		return err
	}
	for _, t := range targets {
		e, found, err := t.Entry(name)
		if found && e.Ours() || err != nil {
			in.report.Key.Place = "kept"
			return nil //nolint:nilerr // what cannot be read may hold an entry
		}
	}
	had, err := keyStore(in.w.Getenv).Delete(name)
	if had {
		in.report.Key.Place = "deleted"
	}
	return err
}
