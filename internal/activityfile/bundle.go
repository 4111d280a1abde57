package activityfile

import (
	"path"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A bundle is the files of one folder or archive, some of which explain others.
type bundle struct {
	entries   []*entry
	byPath    map[string]*entry          // made when it is first needed, like folders
	folders   map[string]bool            // that hold a file
	providers map[string]pierre.Provider // by the folder below which everything comes from them
	asides    map[string]string          // by folder: why what is below it need not be read
}

func newBundle(entries []*entry) *bundle {
	return &bundle{entries: entries, providers: map[string]pierre.Provider{}, asides: map[string]string{}}
}

// index fills byPath and folders.
func (b *bundle) index() {
	if b.byPath != nil {
		return
	}
	b.byPath, b.folders = make(map[string]*entry, len(b.entries)), map[string]bool{}
	for _, e := range b.entries {
		name := path.Clean(e.path)
		if _, ok := b.byPath[name]; !ok {
			b.byPath[name] = e
		}
		b.folders[path.Dir(name)] = true
	}
}

func (b *bundle) hasFolder(name string) bool {
	b.index()
	return b.folders[name]
}

// find returns the file at name that nothing has used yet. Exports name some
// files without the .gz that they have, or with one that they lack.
func (b *bundle) find(name string, named bool) *entry {
	if !named {
		return nil
	}
	b.index()
	for _, n := range []string{name, name + ".gz", strings.TrimSuffix(name, ".gz")} {
		if e := b.byPath[n]; e != nil && !e.taken {
			return e
		}
	}
	return nil
}

// claim says that everything below a folder comes from a provider.
func (b *bundle) claim(root string, provider pierre.Provider) { b.providers[root] = provider }

// setAside gives the files below folder a reason not to be read.
func (b *bundle) setAside(folder, reason string) { b.asides[folder] = reason }

// scope returns what holds for e.
func (b *bundle) scope(e *entry, in scope) scope {
	if p, ok := nearest(b.providers, e.path); ok {
		in.provider = p
	}
	return in
}

// nearest returns what is said of the innermost folder around the file at name.
func nearest[T any](byFolder map[string]T, name string) (value T, ok bool) {
	if len(byFolder) == 0 {
		return value, false
	}
	for dir := path.Dir(path.Clean(name)); ; dir = path.Dir(dir) {
		if v, ok := byFolder[dir]; ok {
			return v, true
		}
		if dir == "." || dir == "/" {
			return value, false
		}
	}
}
