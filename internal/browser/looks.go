package browser

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"
)

// pictures is where [Look] leaves its pictures; make screenshots sets it.
var pictures = flag.String("pictures", "", "a folder for pictures of the pages that are looked at")

// Look opens a page in a wide, light window and in a narrow, dark one, and reports what is wrong with it in either: what axe
// finds, a width that has to be scrolled, errors of the console. ready prepares each tab, such as with a cookie. With the
// flag -pictures it looks at all four kinds of windows and leaves a picture of each, named by name.
func Look(t *testing.T, name, url string, ready func(*Tab)) {
	t.Helper()
	all := map[string]Options{"desktop-light": {}, "phone-dark": {Narrow: true, Dark: true}}
	if *pictures != "" {
		all["desktop-dark"], all["phone-light"] = Options{Dark: true}, Options{Narrow: true}
	}
	for looks, opts := range all {
		t.Run(name+"/"+looks, func(t *testing.T) {
			tab := New(t, opts)
			if ready != nil {
				ready(tab)
			}
			tab.Open(url)
			for _, wrong := range tab.Axe() {
				t.Error("axe: ", wrong)
			}
			if over := tab.FitsWidth(); over > 0 {
				t.Errorf("the page is %d pixels wider than the window", over)
			}
			if *pictures != "" {
				tab.Picture(filepath.Join(*pictures, strings.ReplaceAll(name, "/", "-")+"-"+looks+".png"))
			}
		})
	}
}
