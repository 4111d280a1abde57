package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/installflow"
)

const (
	programName  = "pierre-mcp-server"
	defaultEntry = "pierre"
)

const installLong = `install connects the MCP hosts on this computer to your personal server: it finds
their configuration files, shows what it would change, and changes them when you
agree. A host then starts this program by itself; no server has to run.

Everything else in those files stays as it is, comments included, and a backup
is left beside each. Installing again changes nothing; "pierre-mcp-server
--single-tenant uninstall" takes everything out again. Your recordings stay.`

const installExample = `  # every host on this computer
  pierre-mcp-server --single-tenant install

  # only look; or print the entries, to paste by hand
  pierre-mcp-server --single-tenant install --dry-run
  pierre-mcp-server --single-tenant install --print`

func newInstall(c *config, w cli.World) *cobra.Command {
	opts := new(installflow.Options)
	cmd := &cobra.Command{
		Use:     "install",
		Short:   "Put the personal server into the MCP hosts on this computer",
		Long:    installLong,
		Example: installExample,
		Args:    cli.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := c.loadPersonal("install"); err != nil {
				return err
			}
			return installPersonal(c, w, *opts)
		},
	}
	opts.Register(cmd.Flags(), defaultEntry)
	opts.RegisterPrint(cmd.Flags())
	return cmd
}

func newUninstall(c *config, w cli.World) *cobra.Command {
	opts := new(installflow.Options)
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Take the personal server out of the MCP hosts on this computer",
		Long: `uninstall takes the entry that install wrote out of the MCP hosts on this computer.
Everything else in the hosts' files stays as it is, and so do your recordings. An
entry of that name that starts another program is left alone.`,
		Args: cli.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := c.loadPersonal("uninstall"); err != nil {
				return err
			}
			return installflow.Uninstall(w, *opts, programName, nil)
		},
	}
	opts.Register(cmd.Flags(), defaultEntry)
	return cmd
}

// loadPersonal loads the configuration for a command that only a personal server has.
func (c *config) loadPersonal(command string) error {
	if !c.singleTenant {
		return cli.Usagef("%s is for a personal server: pierre-mcp-server --single-tenant %s; a host is connected to a server for many with mcp-client %s", command, command, command)
	}
	return c.load()
}

func installPersonal(c *config, w cli.World, opts installflow.Options) error {
	command, warning, err := installflow.ThisProgram()
	if err != nil {
		return err
	}
	args, err := c.entryArgs()
	if err != nil {
		return err
	}
	plan := installflow.Plan{
		Entry: install.Entry{Command: command, Args: args},
		Key:   installflow.Key{Place: installflow.KeyNone},
	}
	if warning != "" {
		plan.Warnings = []string{warning}
	}
	targets, err := installflow.Targets(w, opts)
	if err != nil {
		return err
	}
	return installflow.Install(w, opts, targets, plan)
}

// entryArgs returns the arguments with which a host starts the server that this command line describes. A host
// does not see the variables of this shell, so their values become flags.
func (c *config) entryArgs() ([]string, error) {
	args := []string{"--single-tenant"}
	if c.settings.Set("data-dir") {
		dir, err := filepath.Abs(c.dataDir)
		if err != nil {
			return nil, err
		}
		args = append(args, "--data-dir", dir)
	}
	if c.settings.Set("database-url") {
		args = append(args, "--database-url", c.databaseURL)
	}
	if c.settings.Set("food-file") {
		file, err := filepath.Abs(c.foodFile)
		if err != nil {
			return nil, err
		}
		args = append(args, "--food-file", file)
	}
	if c.weather.on {
		args = append(args, "--weather")
	}
	if c.settings.Set("tool-profile") {
		args = append(args, "--tool-profile", string(c.toolProfile))
	}
	if c.settings.Set("port") {
		args = append(args, "--port", c.port)
	}
	return args, nil
}
