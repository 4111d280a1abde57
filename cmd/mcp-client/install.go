package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/secret"
)

const installLong = `install connects the MCP hosts on this computer to a server: it finds their
configuration files, shows what it would change, and changes them when you agree.

The access key is asked for (nothing is shown while you type) or taken from
PIERRE_AUTH_KEY, tried on the server, and stored in the system's keychain or, on
Linux, in a file that only you can read. It does not go into the hosts' files
unless you say --key-in-config.

Everything else in those files stays as it is, comments included, and a backup
is left beside each. Installing again changes nothing; "mcp-client uninstall"
takes everything out again.`

const installExample = `  # every host on this computer
  mcp-client install --url https://pierre.example.com

  # two of them; first only look
  mcp-client install --url https://pierre.example.com --host claude-desktop --host cursor --dry-run

  # in a script
  PIERRE_AUTH_KEY=pk_live_... mcp-client install --url https://pierre.example.com --yes --json`

// installOptions are the flags of install alone.
type installOptions struct {
	hosts       []string
	name        string
	yes         bool
	dryRun      bool
	json        bool
	keyInConfig bool
}

func newInstallCmd(w cli.World, conn *connection) *cobra.Command {
	opts := new(installOptions)
	cmd := &cobra.Command{
		Use:     "install --url URL",
		Short:   "Put the client into the MCP hosts on this computer",
		Long:    installLong,
		Example: installExample,
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runInstall(cmd.Context(), w, conn, opts)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&opts.hosts, "host", nil, "only this `host`: "+strings.Join(install.HostNames(), ", ")+" (repeatable; default: all that are found)")
	flags.StringVar(&opts.name, "name", defaultName, "what the entry, and the stored key, are called")
	flags.BoolVarP(&opts.yes, "yes", "y", false, "do not ask before writing")
	flags.BoolVar(&opts.dryRun, "dry-run", false, "show what would be written, and change nothing")
	flags.BoolVar(&opts.json, "json", false, "print the outcome as JSON")
	flags.BoolVar(&opts.keyInConfig, "key-in-config", false, "write the key into the hosts' files instead of storing it")
	return cmd
}

// An installation is one run of install.
type installation struct {
	w        cli.World
	conn     *connection
	opts     *installOptions
	endpoint endpoint
	targets  []install.Target
	report   installReport
}

func runInstall(ctx context.Context, w cli.World, conn *connection, opts *installOptions) error {
	in := &installation{w: w, conn: conn, opts: opts}
	if err := in.prepare(); err != nil {
		return err
	}
	key, err := in.key(ctx)
	if err != nil {
		return err
	}
	e, err := in.entry(key)
	if err != nil {
		return err
	}
	changes := in.plan(e)
	if opts.dryRun {
		return in.finish("installed")
	}
	if slices.ContainsFunc(changes, func(c install.Change) bool { return !c.None() }) {
		if err := in.agreed(); err != nil {
			return err
		}
	}
	if key.store {
		if err := in.store(key.value); err != nil {
			return err
		}
	}
	in.apply(changes)
	return in.finish("installed")
}

// prepare checks the flags and finds the hosts.
func (in *installation) prepare() error {
	if err := install.CheckName(in.opts.name); err != nil {
		return cli.Usagef("--name: %w", err)
	}
	endpoint, err := in.conn.endpoint(in.w.Getenv)
	if err != nil {
		return err
	}
	in.endpoint = endpoint
	m, err := ownMachine(in.w.Getenv)
	if err != nil {
		return err
	}
	if in.targets, err = m.Find(in.opts.hosts...); err != nil {
		return cli.Usagef("--host: %w", err)
	}
	if len(in.targets) == 0 {
		return fmt.Errorf("no MCP host was found on this computer: install one, or name one with --host (%s)", strings.Join(install.HostNames(), ", "))
	}
	in.report = installReport{Name: in.opts.name, URL: in.endpoint.URL.String(), DryRun: in.opts.dryRun, masked: newMask(in.endpoint.Key)}
	return nil
}

// entry is what the hosts get.
func (in *installation) entry(key foundKey) (install.Entry, error) {
	command, err := os.Executable()
	if err != nil {
		return install.Entry{}, fmt.Errorf("finding this program: %w", err)
	}
	if strings.HasPrefix(command, os.TempDir()+string(filepath.Separator)) {
		in.report.warn("this program is in %s, which is emptied now and then: move it to a lasting place and install again", filepath.Dir(command))
	}
	args, err := in.conn.args(in.w.Getenv)
	if err != nil {
		return install.Entry{}, err
	}
	e := install.Entry{Command: command, Args: append(args, key.args...)}
	if in.opts.keyInConfig && key.value.Reveal() != "" {
		e.Env = map[string]string{install.KeyVariable: key.value.Reveal()}
	}
	in.report.Entry = reportEntry{Command: e.Command, Args: e.Args}
	return e, nil
}

// args are the flags with which a host reaches the server as this command did,
// files by their absolute paths, without the key.
func (c *connection) args(getenv func(string) string) ([]string, error) {
	args := []string{"--url", orElse(c.url, getenv("PIERRE_URL"))}
	for _, f := range []struct{ flag, path string }{{"--ca-cert", c.caCert}, {"--client-cert", c.clientCert}, {"--client-key", c.clientKey}} {
		if f.path == "" {
			continue
		}
		path, err := filepath.Abs(f.path)
		if err != nil {
			return nil, fmt.Errorf("finding the file of %s: %w", f.flag, err)
		}
		args = append(args, f.flag, path)
	}
	if c.proxy != "" {
		args = append(args, "--proxy", c.proxy)
	}
	for _, h := range c.headers {
		args = append(args, "--header", h)
	}
	if c.allowHTTP {
		args = append(args, "--allow-http")
	}
	return args, nil
}

// plan computes the changes and puts them into the report. A file that cannot be
// changed safely is reported and left out.
func (in *installation) plan(e install.Entry) []install.Change {
	var changes []install.Change
	for _, t := range in.targets {
		c, err := t.Install(in.opts.name, e)
		in.report.add(t, c, err)
		if err != nil {
			continue
		}
		if old, found, err := t.Entry(in.opts.name); err == nil && found && !old.Ours() {
			in.report.warn("%s: the entry %s starts another program now (%s); choose another --name to keep it", t.Host.Title, in.opts.name, orElse(old.Command, "none"))
		}
		changes = append(changes, c)
	}
	return changes
}

// agreed returns nil if the user wants the changes of the report.
func (in *installation) agreed() error {
	if in.opts.yes {
		return nil
	}
	if _, ok := terminal(in.w); !ok {
		return cli.Usagef("there is no terminal to ask at: say --yes to write, or --dry-run to look")
	}
	in.report.show(in.w.Stderr)
	yes, err := confirm(in.w, "Write this?")
	if err != nil {
		return err
	}
	if !yes {
		return errors.New("nothing was changed")
	}
	in.report.shown = true
	return nil
}

func (in *installation) store(key secret.String) error {
	place, err := keyStore(in.w.Getenv).Save(in.opts.name, key)
	if err != nil {
		return err
	}
	in.report.Key = keyReport(place)
	return nil
}

func (in *installation) apply(changes []install.Change) {
	for _, c := range changes {
		backup, err := c.Apply(time.Now())
		in.report.applied(c.Target, backup, err)
	}
}

// finish prints the report; it is an error if a host was left out.
func (in *installation) finish(done string) error {
	if in.opts.json {
		return errors.Join(printJSON(in.w.Stdout, in.report), in.report.failure())
	}
	if !in.report.shown {
		in.report.show(in.w.Stdout)
	}
	in.report.summarize(in.w.Stdout, done)
	return in.report.failure()
}
