package portal

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/pierre-mcp/pierre/internal/browser"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// Two people approve one request at the same moment, each in a browser of their own: one approval is made, and the other is
// told whose it was. There is one key and one mail.
func TestTwoApproveAtOnceInTwoBrowsers(t *testing.T) {
	t.Parallel()
	browser.Path(t)
	s := newSample(t, sampleNow(), Options{})
	s.join("Marc Favre", "marc@alpine-data.example", "approver")
	s.signIn("approver", "Firefox", "192.0.2.20/32")
	s.request("kai@hyrox.example", "Hyrox Gym Kiel", "Plans for twelve members.", pierre.TierStarter, true)
	page := s.url + "/admin/requests/" + s.latest("kai@hyrox.example").ID
	s.handler = together(s.handler, 2)

	tabs := map[string]*browser.Tab{}
	for _, who := range []string{"owner", "approver"} {
		tabs[who] = browser.New(t, browser.Options{})
		tabs[who].SetCookie(s.url, "as", who)
		tabs[who].Open(page)
	}
	for _, tab := range tabs {
		browser.Eval[bool](tab, `(document.querySelector("form[action$='/approve']").requestSubmit(), true)`)
	}
	emails := map[string]string{"owner": "olivia@alpine-data.example", "approver": "marc@alpine-data.example"}
	r, made := db.Request{}, ""
	for who, tab := range tabs {
		tab.SeeText("is being made") // both see what became of it
		if r = s.latest("kai@hyrox.example"); r.DecidedBy == emails[who] {
			made = who
		}
	}
	for who, tab := range tabs {
		if text := tab.Text(); strings.Contains(text, r.DecidedBy+" approved this request") == (who == made) {
			t.Errorf("%s, who made the approval: %t, reads\n%s", who, who == made, text)
		}
	}
	s.work()
	s.work()
	list, err := s.server.Client.Keys(t.Context(), adminapi.KeyFilter{UserEmail: "kai@hyrox.example"})
	mailed := 0
	for _, text := range s.mails.To("kai@hyrox.example") {
		if strings.Contains(text, "/claim/") {
			mailed++
		}
	}
	if err != nil || len(list.APIKeys) != 1 || mailed != 1 || s.latest("kai@hyrox.example").State != db.RequestProvisioned {
		t.Errorf("%d keys, %d mails, the request is %s: %v", len(list.APIKeys), mailed, s.latest("kai@hyrox.example").State, err)
	}
}

// together holds approvals back until so many have come, and then lets them go on at once.
func together(next http.Handler, many int) http.Handler {
	var come sync.WaitGroup
	come.Add(many)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/approve") {
			come.Done()
			come.Wait()
		}
		next.ServeHTTP(w, r)
	})
}

// In development mode a browser's forms are taken on this machine, and refused through a proxy that says nothing of itself.
func TestDevelopmentInABrowser(t *testing.T) {
	t.Parallel()
	browser.Path(t)
	s := newSample(t, sampleNow(), Options{Development: true})
	to, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }})
	t.Cleanup(proxy.Close)
	link, _, err := s.p.team.OwnerLink(t.Context(), "new@alpine-data.example")
	if err != nil {
		t.Fatal(err)
	}
	owner := browser.New(t, browser.Options{})
	owner.Open(link)
	owner.Type("#f-name", "Noa")
	owner.Type("#f-password", "seven quiet otters paint maps")
	owner.Follow("main .button")
	owner.SeeText("Staff sign-in") // the form was taken: the sample keeps no session that a browser began
	s.request("ana@example.com", "", why, pierre.TierTrial, false)
	visitor := browser.New(t, browser.Options{})
	visitor.Open(s.url + s.mails.link(t, "ana@example.com", "/verify/"))
	visitor.Follow("main .button")
	visitor.SeeText("Your request is with us")
	for at, want := range map[string]string{
		s.url: "Look into your mailbox", strings.Replace(proxy.URL, "127.0.0.1", "keys.localhost", 1): "development mode",
	} {
		tab := browser.New(t, browser.Options{})
		tab.Open(at + "/account/sign-in")
		tab.Type("[name=email]", "ana@example.com")
		tab.Follow("main form button")
		tab.SeeText(want)
	}
}
