//go:build e2e

package e2e

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/browser"
)

// TestGuideAdminService is the guide's Method 2 as people go it: two programs, a mail server, three browsers. A visitor
// asks for a key, two of the staff approve at the same moment, and the key that is shown answers get_activities through
// mcp-client.
func TestGuideAdminService(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	site := startSite(t, s, s.url)
	const who = "ana@example.com"

	visitor := browser.New(t, browser.Options{})
	clean := func(tab *browser.Tab, page string) {
		t.Helper()
		if found := tab.Axe(); len(found) > 0 {
			t.Errorf("axe on %s: %s", page, strings.Join(found, "\n"))
		}
		if wider := tab.FitsWidth(); wider > 0 {
			t.Errorf("%s is %d pixels wider than the window", page, wider)
		}
	}
	visitor.Open(site.url + "/request")
	visitor.Type("#f-email", who)
	visitor.Type("#f-company", "<script>alert(1)</script>")
	visitor.Type("#f-use_case", "Our coaches look at the week of each athlete.")
	visitor.Click("[name=tier][value=professional]")
	clean(visitor, "the form")
	visitor.Follow("main .button")
	visitor.SeeText("Check your mail")
	clean(visitor, "the page after the form")
	visitor.Open(site.url + site.link(who, "verify"))
	clean(visitor, "the page that confirms the address")
	visitor.Follow("main .button")
	visitor.SeeText("Your request is with us")
	clean(visitor, "the page after that")

	olivia, bo := staffTab(t, site, "olivia@example.com"), staffTab(t, site, "bo@example.com")
	olivia.Open(site.url + "/admin/requests")
	olivia.SeeText("1 waits for a decision")
	clean(olivia, "the queue")
	path := requestLink.FindString(browser.Eval[string](olivia, `document.querySelector("td a").href`))
	for _, tab := range []*browser.Tab{olivia, bo} {
		tab.Open(site.url + path)
	}
	clean(olivia, "the request")
	const approve = `form[action$="/approve"] .button`
	olivia.Follow(approve)
	olivia.SeeText("Approved. The mail is on its way.")
	bo.Follow(approve)
	bo.SeeText("olivia@example.com approved this request")
	if status := bo.Status(); status != http.StatusConflict {
		t.Errorf("the late approval: %d", status)
	}

	claim := site.link(who, "claim")
	visitor.Open(site.url + claim)
	clean(visitor, "the page of the key")
	visitor.Follow("main .button")
	key := shownKey.FindString(visitor.See("#key"))
	clean(visitor, "the key")
	command := visitor.See("#curl")
	if key == "" || !strings.Contains(command, key) {
		t.Fatalf("the page shows %q", visitor.Text())
	}
	visitor.Open(site.url + claim)
	visitor.SeeText("The key was shown on")
	clean(visitor, "the page afterwards")

	call := exec.Command(filepath.Join(bin, "mcp-client"), "call", "get_activities", "--url", s.url)
	call.Env = append(os.Environ(), "PIERRE_AUTH_KEY="+key)
	out, err := call.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("activities")) {
		t.Errorf("mcp-client call get_activities: %v\n%s", err, out)
	}
	out, err = exec.Command("bash", "-c", command).CombinedOutput() // as the page says
	if err != nil || !bytes.Contains(out, []byte(`"result"`)) || bytes.Contains(out, []byte(`"isError":true`)) {
		t.Errorf("%s: %v\n%s", command, err, out)
	}
	if report := site.run("doctor"); regexp.MustCompile(`(?m)^fail`).MatchString(report) {
		t.Errorf("doctor says\n%s", report)
	}
	if log := site.stderr.String(); strings.Contains(log, key) || strings.Contains(log, strings.TrimPrefix(claim, "/claim/")) {
		t.Error("the log holds the key or the link to it")
	}
}

// staffTab is a browser in which an owner has signed in, by the link that the operator's shell prints.
func staffTab(t *testing.T, site *adminSite, email string) *browser.Tab {
	t.Helper()
	tab := browser.New(t, browser.Options{})
	tab.Open(site.run("create-owner", "--email", email))
	tab.Type("#f-name", strings.Split(email, "@")[0])
	tab.Type("#f-password", "seven quiet otters paint maps")
	tab.Follow("main .button")
	return tab
}
