// Package installflow puts an entry into the MCP hosts on this computer, and takes it
// out again, the way a person runs it: show, ask, write, report. Which program the
// entry starts, and where its key is, is the caller's business.
package installflow

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// Options are what the user wants, as flags.
type Options struct {
	Hosts  []string // names of [install.HostNames]; none: all that are found
	Name   string   // of the entry
	Yes    bool
	DryRun bool
	JSON   bool
	Print  bool // of install alone
}

// Register adds the flags that install and uninstall share. Name is the default for the entry's.
func (o *Options) Register(flags *pflag.FlagSet, name string) {
	flags.StringSliceVar(&o.Hosts, "host", nil, "only this `host`: "+strings.Join(install.HostNames(), ", ")+" (repeatable; default: all that are found)")
	flags.StringVar(&o.Name, "name", name, "what the entry, and the stored key, are called")
	flags.BoolVarP(&o.Yes, "yes", "y", false, "do not ask before writing")
	flags.BoolVar(&o.DryRun, "dry-run", false, "show what would change, and change nothing")
	flags.BoolVar(&o.JSON, "json", false, "print the outcome as JSON")
}

// RegisterPrint adds the flag that install alone has.
func (o *Options) RegisterPrint(flags *pflag.FlagSet) {
	flags.BoolVar(&o.Print, "print", false, "print the entries, to paste by hand, and change nothing")
}

// A Plan is what to install.
type Plan struct {
	Entry    install.Entry
	URL      string        // of the server that the entry leads to; empty: none
	Server   *Server       // what it says about itself; nil: it was not asked
	Key      Key           // where the access key is, or will be
	Secret   secret.String // is hidden in what is shown
	Warnings []string
	// Store is called once the user has agreed, before a file is changed; nil: there is nothing to store.
	Store func() (Key, error)
}

// Targets finds the configuration files of the hosts that the user wants.
func Targets(w cli.World, opts Options) ([]install.Target, error) {
	targets, err := find(w, opts)
	if err == nil && len(targets) == 0 && !opts.Print {
		return nil, fmt.Errorf("no MCP host was found on this computer: install one, name one with --host (%s), or use --print and paste the entry by hand",
			strings.Join(install.HostNames(), ", "))
	}
	return targets, err
}

func find(w cli.World, opts Options) ([]install.Target, error) {
	if err := install.CheckName(opts.Name); err != nil {
		return nil, cli.Usagef("--name: %w", err)
	}
	m, err := OwnMachine(w.Getenv)
	if err != nil {
		return nil, err
	}
	targets, err := m.Find(opts.Hosts...)
	if err != nil {
		return nil, cli.Usagef("--host: %w", err)
	}
	return targets, nil
}

// OwnMachine is the user's computer. Under sudo the hosts' files would become root's,
// and their programs could not read them any more.
func OwnMachine(getenv func(string) string) (install.Machine, error) {
	m := install.ThisMachine(getenv)
	switch {
	case m.Home == "":
		return m, errors.New("cannot tell where your files are: HOME is not set")
	case os.Geteuid() == 0 && getenv("SUDO_USER") != "":
		return m, errors.New("these files are yours, not root's: run this without sudo")
	default:
		return m, nil
	}
}

// ThisProgram returns the absolute path of the running program, and a warning if it
// lies where it will not stay.
func ThisProgram() (path, warning string, err error) {
	if path, err = os.Executable(); err != nil {
		return "", "", fmt.Errorf("finding this program: %w", err)
	}
	if strings.HasPrefix(path, os.TempDir()+string(filepath.Separator)) {
		warning = fmt.Sprintf("this program is in %s, which is emptied now and then: move it to a lasting place and install again", filepath.Dir(path))
	}
	return path, warning, nil
}

// A run is one run of install or uninstall.
type run struct {
	w      cli.World
	opts   Options
	report report
	shown  bool // the user has seen the changes
}

// Install gives the targets the plan's entry when the user agrees, and prints what was done.
func Install(w cli.World, opts Options, targets []install.Target, plan Plan) error {
	r := &run{w: w, opts: opts, report: report{
		Name: opts.Name, URL: plan.URL, DryRun: opts.DryRun, Server: plan.Server, Key: plan.Key, Hosts: []hostReport{},
		Entry:    entryReport{Command: plan.Entry.Command, Args: plan.Entry.Args},
		Warnings: plan.Warnings, mask: newMask(plan.Secret),
	}}
	if opts.Print {
		return r.print(targets, plan.Entry)
	}
	changes := r.plan(targets, plan.Entry)
	if opts.DryRun {
		return r.finish("installed")
	}
	if err := r.agreed(changes); err != nil {
		return err
	}
	if plan.Store != nil {
		key, err := plan.Store()
		if err != nil {
			return err
		}
		r.report.Key = key
	}
	r.apply(changes)
	return r.finish("installed")
}

// plan computes the changes and puts them into the report. A file that cannot be
// changed safely is reported and left out.
func (r *run) plan(targets []install.Target, e install.Entry) []install.Change {
	var changes []install.Change
	for _, t := range targets {
		c, err := t.Install(r.opts.Name, e)
		r.report.add(t, c, err)
		if err != nil {
			continue
		}
		if old, found, err := t.Entry(r.opts.Name); err == nil && found && !sameProgram(old, e) {
			r.report.warn("%s: the entry %s starts another program now (%s); choose another --name to keep it", t.Host.Title, r.opts.Name, orNone(old.Command))
		}
		changes = append(changes, c)
	}
	return changes
}

func sameProgram(a, b install.Entry) bool {
	base := filepath.Base(b.Command)
	return a.Starts(strings.TrimSuffix(strings.ToLower(base), ".exe"))
}

func orNone(command string) string {
	if command == "" {
		return "none"
	}
	return command
}

// agreed returns nil if there is nothing to change, or if the user wants the changes of the report.
func (r *run) agreed(changes []install.Change) error {
	if r.opts.Yes || !slices.ContainsFunc(changes, func(c install.Change) bool { return !c.None() }) {
		return nil
	}
	if _, ok := Terminal(r.w); !ok {
		return cli.Usagef("there is no terminal to ask at: use --yes to write, or --dry-run to look")
	}
	r.report.show(r.w.Stderr)
	yes, err := Confirm(r.w, "Write this?")
	if err != nil {
		return err
	}
	if !yes {
		return errors.New("nothing was changed")
	}
	r.shown = true
	return nil
}

func (r *run) apply(changes []install.Change) {
	for _, c := range changes {
		backup, err := c.Apply(time.Now())
		r.report.applied(c.Target, backup, err)
	}
}

// finish prints the report; it is an error if a host was left out.
func (r *run) finish(done string) error {
	if r.opts.JSON {
		return errors.Join(cli.WriteJSON(r.w.Stdout, r.report), r.report.failure())
	}
	if !r.shown {
		r.report.show(r.w.Stdout)
	}
	r.report.summarize(r.w.Stdout, done)
	return r.report.failure()
}
