package browser_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/browser"
)

const samplePage = `<!doctype html><html lang="en"><head><title>Sample</title><script src="/s.js"></script></head><body><main>
<h1>Sample</h1><form action="/sent"><label for="a">Name</label><input id="a" name="a"><button>Send</button></form><p id="late"></p></main></body></html>`

func site(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, samplePage) })
	mux.HandleFunc("/s.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		io.WriteString(w, `addEventListener("load", () => { document.getElementById("late").textContent = "scripts run"; });`)
	})
	mux.HandleFunc("/sent", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><title>Sent</title></head><body><main><h1>%s</h1></main></body></html>`, r.FormValue("a"))
	})
	mux.HandleFunc("/bad", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		io.WriteString(w, `<html><body><img src="/x.png"><input><script>alert(1)</script></body></html>`)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestAFormIsFilledInAndSent(t *testing.T) {
	url := site(t)
	tab := browser.New(t, browser.Options{})
	if status := tab.Open(url); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	tab.SeeText("scripts run")
	tab.Type("#a", "Ana")
	tab.Follow("button")
	if got := tab.See("h1"); got != "Ana" || tab.Status() != http.StatusTeapot || !strings.HasSuffix(tab.URL(), "/sent?a=Ana") {
		t.Errorf("%q %d %s", got, tab.Status(), tab.URL())
	}
	if n := tab.Loaded(); n < 100 {
		t.Errorf("%d bytes were loaded", n)
	}
}

func TestWithTheKeyboardAndWithoutScripts(t *testing.T) {
	url := site(t)
	tab := browser.New(t, browser.Options{NoScripts: true, Phone: true, Dark: true})
	tab.Open(url)
	tab.TabTo("#a")
	tab.Keys("Bea{Tab}{Enter}")
	tab.SeeText("Bea")
	if over := tab.FitsWidth(); over != 0 {
		t.Errorf("%d pixels too wide", over)
	}
	picture := filepath.Join(t.TempDir(), "page.png")
	tab.Picture(picture)
	if png, err := os.ReadFile(picture); err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("%v", err)
	}
}

func TestFaultsAreFound(t *testing.T) {
	url := site(t)
	tab := browser.New(t, browser.Options{})
	tab.Open(url)
	if found := tab.Axe(); len(found) != 0 {
		t.Errorf("of a good page axe says %q", found)
	}
	tab.Open(url + "/bad")
	if found := strings.Join(tab.Axe(), "\n"); !strings.Contains(found, "label") || !strings.Contains(found, "image-alt") {
		t.Errorf("of a bad page axe says %q", found)
	}
	if found := tab.Axe("image-alt"); len(found) != 1 || !strings.Contains(found[0], "image-alt") {
		t.Errorf("by one rule axe says %q", found)
	}
	if faults := strings.Join(tab.Faults(), "\n"); !strings.Contains(faults, "Content Security Policy") {
		t.Errorf("the console shows %q", faults)
	}
}

func TestTabsShareNoCookies(t *testing.T) {
	url := site(t)
	a, b := browser.New(t, browser.Options{}), browser.New(t, browser.Options{})
	a.SetCookie(url, "who", "ana")
	a.Open(url)
	b.Open(url)
	if a.Cookies()["who"] != "ana" || len(b.Cookies()) != 0 {
		t.Errorf("%v, %v", a.Cookies(), b.Cookies())
	}
}
