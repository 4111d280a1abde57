package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// A foundKey is the access key that an entry shall use.
type foundKey struct {
	value secret.String // empty: the server wants none
	args  []string      // the entry's flags that say where it is
	store bool          // it has to be stored
}

// key finds the key, asks for it if the server wants one and nobody gave it, and
// tries it on the server. A dry run tries and asks nothing.
func (in *installation) key(ctx context.Context) (foundKey, error) {
	given := in.endpoint.Key.Reveal() != ""
	if !given {
		in.endpoint.Key = in.stored()
	}
	if !in.opts.dryRun {
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
		e, found, err := t.Entry(in.opts.name)
		if err != nil || !found {
			continue
		}
		conn, ours := entryConnection(e)
		if !ours {
			continue
		}
		old, err := conn.endpoint(in.w.Getenv)
		if err == nil && old.URL.String() == in.endpoint.URL.String() && conn.keyGiven() {
			return old.Key
		}
	}
	return secret.String{}
}

// try opens a conversation with the server and lists its tools, so that what is
// written works. It asks for a key if the server wants one.
func (in *installation) try(ctx context.Context) error {
	status, err := in.listTools(ctx)
	if err == nil || status != http.StatusUnauthorized || in.endpoint.Key.Reveal() != "" {
		return wrapTry(err)
	}
	tty, ok := terminal(in.w)
	if !ok {
		return cli.Usagef("%s wants an access key: set PIERRE_AUTH_KEY", in.endpoint.URL.Host)
	}
	if in.endpoint.Key, err = askSecret(in.w, tty, fmt.Sprintf("Access key for %s (not shown): ", in.endpoint.URL.Host)); err != nil {
		return err
	}
	if in.endpoint.Key.Reveal() == "" {
		return errors.New("no key was given; nothing was changed")
	}
	in.report.masked = newMask(in.endpoint.Key)
	_, err = in.listTools(ctx)
	return wrapTry(err)
}

func wrapTry(err error) error {
	if err != nil {
		return fmt.Errorf("nothing was changed, because the server cannot be used: %w", err)
	}
	return nil
}

// listTools returns the HTTP status of the server's last answer, too.
func (in *installation) listTools(ctx context.Context) (status int, err error) {
	e, seen := in.endpoint.watched()
	c, err := e.converse(ctx)
	if err != nil {
		status, _ := seen.last()
		return status, err
	}
	defer c.close()
	tools, _, err := c.tools(ctx)
	if err != nil {
		status, _ := seen.last()
		return status, err
	}
	in.report.Server = &serverReport{Name: c.hello.ServerInfo.Name, Version: c.hello.ServerInfo.Version, Tools: len(tools)}
	return http.StatusOK, nil
}

// place decides where the key stays.
func (in *installation) place() (foundKey, error) {
	key := foundKey{value: in.endpoint.Key}
	switch {
	case key.value.Reveal() == "" && !in.opts.dryRun:
		in.report.Key = reportKey{Place: "none"}
		return key, nil
	case in.opts.keyInConfig:
		in.report.Key = reportKey{Place: "config"}
		return key, nil
	case in.conn.keyName != "":
		key.args = []string{"--key-name", in.conn.keyName}
		in.report.Key = reportKey{Place: "stored", Name: in.conn.keyName}
		return key, nil
	case in.conn.authKeyFile != "":
		path, err := filepath.Abs(in.conn.authKeyFile)
		if err != nil {
			return key, fmt.Errorf("finding the file of --auth-key-file: %w", err)
		}
		key.args = install.KeyPlace{File: path}.Args(in.opts.name)
		in.report.Key = reportKey{Place: "file", File: path}
		return key, nil
	}
	keys := keyStore(in.w.Getenv)
	place := keys.Place(in.opts.name)
	if old, at, err := keys.Load(in.opts.name); err == nil {
		key.store = old.Reveal() != key.value.Reveal()
		if !key.store {
			place = at
		}
	} else {
		key.store = true
	}
	key.args = place.Args(in.opts.name)
	in.report.Key = keyReport(place)
	return key, nil
}
