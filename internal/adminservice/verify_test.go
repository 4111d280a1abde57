package adminservice

import (
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/portal/db"
)

// TestVerifyFindsAChangedEntry: an entry of the audit log that somebody changed behind the site's back.
func TestVerifyFindsAChangedEntry(t *testing.T) {
	dir := t.TempDir()
	command := func(args ...string) (int, string) {
		var out strings.Builder
		w := cli.World{Getenv: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out}
		code := cli.Run(t.Context(), NewRoot(w), append(args, "--data-dir", dir), w)
		return code, out.String()
	}
	if code, out := command("create-owner", "--email", "olivia@example.com"); code != 0 || !strings.Contains(out, "/admin/invitation/") {
		t.Fatalf("create-owner: %d, %s", code, out)
	}
	if code, out := command("verify"); code != 0 || !strings.Contains(out, "entries of the audit log: 1, closed months: 0") {
		t.Errorf("verify: %d, %s", code, out)
	}
	d, err := db.Open("", dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"DROP TRIGGER portal_audit_no_update", "UPDATE portal_audit SET target = 'x'"} {
		if _, err := d.Writer().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if code, out := command("verify"); code == 0 || !strings.Contains(out, "Entry 1 of the audit log was changed") {
		t.Errorf("verify of a changed log: %d, %s", code, out)
	}
}
