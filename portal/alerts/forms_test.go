package alerts_test

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/portal/alerts"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// send sends a form, or gets a page if there is none, and wants an answer.
type send func(want int, path string, form url.Values) (page string)

// site returns the pages of a harness; networks are those that webhooks may go to.
func site(h *harness, networks ...netip.Prefix) send {
	h.Helper()
	templates, err := alerts.Templates()
	if err != nil {
		h.Fatal(err)
	}
	pages, err := ui.New(func(context.Context) ui.Brand { return ui.Brand{} }, map[string]fs.FS{"alerts": templates}, ui.Options{Now: h.server.Now})
	if err != nil {
		h.Fatal(err)
	}
	watch := alerts.New(h.db, h.outbox, texts, h.server.Client, h.ring, silent, alerts.Options{Now: h.server.Now, Networks: networks})
	mux := route.Mux(alerts.NewPages(watch, pages).Routes(), route.Fallback{Fail: pages.Fail})
	return func(want int, path string, form url.Values) string {
		h.Helper()
		method := http.MethodPost
		if form == nil {
			method = http.MethodGet
		}
		r := httptest.NewRequestWithContext(route.WithPerson(h.Context(), route.Person{Email: "olivia@example.com", Role: route.Admin}), method, path, strings.NewReader(form.Encode()))
		r.Host = "evil.example"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		if mux.ServeHTTP(w, r); w.Code != want {
			h.Errorf("%s %s of %.300v answers %d, want %d", method, path, form, w.Code, want)
		}
		if to := w.Header().Get("Location"); to != "" && !strings.HasPrefix(to, "/admin/alerts") {
			h.Errorf("%s %s leads to %q", method, path, to)
		}
		if page := w.Body.String(); strings.Contains(page, "evil.example") || strings.Contains(page, "<script>alert") {
			h.Errorf("%s %s answers %s", method, path, page)
		}
		return w.Body.String()
	}
}

const evil = `"><script>alert(1)</script>`

// TestRuleForms: what a rule cannot be is said beside its field, what was typed stays, and nothing is kept.
func TestRuleForms(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.New(t))
	do := site(h)
	good := url.Values{"name": {"R"}, "scope": {"key"}, "target": {"key_a"}, "condition": {"errors"}, "threshold": {"5"}, "window": {"15"}}
	with := func(pairs ...string) url.Values {
		form := maps.Clone(good)
		for n := 0; n < len(pairs); n += 2 {
			form.Set(pairs[n], pairs[n+1])
		}
		return form
	}
	for _, wrong := range [][]string{
		{"name", ""},
		{"name", " \t"},
		{"name", strings.Repeat("ü", 101)},
		{"name", "a\r\nBcc: x"},
		{"name", "a\u2028b"},
		{"name", "a\x00"},
		{"scope", ""},
		{"scope", "ALL"},
		{"scope", "everybody"},
		{"target", ""},
		{"target", "  "},
		{"target", strings.Repeat("k", 65)},
		{"target", "a\nb"},
		{"condition", ""},
		{"condition", "none"},
		{"condition", "Errors"},
		{"threshold", ""},
		{"threshold", "0"},
		{"threshold", "101"},
		{"threshold", "-5"},
		{"threshold", "5.5"},
		{"threshold", "１"},
		{"threshold", "9223372036854775808"},
		{"threshold", evil},
		{"window", ""},
		{"window", "0"},
		{"window", "1441"},
		{"window", "-1"},
		{"window", "9223372036854775807"},
		{"window", "1h"},
		{"channel", "channel_none"},
		{"channel", evil},
		{"condition", "limit"},
		{"condition", "limit", "threshold", "89"},
		{"condition", "expiring", "threshold", "2"},
		{"condition", "spike", "threshold", "1"},
		{"condition", "p95", "threshold", "600001"},
		{"condition", "idle", "threshold", "366"},
	} {
		page := do(http.StatusUnprocessableEntity, "/admin/alerts/rule", with(append([]string{"name", "Typed before"}, wrong...)...))
		if wrong[0] != "name" && !strings.Contains(page, "Typed before") {
			t.Errorf("%q: what was typed is gone", wrong)
		}
	}
	do(http.StatusNotFound, "/admin/alerts/rule", with("id", "rule_none"))
	do(http.StatusNotFound, "/admin/alerts/rule", with("id", evil))
	do(http.StatusRequestEntityTooLarge, "/admin/alerts/rule", with("name", strings.Repeat("a", 40<<10)))
	if list := h.rules(); len(list) > 0 {
		t.Fatalf("kept: %+v", list)
	}
	for n, right := range [][]string{
		{"name", strings.Repeat("ü", 100)},
		{"name", evil},
		{"target", strings.Repeat("k", 64)},
		{"target", evil},
		{"scope", "all", "target", "ignored"},
		{"threshold", "1"},
		{"threshold", "100"},
		{"window", "1"},
		{"window", "1440"},
		{"condition", "limit", "threshold", "120", "window", "no"},
		{"condition", "mail", "threshold", "", "window", ""},
		{"condition", "spike", "threshold", "2"},
		{"condition", "p95", "threshold", "600000"},
	} {
		do(http.StatusSeeOther, "/admin/alerts/rule", with(right...))
		list := h.rules()
		if len(list) != n+1 {
			t.Fatalf("%q: %d rules", right, len(list))
		}
	}
	for _, r := range h.rules() {
		if r.Scope == "all" && r.Target != "" {
			t.Errorf("a rule about all is about %q", r.Target)
		}
		do(http.StatusOK, "/admin/alerts/rule?id="+url.QueryEscape(r.ID), nil)
	}
	do(http.StatusOK, "/admin/alerts", nil)
	changed := h.rules()[0]
	do(http.StatusSeeOther, "/admin/alerts/rule", with("id", changed.ID, "name", "Changed", "threshold", "7"))
	if r, err := h.db.Rule(t.Context(), changed.ID); err != nil || r.Name != "Changed" || r.Threshold != 7 || !r.Made.Equal(changed.Made) {
		t.Errorf("changed: %+v, %v", r, err)
	}
}

// TestChannelForms: where alerts cannot go, and that the secrets of those where they can are shown once and never again.
func TestChannelForms(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.New(t))
	do := site(h)
	form := func(kind, name, target string) url.Values {
		return url.Values{"kind": {kind}, "name": {name}, "target": {target}}
	}
	for _, kind := range []string{"webhook", "slack"} {
		for _, target := range []string{
			"", "x", "//a.example", "https://", "https:///x", "https:a.example", "http://a.example", "ftp://a.example", "file:///etc/passwd", "javascript:alert(1)", "gopher://a.example",
			"https://user@a.example", "https://user:password@a.example", "https://a.example\r\nX: y", "https://a.example/\x00", "https://a b.example", "https://a.example:port",
			"https://a.example/" + strings.Repeat("a", 2000), evil,
		} {
			do(http.StatusUnprocessableEntity, "/admin/alerts/channel", form(kind, "C", target))
		}
	}
	for _, target := range []string{"", "a", "a@b@c", "Ana <ana@example.com>", "ana@example.com,bob@example.com", "ana@example.com\r\nBcc: x@example.com", "mailto:ana@example.com\x00", evil} {
		do(http.StatusUnprocessableEntity, "/admin/alerts/channel", form("mail", "C", target))
	}
	for _, name := range []string{"", " ", strings.Repeat("ü", 61), "a\nb", "a\u202eb"} {
		do(http.StatusUnprocessableEntity, "/admin/alerts/channel", form("mail", name, "team@example.com"))
	}
	for _, kind := range []string{"", "Mail", "fax", evil} {
		do(http.StatusUnprocessableEntity, "/admin/alerts/channel", form(kind, "C", "team@example.com"))
	}
	if list, err := h.db.Channels(t.Context()); err != nil || len(list) > 0 {
		t.Fatalf("kept: %+v, %v", list, err)
	}
	do(http.StatusUnprocessableEntity, "/admin/alerts/channel", form("webhook", "C", h.hook.url))                                           // http, for networks that are allowed only
	site(h, netip.MustParsePrefix("10.0.0.0/8"))(http.StatusUnprocessableEntity, "/admin/alerts/channel", form("webhook", "C", h.hook.url)) // and for these alone
	site(h, netip.MustParsePrefix("127.0.0.0/8"))(http.StatusOK, "/admin/alerts/channel", form("webhook", "C", h.hook.url))

	do(http.StatusSeeOther, "/admin/alerts/channel", form("mail", strings.Repeat("ü", 60), " TEAM@example.com "))
	if page := do(http.StatusOK, "/admin/alerts/channel", form("webhook", evil, "https://hooks.example/secret-path?secret-query=1#secret-fragment")); !strings.Contains(page, "whsec_") {
		t.Errorf("the secret is not shown: %s", page)
	}
	page := do(http.StatusSeeOther, "/admin/alerts/channel", form("slack", "S", "https://slack.example/services/secret-path"))
	list, err := h.db.Channels(t.Context())
	if err != nil || len(list) != 4 {
		t.Fatalf("channels: %+v, %v", list, err)
	}
	page += do(http.StatusOK, "/admin/alerts", nil)
	for _, c := range list {
		page += do(http.StatusOK, "/admin/alerts/channel?id="+c.ID, nil)
		if kept := fmt.Sprintf("%+v %s", c, c.Sealed); strings.Contains(kept, "secret-") || strings.Contains(kept, "whsec_") || c.Kind == "mail" && c.Target != "team@example.com" {
			t.Errorf("kept in plain: %s", kept)
		}
	}
	if strings.Contains(page, "secret-") || strings.Contains(page, "whsec_") {
		t.Errorf("a secret is shown again: %s", page)
	}
}

// TestForeignChannelsAreNotFound: whatever is done to them; and a delivery is its channel's only.
func TestForeignChannelsAreNotFound(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.New(t))
	do := site(h)
	for _, what := range []string{"test", "replay", "resume", "delete"} {
		do(http.StatusNotFound, "/admin/alerts/channel/channel_none/"+what, url.Values{"delivery": {"x"}})
		do(http.StatusNotFound, "/admin/alerts/channel/"+url.PathEscape("' OR '1'='1")+"/"+what, url.Values{})
	}
	do(http.StatusNotFound, "/admin/alerts/channel?id=channel_none", nil)
	hook, other := h.channel("webhook", h.hook.url), h.channel("slack", h.hook.url)
	do(http.StatusSeeOther, "/admin/alerts/channel/"+hook+"/test", url.Values{})
	list, err := h.db.Deliveries(t.Context(), hook, 9)
	if err != nil || len(list) != 1 || list[0].Event != "alert.test" || strings.Contains(list[0].Body, "evil.example") || !strings.Contains(list[0].Body, "https://keys.example/admin/alerts") {
		t.Fatalf("deliveries: %+v, %v", list, err)
	}
	do(http.StatusConflict, "/admin/alerts/channel/"+hook+"/replay", url.Values{"delivery": {list[0].ID}}) // it is on its way
	h.look(0)
	do(http.StatusConflict, "/admin/alerts/channel/"+other+"/replay", url.Values{"delivery": {list[0].ID}})
	do(http.StatusConflict, "/admin/alerts/channel/"+hook+"/replay", url.Values{})
	do(http.StatusSeeOther, "/admin/alerts/channel/"+hook+"/replay", url.Values{"delivery": {list[0].ID}})
	if err := h.db.StopChannel(t.Context(), hook, "It wants no more."); err != nil {
		t.Fatal(err)
	}
	h.look(time.Minute)
	h.wantEvents("alert.test") // and not again: the channel is stopped
	if page := do(http.StatusOK, "/admin/alerts/channel?id="+hook, nil); !strings.Contains(page, "It wants no more.") {
		t.Errorf("the page does not say why nothing is sent: %s", page)
	}
	do(http.StatusSeeOther, "/admin/alerts/channel/"+hook+"/resume", url.Values{})
	do(http.StatusSeeOther, "/admin/alerts/channel/"+hook+"/test", url.Values{})
	h.look(time.Minute)
	h.wantEvents("alert.test", "alert.test")
	do(http.StatusSeeOther, "/admin/alerts/channel/"+hook+"/delete", url.Values{})
	do(http.StatusNotFound, "/admin/alerts/channel/"+hook+"/delete", url.Values{})
}

// TestSnoozeForms: at most two weeks, of one rule or of all.
func TestSnoozeForms(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.New(t))
	do := site(h)
	h.rule(db.Rule{Condition: "mail"})
	h.rule(db.Rule{Condition: "silent", Window: time.Minute})
	for _, hours := range []string{"", "-1", "337", "1.5", "1h", "4294967297", "٣", evil} {
		do(http.StatusUnprocessableEntity, "/admin/alerts/snooze", url.Values{"hours": {hours}})
	}
	until := func() (got string) {
		for _, r := range h.rules() {
			got += r.Condition + " " + r.Snoozed.Format("2 15:04") + ","
		}
		return got
	}
	for _, c := range []struct{ rule, hours, want string }{
		{"rule_none", "1", "mail 1 00:00,silent 1 00:00,"},
		{"rule_mail", "1", "mail 20 13:00,silent 1 00:00,"},
		{"", "336", "mail 4 12:00,silent 4 12:00,"},
		{"rule_mail", "0", "mail 1 00:00,silent 4 12:00,"},
	} {
		do(http.StatusSeeOther, "/admin/alerts/snooze", url.Values{"rule": {c.rule}, "hours": {c.hours}})
		if got := until(); got != c.want {
			t.Errorf("%q for %s hours: %s, want %s", c.rule, c.hours, got, c.want)
		}
	}
}
