package clientinstall

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/installflow"
	"github.com/pierre-mcp/pierre/internal/mcpclient"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// A foundKey is the access key that an entry shall use.
type foundKey struct {
	value secret.String // empty: the server wants none, or --print does not know it
	args  []string      // the entry's flags that say where it is
	store bool          // it has to be stored
}

// key finds the key, asks for it if the server wants one and nobody gave it, and
// tries it on the server. --dry-run and --print try and ask nothing.
func (in *installation) key(ctx context.Context) (foundKey, error) {
	if in.endpoint.Key.Reveal() == "" {
		in.endpoint.Key = in.stored()
	}
	if !in.opts.DryRun && !in.opts.Print {
		if err := in.try(ctx); err != nil {
			return foundKey{}, err
		}
	}
	return in.place()
}

// stored is the key that an earlier install stored for the same name and server. A
// key never goes to another server than the one that it was given for.
func (in *installation) stored() secret.String {
	for _, t := range in.targets {
		e, found, err := t.Entry(in.opts.Name)
		if err != nil || !found {
			continue
		}
		settings, ours := connection.FromEntry(e)
		if !ours {
			continue
		}
		old, err := settings.Endpoint(in.w.Getenv)
		if err == nil && old.URL.String() == in.endpoint.URL.String() && settings.KeyGiven() {
			return old.Key
		}
	}
	return secret.String{}
}

// try opens a conversation with the server and lists its tools, so that what is
// written works. It asks for a key if the server wants one.
func (in *installation) try(ctx context.Context) error {
	missing, err := in.listTools(ctx)
	if err == nil || missing == nil {
		return wrapTry(err)
	}
	tty, ok := installflow.Terminal(in.w)
	if !ok {
		return missing
	}
	typed, err := installflow.AskSecret(in.w, tty, fmt.Sprintf("Access key for %s (not shown): ", in.endpoint.URL.Host))
	if err != nil {
		return err
	}
	if in.endpoint.Key, err = connection.ParseKey(typed); err != nil {
		return err
	}
	if in.endpoint.Key.Reveal() == "" {
		return errNoKey
	}
	_, err = in.listTools(ctx)
	return wrapTry(err)
}

func wrapTry(err error) error {
	if err != nil {
		return fmt.Errorf("nothing was changed, because the server cannot be used: %w", err)
	}
	return nil
}

// listTools lists the server's tools. If that fails for want of a key, missing says so.
func (in *installation) listTools(ctx context.Context) (missing, err error) {
	e, last := in.endpoint.Recorded()
	c, err := mcpclient.Connect(ctx, e)
	if err != nil {
		status, _ := last.Get()
		return e.MissingKey(status), err
	}
	defer c.Close()
	tools, _, err := c.Tools(ctx)
	if err != nil {
		status, _ := last.Get()
		return e.MissingKey(status), err
	}
	in.plan.Server = &installflow.Server{Name: c.Server().Name, Version: c.Server().Version, Tools: len(tools)}
	return nil, nil
}

// place decides where the key stays.
func (in *installation) place() (foundKey, error) {
	key := foundKey{value: in.endpoint.Key}
	switch {
	case key.value.Reveal() == "" && !in.opts.DryRun && !in.opts.Print:
		in.plan.Key.Place = installflow.KeyNone
		return key, nil
	case in.opts.KeyInConfig:
		in.plan.Key.Place = installflow.KeyInConfig
		return key, nil
	case in.settings.KeyName != "":
		key.args = []string{"--key-name", in.settings.KeyName}
		in.plan.Key = installflow.Key{Place: installflow.KeyStored, Name: in.settings.KeyName}
		return key, nil
	case in.settings.AuthKeyFile != "":
		path, err := filepath.Abs(in.settings.AuthKeyFile)
		if err != nil {
			return key, fmt.Errorf("finding the file of --auth-key-file: %w", err)
		}
		key.args = install.KeyPlace{File: path}.Args(in.opts.Name)
		in.plan.Key = installflow.Key{Place: installflow.KeyInFile, File: path}
		return key, nil
	}
	in.placeInStore(&key)
	return key, nil
}

// placeInStore puts the key where install stores keys, unless it is there already.
func (in *installation) placeInStore(key *foundKey) {
	keys := connection.KeyStore(in.w.Getenv)
	place := keys.Place(in.opts.Name)
	old, at, err := keys.Load(in.opts.Name)
	switch {
	case err != nil || old != key.value.Reveal():
		key.store = true
		if in.opts.Print {
			return // the entry will hold the key, or a stand-in for it
		}
	default:
		place = at
	}
	key.args = place.Args(in.opts.Name)
	in.plan.Key = installflow.StoredKey(place)
}
