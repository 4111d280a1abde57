//go:build unix

package installflow_test

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/pierre-mcp/pierre/internal/installflow"
)

// terminal gives the user a terminal at which this was typed.
func (u *user) terminal(typed string) (stdin *os.File) {
	u.t.Helper()
	screen, tty, err := pty.Open()
	if err != nil {
		u.t.Skipf("no pseudo terminals here: %v", err)
	}
	u.t.Cleanup(func() {
		tty.Close()
		screen.Close()
	})
	if _, err := io.WriteString(screen, typed); err != nil {
		u.t.Fatal(err)
	}
	return tty
}

// At a terminal the changes are shown, and made only after a yes.
func TestConsentAtATerminal(t *testing.T) {
	for typed, agreed := range map[string]bool{"y\n": true, "YES\n": true, "\n": false, "n\n": false, "yesterday\n": false} {
		u := newUser(t)
		w := u.world()
		w.Stdin = u.terminal(typed)
		opts := installflow.Options{Name: "pierre"}
		targets, err := installflow.Targets(w, opts)
		if err != nil {
			t.Fatal(err)
		}
		err = installflow.Install(w, opts, targets, personal())
		if (err == nil) != agreed || strings.Contains(u.cursor(), "pierre") != agreed {
			t.Errorf("%q: %v, the host has %s", typed, err, u.cursor())
		}
		if shown := u.stderr.String(); !strings.Contains(shown, "+++ "+u.path(".cursor/mcp.json")) || !strings.HasSuffix(shown, "Write this? [y/N] ") {
			t.Errorf("%q: shown %s", typed, shown)
		}
		if strings.Contains(u.stdout.String(), "+++ ") {
			t.Errorf("%q: the changes are shown twice", typed)
		}
	}
}

func TestAskSecret(t *testing.T) {
	u := newUser(t)
	w := u.world()
	tty := u.terminal("pk_live_typed\n")
	w.Stdin = tty
	if f, ok := installflow.Terminal(w); !ok || f != tty {
		t.Error("the terminal was not seen")
	}
	got, err := installflow.AskSecret(w, tty, "Key: ")
	if err != nil || got != "pk_live_typed" || strings.Contains(u.stderr.String(), "typed") || !strings.HasPrefix(u.stderr.String(), "Key: ") {
		t.Errorf("%q, %v, shown %q", got, err, u.stderr.String())
	}
	if _, ok := installflow.Terminal(u.world()); ok {
		t.Error("what is no terminal was taken for one")
	}
}
