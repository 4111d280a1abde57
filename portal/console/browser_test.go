package console_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/browser"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

// TestLiveView: numbers arrive, can be paused and filtered.
func TestLiveView(t *testing.T) {
	s, busy := filled(t)
	s.server.Record(t, adminapitest.Calls{Key: busy.APIKeyID, At: time.Now().Add(-time.Second), N: 120, Status: pierre.CallSucceeded, Tool: "get_stats", Took: 7 * time.Millisecond})
	s.server.Record(t, adminapitest.Calls{Key: busy.APIKeyID, At: time.Now(), N: 1, Status: pierre.CallFailed, Tool: "get_activities"})
	tab := browser.New(t, browser.Options{})
	asRole("viewer", s.url)(tab)
	tab.Open(s.url + "/admin/live")
	tab.SeeText("Connected")
	tab.SeeText("Failed")
	if rows := browser.Eval[int](tab, "document.querySelectorAll('[data-calls] tr').length"); rows < 2 || rows > 100 {
		t.Errorf("%d calls are shown", rows)
	}
	if first := browser.Eval[string](tab, "document.querySelector('[data-calls] tr').textContent"); !strings.Contains(first, "ana@club.exampleClub appget_activitiesFailed") {
		t.Errorf("the latest call is shown as %q", first)
	}
	tab.See(".plot canvas")
	tab.SeeText("Times are those of Europe/Zurich.")
	tab.Click("[data-pause]")
	tab.SeeText("Paused")
	tab.Click("[data-pause]")
	tab.Type("#live-filter", "nothing")
	tab.SeeText("None that matches.")
	if wrong := tab.Axe(); len(wrong) > 0 {
		t.Error(wrong)
	}
}

// TestLiveAxis: the chart ends with the latest event, be it the only one.
func TestLiveAxis(t *testing.T) {
	s, _ := filled(t)
	tab := browser.New(t, browser.Options{})
	asRole("viewer", s.url)(tab)
	tab.Open(s.url + "/admin/live")
	tab.See(".plot canvas")
	browser.Eval[bool](tab, `(() => {
		let stream, plot;
		window.EventSource = class extends EventTarget { constructor() { super(); stream = this; } };
		window.uPlot = class extends uPlot { constructor(...given) { super(...given); plot = this; } };
		const again = document.createElement("script"), told = document.createElement("p");
		again.src = document.querySelector("script[src*=live]").src;
		again.addEventListener("load", () => {
			stream.dispatchEvent(new MessageEvent("usage", { data: '{"at":"2026-11-26T05:57:30Z"}' }));
			setTimeout(() => { told.textContent = [plot.scales.x.min, plot.scales.x.max].map((s) => new Date(s * 1000).toISOString()).join(" to "); });
		});
		document.body.append(told, again);
		return true;
	})()`)
	tab.SeeText("2026-11-26T05:52:30.000Z to 2026-11-26T05:57:30.000Z")
}

// TestDaysAreTheSameInEveryZone: a day of UTC is called by its date, wherever the viewer is.
func TestDaysAreTheSameInEveryZone(t *testing.T) {
	s, busy := filled(t)
	tab := browser.New(t, browser.Options{Zone: "America/Los_Angeles"})
	asRole("viewer", s.url)(tab)
	tab.Open(s.url + "/admin/keys/" + string(busy.APIKeyID) + "?days=7")
	tab.See("#calls canvas")
	browser.Eval[bool](tab, `(() => {
		for (const d of document.querySelectorAll("details")) d.open = true;
		const over = document.querySelector("#calls .u-over"), at = over.getBoundingClientRect();
		over.dispatchEvent(new MouseEvent("mousemove", { clientX: at.right - 20, clientY: at.top + 20, bubbles: true }));
		return true;
	})()`)
	today := s.server.Now().UTC()
	tab.SeeText("Day (UTC)")
	tab.SeeText(today.Format("2 Jan 2006") + " (UTC)")
	if first := browser.Eval[string](tab, "document.querySelector('[data-chart=calls] tbody td').textContent"); first != today.Format("2 Jan 2006") {
		t.Errorf("the table's first day is %q", first)
	}
}

// TestARevocationByDialog: the dialog opens without scripts, and its button works only with the word.
func TestARevocationByDialog(t *testing.T) {
	s, busy := filled(t)
	tab := browser.New(t, browser.Options{NoScripts: true})
	asRole("admin", s.url)(tab)
	tab.Open(s.url + "/admin/keys/" + string(busy.APIKeyID))
	tab.TabTo("[popovertarget=revoke]")
	tab.Keys("{Enter}")
	tab.See("#revoke")
	tab.TabTo("#f-word")
	tab.Keys("REVOKE")
	tab.Keys("{Enter}")
	tab.SeeText("The key was revoked.")
}

// TestKeysAreFoundWhileOneTypes: with scripts the list follows what is typed, without another page.
func TestKeysAreFoundWhileOneTypes(t *testing.T) {
	s, _ := filled(t)
	tab := browser.New(t, browser.Options{})
	asRole("viewer", s.url)(tab)
	tab.Open(s.url + "/admin/keys")
	browser.Eval[bool](tab, "window.same = true")
	tab.Type("#q", "bob@")
	tab.SeeText("1 key on this page")
	if !browser.Eval[bool](tab, "window.same === true") || !strings.Contains(tab.URL(), "q=bob%40") || !strings.Contains(tab.Text(), "Old watch") {
		t.Errorf("at %s:\n%s", tab.URL(), tab.Text())
	}
}
