package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/datadir"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

// person is who the audit log says it was.
const person = "admin-setup"

// A config is what all commands share.
type config struct {
	world       cli.World
	databaseURL string
	dataDir     string
	json        bool
}

func (c *config) bind(root *cobra.Command) {
	getenv := c.world.Getenv
	dataDir := getenv("PIERRE_DATA_DIR")
	if dataDir == "" {
		dataDir, _ = datadir.Default(getenv) // open complains if there is none
	}
	flags := root.PersistentFlags()
	flags.StringVar(&c.databaseURL, "database-url", getenv("DATABASE_URL"), "the server's database, as its --database-url (default pierre.db in the data folder) [DATABASE_URL]")
	flags.Lookup("database-url").DefValue = "" // --help must not show the environment's: it may hold a password
	flags.StringVar(&c.dataDir, "data-dir", dataDir, "the server's folder of database and secrets [PIERRE_DATA_DIR]")
	flags.BoolVar(&c.json, "json", false, "print JSON on stdout, for machines")
}

// An app is what the commands work with: the open database and the world around the program.
type app struct {
	*store.Store

	c *config
}

// open opens the database, and brings it up to date.
func (c *config) open(ctx context.Context) (*app, error) {
	if c.dataDir == "" {
		_, err := datadir.Default(c.world.Getenv)
		return nil, cli.Usage(errors.Join(err, errors.New("or give --data-dir")))
	}
	st, err := store.Open(c.databaseURL, c.dataDir)
	if err != nil {
		return nil, explain(err)
	}
	if _, err := st.Migrate(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return &app{st, c}, nil
}

// run opens the database for do, and closes it.
func (c *config) run(ctx context.Context, do func(*app) error) error {
	a, err := c.open(ctx)
	if err != nil {
		return err
	}
	return explain(errors.Join(do(a), a.Close()))
}

// secrets finds the server's secrets, or makes them, and tells what the operator should know of them.
func (a *app) secrets(ctx context.Context) (*keyring.Ring, error) {
	getenv := a.c.world.Getenv
	jwt, encryption := keyring.SourceOf(getenv, "JWT_SECRET"), keyring.SourceOf(getenv, "ENCRYPTION_KEY")
	if path, err := store.Path(a.c.databaseURL, a.c.dataDir); err == nil && path == "" {
		if err := errors.Join(jwt.CheckGiven("JWT_SECRET"), encryption.CheckGiven("ENCRYPTION_KEY")); err != nil {
			return nil, cli.Usage(err)
		}
	}
	ring, err := keyring.Load(a.c.dataDir, jwt, encryption)
	if err != nil {
		return nil, err
	}
	for _, file := range ring.Made {
		a.note("made the secret %s, which the server will use too", file)
	}
	for _, file := range ring.Exposed {
		a.note("warning: other users of this machine can read %s; chmod 600 it", file)
	}
	warnings, err := ring.Compare(ctx, a.Store)
	for _, w := range warnings {
		a.note("warning: %s", w)
	}
	return ring, err
}

// note prints a line for people, on stderr.
func (a *app) note(format string, args ...any) {
	fmt.Fprintf(a.c.world.Stderr, format+"\n", args...)
}

func (*app) act() pierre.Act {
	return pierre.Act{Person: person, At: time.Now().UTC().Truncate(time.Microsecond)}
}
