//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/browser"
	"github.com/pierre-mcp/pierre/internal/provider/providertest"
)

const (
	ouraActivities = 5 // of the fake, which gives out two at a time
	ouraDays       = 3
)

// TestAccounts: an athlete connects an account in a browser at two servers that share a database, and its data comes from the
// provider's own addresses, whichever of the servers is killed on the way; it is renewed once, and ends at the provider, too.
func TestAccounts(t *testing.T) {
	t.Parallel()
	database := os.Getenv(ownInternet)
	if database == "" {
		withOwnInternet(t)
		return
	}
	a := startAccounts(t, database)
	fetching := make(chan string, 1)
	a.fake.Fault(func(r *http.Request) http.HandlerFunc { // in the middle of a stream, for ever
		if r.URL.Path != "/v2/usercollection/workout" || r.FormValue("next_token") != "page2" {
			return nil
		}
		return func(_ http.ResponseWriter, r *http.Request) {
			select {
			case fetching <- r.Header.Get(peerHeader):
			default:
			}
			<-r.Context().Done()
		}
	})
	a.connect(browser.Options{Phone: true, Lenient: true}, "Fetching begins now", "connected")
	var peer string
	select {
	case peer = <-fetching:
	case <-time.After(time.Minute):
		t.Fatal("no server fetches")
	}
	killed := a.holder(peer)
	if err := killed.stop(syscall.SIGKILL); err == nil {
		t.Error("the server that was killed ended in good order")
	}
	a.fake.Fault(nil)
	a.execute(`UPDATE connections SET sync_until_us = 0 WHERE sync_owner <> ''`) // three minutes later
	a.await("get_connection_status", `"recordings_fetched":5.*"history":"complete"`)
	a.complete(ouraActivities)

	killed.start()
	a.renewsOnce()

	if text := a.tool("disconnect_provider"); !strings.Contains(text, "Oura was told, too.") || !a.fake.Revoked() {
		t.Errorf("disconnecting: the provider was told: %v, %s", a.fake.Revoked(), text)
	}
	a.await("get_activities", `"total_count":6`)
	a.connect(browser.Options{Dark: true, Lenient: true}, "Fetching begins now", "connected-dark")
	if a.fake.Revoked() {
		t.Fatal("the account is not connected again")
	}
	s := a.replicas[0]
	if status, raw := s.do("DELETE", "/admin/users/"+a.key.UserID, "", "Authorization", "Bearer "+s.adminToken()); status != http.StatusOK {
		t.Fatalf("deleting the user: %d %s", status, raw)
	}
	if !a.fake.Revoked() {
		t.Error("the provider was not told that the user was deleted")
	}
	for _, table := range []string{"connections", "activities", "wellness"} {
		if n := a.count(`SELECT COUNT(*) FROM ` + table + ` WHERE user_id = $1`); n != 0 {
			t.Errorf("%d rows of the user are left in %s", n, table)
		}
	}
}

// connect goes the athlete's way: the tool, its link, the page, the provider's page, and the page that says what happened.
func (a *accounts) connect(o browser.Options, says, picture string) {
	a.t.Helper()
	link := regexp.MustCompile(regexp.QuoteMeta(a.url) + `/connect/\w+`).FindString(a.tool("connect_provider"))
	if link == "" {
		a.t.Fatal("there is no link")
	}
	tab := browser.New(a.t, o)
	pictures := os.Getenv("PIERRE_PICTURES")
	show := func(name string) {
		if tab.FitsWidth() > 0 {
			a.t.Errorf("the page of %s is wider than the window", tab.URL())
		}
		if pictures != "" {
			tab.Picture(filepath.Join(pictures, name+".png"))
		}
	}
	tab.Open(link)
	if text := tab.Text(); !strings.Contains(text, "ana@example.com") || !strings.Contains(text, "nothing is changed at Oura") {
		a.t.Errorf("the page of the link says\n%s", text)
	}
	show(picture + "-before")
	tab.Follow("button.main")
	if to := tab.URL(); !strings.HasPrefix(to, "https://cloud.ouraring.com/oauth/authorize?") {
		a.t.Fatalf("the page leads to %s", to)
	}
	tab.Follow("#allow")
	tab.SeeText("Oura is connected")
	if text := tab.Text(); !strings.Contains(text, says) || strings.Contains(tab.URL(), "access") {
		a.t.Errorf("%s says\n%s", tab.URL(), text)
	}
	show(picture)
	tab.Open(tab.URL()) // as phones do with a page that one comes back to
	tab.SeeText("If an earlier page said that the account is connected, it is.")
	tab.Open(link)
	tab.SeeText("This link has ended")
	if text := tab.Text(); strings.Contains(text, "Nothing was connected") {
		a.t.Errorf("a link that connected says\n%s", text)
	}
	show(picture + "-again")
}

// complete demands that everything came, and once.
func (a *accounts) complete(activities int) {
	a.t.Helper()
	a.await("get_activities", fmt.Sprintf(`"total_count":%d[,}]`, activities))
	if n := a.count(`SELECT COUNT(*) FROM activities WHERE user_id = $1`); n != activities {
		a.t.Errorf("there are %d activities, want %d", n, activities)
	}
	_, days := a.fake.Activities()
	want := 0
	for _, d := range days {
		want += len(a.fake.Dialect.Values(d))
	}
	if n := a.count(`SELECT COUNT(*) FROM wellness WHERE user_id = $1`); n != want || want == 0 {
		a.t.Errorf("there are %d values of days, want %d", n, want)
	}
}

// renewsOnce ends the access tokens, and lets the provider call both servers at once: what is new comes, and the refresh token
// is used once.
func (a *accounts) renewsOnce() {
	a.t.Helper()
	a.fake.EndAccess()
	a.fake.Add(providertest.Activity{ID: "900100", Name: "Newest", Start: time.Now().UTC().Add(-2 * time.Hour).Truncate(time.Second)})
	var calls sync.WaitGroup
	for n := range 8 {
		calls.Go(func() {
			r := a.fake.Dialect.Call(a.fake, a.fake.App())
			u, err := url.Parse(a.replicas[n%2].url + r.URL.Path)
			if err != nil {
				a.t.Error(err)
				return
			}
			r.URL, r.Host, r.RequestURI = u, u.Host, ""
			resp, err := http.DefaultClient.Do(r.WithContext(a.t.Context()))
			if err != nil {
				a.t.Error(err)
				return
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				a.t.Errorf("a call of the provider is answered with %s", resp.Status)
			}
		})
	}
	calls.Wait()
	a.await("get_activities", `"total_count":6[,}]`)
	a.complete(ouraActivities + 1)
	if times, again := a.fake.Refreshed(); times != 1 || again != 0 {
		a.t.Errorf("tokens were renewed %d times, and %d times with a token that was used", times, again)
	}
}

// tool calls a tool for the provider, at either server.
func (a *accounts) tool(name string) string {
	a.t.Helper()
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":{"provider":"oura"}}}`, name)
	_, raw := (&server{t: a.t, url: a.url, stderr: &buffer{}}).do("POST", "/", body, "Authorization", "Bearer "+a.key.APIKey)
	return string(raw)
}

// await calls a tool until its answer matches.
func (a *accounts) await(tool, pattern string) {
	a.t.Helper()
	want := regexp.MustCompile(pattern)
	eventually(a.t, time.Minute, func() error {
		if text := a.tool(tool); !want.MatchString(text) {
			return errors.New(text)
		}
		return nil
	})
}
