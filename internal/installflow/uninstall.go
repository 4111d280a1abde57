package installflow

import (
	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// Uninstall takes the entry of the program of that base name out of the hosts when
// the user agrees, and prints what was done. If no entry of that name is left,
// deleteKey deletes the stored key and reports whether there was one; nil: the
// program has none.
func Uninstall(w cli.World, opts Options, program string, deleteKey func(name string) (bool, error)) error {
	targets, err := find(w, opts)
	if err != nil {
		return err
	}
	r := &run{w: w, opts: opts, report: report{Name: opts.Name, DryRun: opts.DryRun, mask: newMask(secret.String{}), Hosts: []hostReport{}}}
	var changes []install.Change
	for _, t := range targets {
		c, err := t.Uninstall(opts.Name, program)
		r.report.add(t, c, err)
		if err == nil {
			changes = append(changes, c)
		}
	}
	if !opts.DryRun {
		if err := r.agreed(changes); err != nil {
			return err
		}
		r.apply(changes)
		if err := r.forget(program, deleteKey); err != nil {
			return err
		}
	}
	return r.finish("uninstalled")
}

// forget deletes the stored key unless an entry is left that needs it.
func (r *run) forget(program string, deleteKey func(string) (bool, error)) error {
	if deleteKey == nil {
		return nil
	}
	targets, err := install.ThisMachine(r.w.Getenv).Find()
	if err != nil {
		return err
	}
	for _, t := range targets {
		e, found, err := t.Entry(r.opts.Name)
		if found && e.Starts(program) || err != nil {
			r.report.Key.Place = KeyKept
			return nil //nolint:nilerr // what cannot be read may hold an entry
		}
	}
	had, err := deleteKey(r.opts.Name)
	if had {
		r.report.Key.Place = KeyDeleted
	}
	return err
}
