// Package importclient is the client's side of importing: it finds what is worth
// sending below the paths that a user names, and sends it to a server's
// /api/import. What is in the files is the server's to say.
package importclient

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
)

// An Item is what one request sends.
type Item struct {
	Path  string // on this machine, as the user may know it
	Name  string // for the server
	Size  int64  // bytes before any compression
	Files []File // of a folder that is sent as one archive; nil: Path is a file
}

// A File is one file of an archive that is made while it is sent.
type File struct {
	Path string // on this machine
	Name string // inside the archive, with slashes
}

// Find returns what there is to send below paths, in a lasting order, and how
// many files are not worth it: those of other kinds than recordings and archives.
//
// A file that is named is sent whatever it is. Of a folder, each recording and
// archive is sent on its own; but a folder that is an unpacked account export is
// sent as one archive, since its tables say more of its files than they do themselves.
func Find(paths []string) (items []Item, others int, err error) {
	f := finder{seen: map[string]bool{}}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, 0, err
		}
		if info.IsDir() {
			err = f.folder(path)
		} else {
			err = f.add(path, info.Size())
		}
		if err != nil {
			return nil, 0, err
		}
	}
	return f.items, f.others, nil
}

type finder struct {
	items  []Item
	others int
	seen   map[string]bool // absolute paths: a user may name a file twice
}

func (f *finder) add(path string, size int64) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if !f.seen[abs] {
		f.seen[abs] = true
		f.items = append(f.items, Item{Path: path, Name: filepath.Base(abs), Size: size})
	}
	return nil
}

func (f *finder) folder(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && hidden(d.Name()):
			return filepath.SkipDir
		case d.IsDir():
			export, err := IsExport(path)
			if err != nil || !export {
				return err
			}
			if err := f.export(path); err != nil {
				return err
			}
			return filepath.SkipDir
		case hidden(d.Name()):
			return nil
		case !holds(path, formats.Recording, formats.Archive):
			f.others++
			return nil
		}
		info, err := os.Stat(path) // what a link leads to
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		return f.add(path, info.Size())
	})
}

// export adds the account export in folder root as one archive, without the photos and the like.
func (f *finder) export(root string) error {
	abs, err := filepath.Abs(root)
	if err != nil || f.seen[abs] {
		return err
	}
	f.seen[abs] = true
	item := Item{Path: root, Name: filepath.Base(abs) + ".zip", Files: []File{}}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || hidden(d.Name()) {
			return err
		}
		if !holds(path, formats.Recording, formats.Archive, formats.Table) {
			f.others++
			return nil
		}
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		name, err := filepath.Rel(root, path)
		item.Files = append(item.Files, File{path, filepath.ToSlash(name)})
		item.Size += info.Size()
		return err
	})
	f.items = append(f.items, item)
	return err
}

// IsExport reports whether a folder is an unpacked export of Strava (a table
// beside its activities), Garmin, Fitbit, Polar or Apple Health (an XML file whose root is
// HealthData, whatever its translated name).
func IsExport(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	hasTable := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return strings.EqualFold(filepath.Ext(e.Name()), "."+formats.CSV) })
	for _, e := range entries {
		switch name := strings.ToLower(e.Name()); {
		case name == "activities.csv" && !e.IsDir(),
			name == "activities" && e.IsDir() && hasTable,
			name == "di_connect" && e.IsDir(),
			name == "global export data" && e.IsDir(),
			strings.HasPrefix(name, "account-data-") && filepath.Ext(name) == ".json": // Polar's
			return true, nil
		case !e.IsDir() && filepath.Ext(name) == ".xml":
			health, err := isHealthData(filepath.Join(dir, e.Name()))
			if err != nil || health {
				return health, err
			}
		}
	}
	return false, nil
}

func isHealthData(path string) (bool, error) {
	const enough = 1024 // for the XML declaration and the start of the DOCTYPE
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	head, err := io.ReadAll(io.LimitReader(file, enough))
	return bytes.Contains(head, []byte("HealthData")), err
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") || name == "__MACOSX" }

// holds reports whether the file at path has a format that holds one of these.
func holds(path string, contents ...formats.Content) bool {
	f, ok := formats.Of(path)
	return ok && slices.Contains(contents, f.Holds)
}
