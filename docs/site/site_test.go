package site

import (
	"encoding/json"
	"flag"
	"html"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// kept is where make docs wants the site. Otherwise it is rendered for the test alone.
var kept = flag.String("site", "", "folder to render the site into")

var (
	identifier = regexp.MustCompile(`\sid="([^"]*)"`)
	reference  = regexp.MustCompile(`\s(?:href|src)="([^"]*)"`)
)

// TestSite renders the documents, and demands that each link leads to a page and to a heading that are there, that the list
// of documents has every page, and that the index of the search leads somewhere, too. It lists the links to other sites.
func TestSite(t *testing.T) {
	t.Parallel()
	dir := render(t)
	pages, ids := readPages(t, dir)
	external := map[string]bool{}
	leads := func(page, to string) {
		switch target, err := url.Parse(html.UnescapeString(to)); {
		case err != nil:
			t.Errorf("%s: %q is no link: %v", page, to, err)
		case target.Scheme != "":
			external[to] = true
		default:
			file, id := page, target.Fragment
			if target.Path != "" {
				file = path.Join(path.Dir(page), target.Path)
			}
			if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(file))); err != nil {
				t.Errorf("%s leads to %s, which is not there", page, to)
			} else if id != "" && !ids[file][id] {
				t.Errorf("%s leads to %s, and %s has no such heading", page, to, file)
			}
		}
	}
	for page, text := range pages {
		for _, found := range reference.FindAllStringSubmatch(text, -1) {
			leads(page, found[1])
		}
		if page != "index.html" && !strings.HasPrefix(page, "decisions/") && !strings.Contains(pages["index.html"], `href="./`+page+`"`) {
			t.Errorf("data/chapters.yaml does not have %s", page)
		}
	}
	for _, place := range headings(t, dir) {
		leads("index.html", place)
	}
	t.Logf("%d pages; links to other sites, which are not followed:\n%s", len(pages), strings.Join(sorted(external), "\n"))
}

// render renders the site and returns its folder.
func render(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("hugo"); err != nil {
		if os.Getenv("CI") != "" || *kept != "" {
			t.Fatal("hugo is needed; Debian has it as the package hugo")
		}
		t.Skip("hugo is not here")
	}
	readSources(t)
	dir := t.TempDir()
	if *kept != "" {
		dir = *kept
	}
	cmd := exec.CommandContext(t.Context(), "hugo", "--source", ".", "--destination", dir, "--cleanDestinationDir", "--quiet", "--panicOnWarning", "--noBuildLock")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("hugo: %v\n%s", err, out)
	}
	return dir
}

// readSources reads what Hugo reads, so that the result of the test is not taken from a cache when one of them has changed.
func readSources(t *testing.T) {
	t.Helper()
	for _, root := range []string{"..", "../../README.md", "../../ARCHITECTURE.md", "../../CONTRIBUTING.md", "../../CHANGELOG.md", "../../NOTICES.md"} {
		err := filepath.WalkDir(root, func(file string, entry os.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				_, err = os.ReadFile(file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// readPages returns the text of each page by its path, and the ids of its elements.
func readPages(t *testing.T, dir string) (pages map[string]string, ids map[string]map[string]bool) {
	t.Helper()
	pages, ids = map[string]string{}, map[string]map[string]bool{}
	err := filepath.WalkDir(dir, func(file string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".html" {
			return err
		}
		text, err := os.ReadFile(file)
		name, relErr := filepath.Rel(dir, file)
		if err != nil || relErr != nil {
			t.Fatal(err, relErr)
		}
		page := filepath.ToSlash(name)
		pages[page], ids[page] = string(text), map[string]bool{}
		for _, found := range identifier.FindAllStringSubmatch(string(text), -1) {
			ids[page][html.UnescapeString(found[1])] = true
		}
		return nil
	})
	if err != nil || len(pages) < 20 {
		t.Fatalf("%d pages: %v", len(pages), err)
	}
	return pages, ids
}

// headings returns the places that the search leads to.
func headings(t *testing.T, dir string) (urls []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "headings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Title string `json:"title"`
		URL   string `json:"url"`
	}
	if err := json.Unmarshal(text, &list); err != nil || len(list) < 200 {
		t.Fatalf("the index of the search has %d headings: %v", len(list), err)
	}
	for _, heading := range list {
		if heading.Title == "" {
			t.Errorf("the heading %s has no title", heading.URL)
		}
		urls = append(urls, heading.URL)
	}
	return urls
}

func sorted(set map[string]bool) (all []string) {
	for one := range set {
		all = append(all, one)
	}
	slices.Sort(all)
	return all
}
