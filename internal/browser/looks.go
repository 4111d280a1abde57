package browser

import (
	"cmp"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// pictures and documents are where [Look] leaves pictures; make screenshots sets them.
var (
	pictures  = flag.String("pictures", "", "a folder for pictures of the pages that are looked at")
	documents = flag.String("documents", "", "a folder for the pictures that documents show")
)

// Pictures reports whether [Look] leaves pictures.
func Pictures() bool { return *pictures != "" }

// A Page is one that is looked at.
type Page struct {
	Name     string // of its picture
	URL      string
	Status   int        // of its answer; 0: 200
	Before   func(*Tab) // such as setting a cookie; may be nil
	After    func(*Tab) // such as opening a dialog; may be nil
	Document bool       // a document shows it
}

// firstKind is the kind of window in which everything is looked at.
const firstKind = "desktop-light"

// Heaviest is how many bytes a page may have over the network, with all files that it needs.
const Heaviest = 100_000

// Look opens pages in a wide, light window and in a narrow, dark one, and reports what is wrong with them in either: another
// status, what axe finds (in the second, by the rules that depend on the window), a width that has to be scrolled, errors of the
// console, more bytes than [Heaviest]. With the flag -pictures it looks at all four kinds of windows and leaves a picture of
// each, and a list of the pages with their weights.
func Look(t *testing.T, pages []Page) {
	t.Helper()
	Path(t)
	kinds := map[string]Options{firstKind: {}, "phone-dark": {Narrow: true, Dark: true}}
	if *pictures != "" {
		kinds["desktop-dark"], kinds["phone-light"] = Options{Dark: true}, Options{Narrow: true}
	}
	w := &weights{of: map[string]string{}}
	for kind, opts := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			tab := New(t, opts)
			if kind == firstKind {
				tab.ForgetFiles()
			}
			for _, p := range pages {
				t.Run(p.Name, func(t *testing.T) { tab.look(t, p, kind, w) })
			}
		})
	}
	t.Cleanup(func() {
		if *pictures != "" {
			w.write(t, pages)
		}
	})
}

// look is one page in one kind of window. What goes wrong there is told to t.
func (b *Tab) look(t *testing.T, p Page, kind string, w *weights) {
	before := b.t
	b.t = t
	defer func() { b.t = before }()
	if p.Before != nil {
		p.Before(b)
	}
	b.Loaded()
	if got, want := b.Open(p.URL), cmp.Or(p.Status, http.StatusOK); got != want {
		t.Errorf("the status is %d, want %d", got, want)
	}
	if p.After != nil {
		p.After(b)
	}
	var rules []string
	if kind != firstKind {
		rules = ofWindow
	}
	for _, wrong := range b.Axe(rules...) {
		t.Error("axe: ", wrong)
	}
	if over := b.FitsWidth(); over > 0 {
		t.Errorf("the page is %d pixels wider than the window", over)
	}
	if kind == firstKind {
		n := b.Loaded()
		if n > Heaviest {
			t.Errorf("the page has %d bytes, want %d at most", n, Heaviest)
		}
		row := fmt.Sprintf("%.1f KB | %.0f ms", float64(n)/1000, b.FirstPaint())
		t.Logf("over the network | first paint: %s", row)
		w.add(p.Name, row)
	}
	for _, fault := range b.Faults() {
		t.Errorf("the page's console: %s", fault)
	}
	if *pictures != "" {
		b.Picture(filepath.Join(*pictures, p.Name+"-"+kind+".png"))
	}
	if *documents != "" && p.Document && kind == firstKind {
		b.documentPicture(filepath.Join(*documents, p.Name+".webp"))
	}
}

// weights are what is measured of pages.
type weights struct {
	mu sync.Mutex
	of map[string]string
}

func (w *weights) add(name, row string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.of[name] = row
}

// write leaves a table of the weights, and a page with all pictures, beside the pictures.
func (w *weights) write(t *testing.T, pages []Page) {
	t.Helper()
	var table, show strings.Builder
	table.WriteString("| page | over the network, gzip, without what a browser kept | first paint |\n|---|---|---|\n")
	show.WriteString("<!doctype html><meta charset=utf-8><title>Pictures</title><style>body{font:14px sans-serif}img{width:24%;vertical-align:top;border:1px solid #888}</style>")
	for _, p := range pages {
		fmt.Fprintf(&table, "| %s | %s |\n", p.Name, w.of[p.Name])
		fmt.Fprintf(&show, "<h2>%s</h2>", p.Name)
		for _, kind := range []string{"desktop-light", "desktop-dark", "phone-light", "phone-dark"} {
			fmt.Fprintf(&show, `<a href="%[1]s-%[2]s.png"><img src="%[1]s-%[2]s.png" alt="%[2]s" loading="lazy"></a> `, p.Name, kind)
		}
	}
	for name, text := range map[string]string{"pages.md": table.String(), "index.html": show.String()} {
		if err := os.WriteFile(filepath.Join(*pictures, name), []byte(text), 0o600); err != nil {
			t.Error(err)
		}
	}
}
