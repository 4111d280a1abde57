package activityfile

import (
	"path"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A bundle is the files of one folder or archive, some of which explain others.
type bundle struct {
	entries []*entry
	byPath  map[string]*entry
	folders map[string]bool // that hold a file
	taken   map[*entry]bool // by an export: they have been reported on
	claims  []claim
}

// A claim says that everything below a folder comes from a provider.
type claim struct {
	root     string
	provider pierre.Provider
}

func newBundle(entries []*entry) *bundle {
	b := &bundle{entries: entries, byPath: map[string]*entry{}, folders: map[string]bool{}, taken: map[*entry]bool{}}
	for _, e := range entries {
		name := path.Clean(e.path)
		if _, ok := b.byPath[name]; !ok {
			b.byPath[name] = e
		}
		b.folders[path.Dir(name)] = true
	}
	return b
}

func (b *bundle) claim(root string, provider pierre.Provider) {
	b.claims = append(b.claims, claim{root, provider})
}

// scope returns what holds for e.
func (b *bundle) scope(e *entry, in scope) scope {
	longest := -1
	for _, c := range b.claims {
		if within(e.path, c.root) && len(c.root) > longest {
			in.provider, longest = c.provider, len(c.root)
		}
	}
	return in
}

// setAside gives the files below folder a reason not to be read.
func (b *bundle) setAside(folder, reason string) {
	for _, e := range b.entries {
		if within(e.path, folder) && !b.taken[e] {
			e.aside = reason
		}
	}
}

func within(name, folder string) bool {
	return folder == "." || strings.HasPrefix(name, folder+"/")
}
