// Package clientinstall decides what install writes for mcp-client: it finds the
// access key, tries it on the server, and chooses where the key stays.
package clientinstall

import (
	"context"
	"errors"
	"fmt"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/installflow"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// Options are what the user wants.
type Options struct {
	installflow.Options

	KeyInConfig bool // the key goes into the hosts' files instead of being stored
}

// PastedKey stands for the key in entries that are printed to be pasted.
const PastedKey = "YOUR-KEY"

// An installation is one run of install.
type installation struct {
	w        cli.World
	settings *connection.Settings
	opts     Options
	endpoint connection.Endpoint
	targets  []install.Target
	plan     installflow.Plan
}

// Run connects the hosts on this computer to the server of the settings.
func Run(ctx context.Context, w cli.World, settings *connection.Settings, opts Options) error {
	endpoint, err := settings.Endpoint(w.Getenv)
	if err != nil {
		return err
	}
	targets, err := installflow.Targets(w, opts.Options)
	if err != nil {
		return err
	}
	in := &installation{w: w, settings: settings, opts: opts, endpoint: endpoint, targets: targets}
	in.plan.URL = endpoint.URL.String()
	key, err := in.key(ctx)
	if err != nil {
		return err
	}
	if err := in.entry(key); err != nil {
		return err
	}
	return installflow.Install(w, opts.Options, targets, in.plan)
}

// Uninstall takes the entry out of the hosts, and deletes the stored key, unless the service of watch uses it.
func Uninstall(w cli.World, opts installflow.Options) error {
	return installflow.Uninstall(w, opts, connection.Program, func(name string) (bool, error) {
		if s, err := watchSetup(w, name, nil); err == nil && s.Exists() {
			fmt.Fprintf(w.Stderr, "The stored access key is kept: watch uses it. mcp-client watch --uninstall ends that.\n")
			return false, nil
		}
		return connection.KeyStore(w.Getenv).Delete(name)
	})
}

// entry completes the plan with what the hosts get.
func (in *installation) entry(key foundKey) error {
	command, warning, err := installflow.ThisProgram()
	if err != nil {
		return err
	}
	if warning != "" {
		in.plan.Warnings = append(in.plan.Warnings, warning)
	}
	args, err := in.settings.Args(in.w.Getenv)
	if err != nil {
		return err
	}
	in.plan.Secret = key.value
	in.plan.Entry = install.Entry{Command: command, Args: append(args, key.args...)}
	switch {
	case in.opts.KeyInConfig && key.value.Reveal() != "":
		in.plan.Entry.Env = map[string]string{install.KeyVariable: key.value.Reveal()}
	case in.opts.Print && key.store:
		in.plan.Entry.Env = map[string]string{install.KeyVariable: PastedKey}
	case key.store:
		in.plan.Store = func() (installflow.Key, error) { return in.store(key.value) }
	}
	return nil
}

func (in *installation) store(key secret.String) (installflow.Key, error) {
	place, err := connection.KeyStore(in.w.Getenv).Save(in.opts.Name, key.Reveal())
	if err != nil {
		return installflow.Key{}, err
	}
	return installflow.StoredKey(place), nil
}

var errNoKey = errors.New("no key was given; nothing was changed")
