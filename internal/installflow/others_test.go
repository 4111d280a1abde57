package installflow_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/installflow"
)

// A file that somebody else writes while the user is asked is left, and the other hosts get the entry.
func TestOthersWriteMeanwhile(t *testing.T) {
	u := newUser(t)
	u.write(".gemini/settings.json", "{}")
	plan := personal()
	plan.Store = func() (installflow.Key, error) {
		u.write(".gemini/settings.json", `{"theirs":1}`)
		return installflow.Key{}, nil
	}
	err := u.install(installflow.Options{Name: "pierre", Yes: true}, plan)
	if err == nil || err.Error() != "1 host could not be changed" || !strings.Contains(u.stdout.String(), "changed meanwhile") {
		t.Errorf("%v, %s", err, &u.stdout)
	}
	if got, _ := os.ReadFile(u.path(".gemini/settings.json")); string(got) != `{"theirs":1}` || !strings.Contains(u.cursor(), "pierre") {
		t.Errorf("their file became %s", got)
	}
}

// A key is kept as long as a configuration that cannot be read may name it.
func TestUninstallKeepsAKeyThatMayBeInUse(t *testing.T) {
	u := newUser(t)
	opts := installflow.Options{Name: "pierre", Yes: true}
	if err := u.install(opts, personal()); err != nil {
		t.Fatal(err)
	}
	u.write(".gemini/settings.json", "{")
	deleteKey := func(string) (bool, error) { t.Error("the key was deleted"); return true, nil }
	err := installflow.Uninstall(u.world(), opts, "pierre-mcp-server", deleteKey)
	if err == nil || !strings.Contains(u.stdout.String(), "was kept") || strings.Contains(u.cursor(), "pierre") {
		t.Errorf("%v, %s", err, &u.stdout)
	}
	// A dry run deletes nothing either.
	if err := os.Remove(u.path(".gemini/settings.json")); err != nil {
		t.Fatal(err)
	}
	opts.DryRun = true
	if err := installflow.Uninstall(u.world(), opts, "pierre-mcp-server", deleteKey); err != nil {
		t.Error(err)
	}
	locked := errors.New("the keychain is locked")
	opts.DryRun = false
	if err := installflow.Uninstall(u.world(), opts, "pierre-mcp-server", func(string) (bool, error) { return false, locked }); !errors.Is(err, locked) {
		t.Errorf("err = %v", err)
	}
}
