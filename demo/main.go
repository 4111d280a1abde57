// Command demo shows the main job from end to end, with the programs as they
// ship: it sets up a server, an admin token and a key, imports an athlete's
// recordings, and holds a host's conversation through mcp-client. It is what
// make demo and make run start.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/pierre-mcp/pierre/remote/adminapi"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	signal.Ignore(syscall.SIGPIPE) // "make demo | head" must not leave a server behind
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	d := &demo{env: env, out: stdout, progress: stderr}
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&d.bin, "bin", "bin", "folder of the built programs")
	flags.StringVar(&d.data, "data", "", "recordings to import: a file, folder or archive (default: the sample athlete)")
	flags.StringVar(&d.dataDir, "data-dir", "", "the server's data folder (default: a throw-away one)")
	flags.BoolVar(&d.stay, "stay", false, "keep the server running until Ctrl-C")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	err := d.run(ctx)
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "\nThe demo was ended; nothing is left running.")
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "demo:", err)
		return 1
	}
	return 0
}

// A demo is one run from set-up to tear-down.
type demo struct {
	bin, data, dataDir string
	stay               bool
	user               string // e-mail address
	again              bool   // the data folder holds the user's recordings from an earlier run
	env                []string
	out                io.Writer
	progress           io.Writer // where the import's progress bar goes
	calls              int       // tools/call made, for the comparison with the server's count
	failed             error
}

// The two athletes of the demo. What is invented for the one must never be stored beside the recordings of the other.
const (
	sampleUser = "sample@example.com"
	ownUser    = "me@example.com"
	userFile   = "demo-user" // in the data folder: who was imported last
)

// print writes a line to the person who watches.
func (d *demo) print(format string, args ...any) {
	if _, err := fmt.Fprintf(d.out, format+"\n", args...); err != nil {
		d.failed = errors.Join(d.failed, err)
	}
}

func (d *demo) run(ctx context.Context) (err error) {
	if d.data != "" {
		if _, err := os.Stat(d.data); err != nil {
			return fmt.Errorf("there are no recordings at %s", d.data)
		}
	}
	if d.bin, err = filepath.Abs(d.bin); err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "pierre-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if d.dataDir == "" {
		d.dataDir = filepath.Join(temp, "server")
	}
	if d.dataDir, err = filepath.Abs(d.dataDir); err != nil {
		return err
	}
	if err := os.MkdirAll(d.dataDir, 0o700); err != nil {
		return err
	}
	d.chooseUser()
	d.print("1. A server on SQLite, data in %s", d.dataDir)
	s, err := d.startServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	key, err := d.show(ctx, s, temp)
	if err != nil {
		return err
	}
	site, err := d.startSite(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.stop()) }()
	if !d.stay {
		if err := site.show(ctx); err != nil {
			return err
		}
	}
	if err := d.printEntry(s, key); err != nil {
		return err
	}
	if d.stay {
		return d.keep(ctx, s, site)
	}
	d.print("\nThe server and the site stop now and their data is removed. For ones that stay: make run")
	return d.failed
}

// keep says where everything is, and waits for the end.
func (d *demo) keep(ctx context.Context, s *server, site *site) error {
	link, err := site.ownerLink(ctx)
	if err != nil {
		return err
	}
	d.print("\nThe server stays at %s", s.url)
	d.print("The admin site stays at %s", site.base)
	d.print("   the owner's link, to be opened once: %s", link)
	d.print("   its mails are files in %s", site.mails)
	d.print("Ctrl-C ends both. The data stays in %s, and make run starts them again.", d.dataDir)
	return s.wait(ctx)
}

// chooseUser decides whose recordings are shown: the ones given, else those of the last run, else the sample athlete's.
func (d *demo) chooseUser() {
	d.user = sampleUser
	last, err := os.ReadFile(filepath.Join(d.dataDir, userFile))
	switch {
	case d.data != "":
		d.user = ownUser
	case err == nil && (string(last) == ownUser || string(last) == sampleUser):
		d.user, d.again = string(last), true
	}
}

// show is what the server alone can do. It returns the key that was used.
func (d *demo) show(ctx context.Context, s *server, temp string) (adminapi.FreshKey, error) {
	key, err := d.provision(ctx, s)
	if err != nil {
		return key, err
	}
	story := story{questions: ownQuestions}
	if d.again {
		d.print("\n3. The recordings are there from last time")
	} else if story, err = d.importRecordings(ctx, s, key, filepath.Join(temp, "athlete")); err != nil {
		return key, err
	}
	d.print("\n4. A host starts mcp-client and talks to it, first as hosts of 2025 do (initialize, protocol %s)", legacyVersion)
	if err := d.converse(ctx, s, key, story.questions, false); err != nil {
		return key, err
	}
	d.print("\n5. and as those of 2026 do (stateless, protocol %s)", modernVersion)
	if err := d.converse(ctx, s, key, moreQuestions, true); err != nil {
		return key, err
	}
	d.print("\n6. What the operator sees of it")
	return key, d.showUsage(ctx, s, key)
}

func (d *demo) converse(ctx context.Context, s *server, key adminapi.FreshKey, questions func(found) []question, modern bool) error {
	h, err := startHost(ctx, filepath.Join(d.bin, "mcp-client"), []string{"--url", s.url}, append(d.env, "PIERRE_AUTH_KEY="+key.APIKey.Reveal()), modern)
	if err != nil {
		return err
	}
	return errors.Join(d.hold(h, questions), h.close())
}
