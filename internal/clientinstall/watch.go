package clientinstall

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/installflow"
	"github.com/pierre-mcp/pierre/internal/userservice"
	"github.com/pierre-mcp/pierre/internal/watch"
)

// A WatchPlan is what a service for watch is set up with.
type WatchPlan struct {
	Name    string // of the entry, the key and the state
	Folders []string
	Yes     bool // do not ask
	DryRun  bool
}

// InstallWatch sets up a service of the user's own service manager that watches the
// folders with these settings. It shows the file before it writes it, stores the key
// that the service needs, and starts it.
func InstallWatch(ctx context.Context, w cli.World, settings *connection.Settings, p WatchPlan) error {
	machine, err := installflow.OwnMachine(w.Getenv)
	if err != nil {
		return err
	}
	folders, err := watch.Folders(p.Folders)
	if err != nil {
		return err
	}
	for _, h := range settings.Headers {
		if strings.Contains(h, "${") {
			return cli.Usagef("--header %s: a service does not have the variables of your terminal", h)
		}
	}
	in := &installation{w: w, settings: settings, opts: Options{Options: installflow.Options{Name: p.Name, DryRun: p.DryRun}}}
	if in.endpoint, err = settings.Endpoint(w.Getenv); err != nil {
		return err
	}
	if in.targets, err = machine.Find(); err != nil {
		return err
	}
	key, err := in.key(ctx)
	if err != nil {
		return err
	}
	args, err := settings.Args(w.Getenv)
	if err != nil {
		return err
	}
	args = append([]string{"watch", "--name", p.Name}, append(args, key.args...)...)
	setup, err := watchSetup(w, p.Name, append(append(args, "--"), folders...))
	if err != nil {
		return err
	}
	if !setup.Show(w.Stdout) && !p.DryRun && !p.Yes {
		if err := agree(w, "Write this, and start it?"); err != nil {
			return err
		}
	}
	if p.DryRun {
		_, err := io.WriteString(w.Stdout, "Nothing was changed (--dry-run).\n")
		return err
	}
	if key.store {
		if _, err := in.store(key.value); err != nil {
			return err
		}
	}
	return setup.Install(ctx, w.Stdout)
}

// UninstallWatch stops the service and deletes its file.
func UninstallWatch(ctx context.Context, w cli.World, p WatchPlan) error {
	setup, err := watchSetup(w, p.Name, nil)
	if err != nil {
		return err
	}
	if !setup.Exists() {
		_, err := fmt.Fprintf(w.Stdout, "There is no service to take out: %s does not exist.\n", setup.File)
		return err
	}
	fmt.Fprintf(w.Stdout, "It is stopped, and %s is deleted.\n", setup.File)
	if p.DryRun {
		_, err := io.WriteString(w.Stdout, "Nothing was changed (--dry-run).\n")
		return err
	}
	if !p.Yes {
		if err := agree(w, "Do this?"); err != nil {
			return err
		}
	}
	return setup.Uninstall(ctx, w.Stdout)
}

// agree returns nil if the user agrees.
func agree(w cli.World, question string) error {
	if _, ok := installflow.Terminal(w); !ok {
		return cli.Usagef("there is no terminal to ask at: use --yes to write, or --dry-run to look")
	}
	yes, err := installflow.Confirm(w, question)
	if err == nil && !yes {
		err = errors.New("nothing was changed")
	}
	return err
}

// watchSetup is how the service of that name is set up on this computer.
func watchSetup(w cli.World, name string, args []string) (userservice.Setup, error) {
	if err := install.CheckName(name); err != nil {
		return userservice.Setup{}, cli.Usagef("--name: %w", err)
	}
	machine, err := installflow.OwnMachine(w.Getenv)
	if err != nil {
		return userservice.Setup{}, err
	}
	program, warning, err := installflow.ThisProgram()
	if err != nil {
		return userservice.Setup{}, err
	}
	if warning != "" && args != nil {
		fmt.Fprintf(w.Stderr, "Warning: %s\n", warning)
	}
	return userservice.For(machine, userservice.Service{
		Name: machine.WatchService(name), Title: "Import new recordings (" + name + ")", Program: program, Args: args,
		State: filepath.Dir(machine.WatchState(name)), UserID: os.Getuid(),
	})
}
