package alerts_test

import (
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/alerts"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

// What staff do on the pages: a channel, a rule, an alert that somebody looks after, a snooze.
func TestPages(t *testing.T) {
	h := open(t, dbtest.New(t))
	templates, err := alerts.Templates()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := ui.New(func(context.Context) ui.Brand { return ui.Brand{} }, map[string]fs.FS{"alerts": templates}, ui.Options{Now: h.server.Now})
	if err != nil {
		t.Fatal(err)
	}
	mux := route.Mux(alerts.NewPages(h.watches[0], pages).Routes(), route.Fallback{Fail: pages.Fail})
	do := func(want int, method, path string, form url.Values) string {
		t.Helper()
		r := httptest.NewRequestWithContext(route.WithPerson(t.Context(), route.Person{Email: "olivia@example.com", Role: route.Admin}), method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		if mux.ServeHTTP(w, r); w.Code != want {
			t.Fatalf("%s %s answers %d, want %d: %s", method, path, w.Code, want, w.Body)
		}
		return w.Body.String()
	}
	do(http.StatusUnprocessableEntity, "POST", "/admin/alerts/channel", url.Values{"name": {"Ops"}, "kind": {"webhook"}, "target": {"ftp://x"}})
	do(http.StatusUnprocessableEntity, "POST", "/admin/alerts/channel", url.Values{"name": {""}, "kind": {"mail"}, "target": {"team@example.com"}})
	page := do(http.StatusOK, "POST", "/admin/alerts/channel", url.Values{"name": {"Ops"}, "kind": {"webhook"}, "target": {h.hook.url + "/secret-path"}})
	if !regexp.MustCompile(`whsec_[A-Za-z0-9+/&#;=]{40}`).MatchString(page) || strings.Contains(page, "secret-path") {
		t.Errorf("the new channel's page is %s", page)
	}
	channel := regexp.MustCompile(`channel_[a-z0-9]{26}`).FindString(page)
	do(http.StatusSeeOther, "POST", "/admin/alerts/channel/"+channel+"/test", nil)
	h.look(0)
	page = do(http.StatusOK, "GET", "/admin/alerts/channel?id="+channel, nil)
	if strings.Contains(page, "whsec_") || !strings.Contains(page, "delivered") {
		t.Errorf("the channel's page is %s", page)
	}
	do(http.StatusSeeOther, "POST", "/admin/alerts/channel/"+channel+"/replay", url.Values{"delivery": {regexp.MustCompile(`msg_[A-Z0-9]{26}`).FindString(page)}})
	h.look(0)
	h.wantEvents("alert.test", "alert.test")

	rule := url.Values{"name": {"<b>Errors</b>"}, "scope": {"all"}, "condition": {"errors"}, "threshold": {"0"}, "window": {"15"}, "channel": {channel}}
	do(http.StatusUnprocessableEntity, "POST", "/admin/alerts/rule", rule)
	rule.Set("threshold", "5")
	do(http.StatusSeeOther, "POST", "/admin/alerts/rule", rule)
	k := h.server.Provision(t, "ana@example.com", "trial")
	h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: noon, N: 30, Status: pierre.CallFailed})
	h.look(time.Minute)
	page = do(http.StatusOK, "GET", "/admin/alerts", nil)
	if !strings.Contains(page, "100 % of all calls fail") || strings.Contains(page, "<b>Errors") {
		t.Errorf("the alerts are %s", page)
	}
	do(http.StatusSeeOther, "POST", "/admin/alerts/"+regexp.MustCompile(`alert_[A-Z0-9]{26}`).FindString(page)+"/acknowledge", nil)
	do(http.StatusSeeOther, "POST", "/admin/alerts/snooze", url.Values{"hours": {"4"}})
	if page = do(http.StatusOK, "GET", "/admin/alerts", nil); !strings.Contains(page, "looked after by olivia@example.com") || !strings.Contains(page, "snoozed") {
		t.Errorf("the alerts are %s", page)
	}
	do(http.StatusUnprocessableEntity, "POST", "/admin/alerts/snooze", url.Values{"hours": {"-1"}})
	do(http.StatusOK, "GET", "/admin/alerts/rule?id="+h.rules()[0].ID, nil)
	do(http.StatusNotFound, "GET", "/admin/alerts/rule?id=none", nil)
	do(http.StatusOK, "GET", "/admin/alerts/mail", nil)
	do(http.StatusConflict, "POST", "/admin/alerts/mail/none/again", nil)
	do(http.StatusSeeOther, "POST", "/admin/alerts/channel/"+channel+"/delete", nil)
	do(http.StatusSeeOther, "POST", "/admin/alerts/rule/delete", url.Values{"id": {h.rules()[0].ID}})
	if len(h.rules()) > 0 || len(h.open()) > 0 {
		t.Error("a deleted rule is there")
	}
}
