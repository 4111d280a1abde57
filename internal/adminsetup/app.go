package adminsetup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/cli/value"
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
	settings    *cli.Settings
}

func (c *config) bind(root *cobra.Command) {
	getenv := c.world.Getenv
	dataDir, err := datadir.Default(getenv)
	if err != nil {
		dataDir = "" // Parse asks for the flag then
	}
	flags := root.PersistentFlags()
	c.settings = cli.BindSettings(flags, getenv, []cli.Setting{
		{Flag: "database-url", Env: "DATABASE_URL", File: true, Help: "the server's database, as its --database-url (default pierre.db in the data folder)", Parse: func(text string) error { c.databaseURL = text; return nil }},
		{Flag: "data-dir", Env: "PIERRE_DATA_DIR", Default: dataDir, Help: "the server's folder of database and secrets", Parse: func(text string) (err error) { c.dataDir, err = value.DataDir(text); return err }},
	})
	flags.BoolVar(&c.json, "json", false, "print JSON on stdout, for machines")
}

// An app is what the commands work with: the open database and the world around the program.
type app struct {
	*store.Store

	c *config
}

// open opens the database with openStore, and brings it up to date.
func (c *config) open(ctx context.Context, openStore func(databaseURL, dataDir string) (*store.Store, error)) (*app, error) {
	if err := c.settings.Parse(); err != nil {
		return nil, cli.Usage(err)
	}
	st, err := openStore(c.databaseURL, c.dataDir)
	if err != nil {
		return nil, explain(err)
	}
	if _, err := st.Migrate(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return &app{st, c}, nil
}

// run opens the database for do, and closes it. It makes none: what a mistyped path holds would be nothing, and look fine.
func (c *config) run(ctx context.Context, do func(*app) error) error {
	return c.runOn(ctx, store.OpenExisting, do)
}

func (c *config) runOn(ctx context.Context, openStore func(databaseURL, dataDir string) (*store.Store, error), do func(*app) error) error {
	a, err := c.open(ctx, openStore)
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
