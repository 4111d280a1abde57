//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/portal/mail/mailtest"
)

// A site that is restored from a backup into a new folder, which has no secrets yet, has what the lost one had: its staff stay
// signed in, mails that wait leave, and a request that waits is approved.
func TestARestoredSiteGoesOn(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	site := startSite(t, s, s.url)
	staff := site.owner("olivia@example.com")
	decided, waiting := site.verified(staff, "ana@example.com"), site.verified(staff, "bob@example.com")
	site.approve(staff, decided)
	site.link("ana@example.com", "claim")

	told := subjects(site.mails, "ana@example.com")

	// A third address asks while no mail leaves, so that its mail is kept, encrypted.
	site.end(syscall.SIGTERM)
	mails := site.mails.Addr
	site.env = append(site.env, "SMTP_URL=smtp://127.0.0.1:1?tls=none")
	site.start()
	staff.a.visitor().post("/request", map[string][]string{"email": {"carla@example.com"}, "company": {"Club"}, "use_case": {"Our coaches look at each athlete's week."}, "tier": {"starter"}})
	file := filepath.Join(t.TempDir(), "site.zip")
	site.run("backup", file, "--plain-secrets")
	site.run("verify", file)
	checked := site.run("verify")
	before := staff.get("/admin/requests?state=all")
	site.end(syscall.SIGTERM)

	folder := filepath.Join(t.TempDir(), "restored")
	site.env = append(site.env, "SMTP_URL=smtp://"+mails+"?tls=none", "PIERRE_DATA_DIR="+folder)
	site.run("restore", file)
	if entries, err := os.ReadDir(folder); err != nil || len(entries) < 2 {
		t.Fatalf("the folder has %v, %v", entries, err)
	}
	if got := site.run("verify"); got != checked {
		t.Errorf("verify says\n%s\nand said before\n%s", got, checked)
	}
	site.start()
	after := staff.get("/admin/requests?state=all")
	for _, text := range []string{"ana@example.com", "bob@example.com", "carla@example.com"} {
		if !strings.Contains(before, text) || !strings.Contains(after, text) {
			t.Errorf("%s is among the requests of the lost site: %v, of the restored one: %v", text, strings.Contains(before, text), strings.Contains(after, text))
		}
	}
	eventually(t, 3*time.Minute, func() error { // half a minute after the first try, a minute after the second
		if len(subjects(site.mails, "carla@example.com")) == 0 {
			return errors.New("the mail that waited has not left")
		}
		return nil
	})
	site.approve(staff, waiting)
	site.link("bob@example.com", "claim")
	eventually(t, time.Minute, func() error {
		if keys := site.keys("bob@example.com", true); len(keys) != 1 {
			return fmt.Errorf("the approved request has %d keys", len(keys))
		}
		return nil
	})
	if got := subjects(site.mails, "ana@example.com"); !slices.Equal(got, told) {
		t.Errorf("mails to ana have the subjects %q, and had %q before", got, told)
	}
}

func subjects(s *mailtest.Server, address string) (found []string) {
	for _, m := range s.Mails() {
		if m.To == address {
			found = append(found, m.Header("Subject"))
		}
	}
	return found
}
