// Package usda reads the downloads of USDA FoodData Central (https://fdc.nal.usda.gov/download-datasets) into a file of foods: the
// JSON of Foundation, SR Legacy, FNDDS and Branded foods, and the CSV tables of one kind or of all, as archives or unpacked.
//
// The JSON of products has gigabytes, and so have the tables, which are joined here: neither is ever in memory as a whole.
package usda

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/food"
)

// Limits of what is read.
const (
	mostFood    = 2 << 20 // bytes of one food in JSON, or of one row of a table
	mostBytes   = 64 << 30
	mostRatio   = 200 // of an archive's file to what it takes there; FoodData Central's have 20 at most
	freeOfRatio = 16 << 20
	mostFiles   = 2000 // of an archive or folder
)

// Progress is how far an import is.
type Progress struct {
	Foods int
	Bytes int64 // that were read, unpacked
	Of    int64 // bytes in all, as far as they are stated
}

// A Report is what became of an import.
type Report struct {
	food.Made

	Twice      int // foods that came again, and products' versions of which there is a newer one
	Unusable   int // foods without a number, a description or a kind
	Impossible int // values that cannot be, such as 300 g of 100 g
}

// Import makes the file at path of the files, each an archive, a JSON document or a folder of unpacked ones. If it fails, what was
// there stays. Of a food that is in several files, the first counts.
func Import(ctx context.Context, to string, files []string, now func() time.Time, progress func(Progress)) (Report, error) {
	return importWith(ctx, to, files, now, progress, mostScratch)
}

// importWith imports with so many bytes of memory, about, for what tables say of foods.
func importWith(ctx context.Context, to string, files []string, now func() time.Time, progress func(Progress), memory int) (r Report, err error) {
	b, err := food.NewBuilder(ctx, to)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	im := &imports{builder: b, table: food.NewTable(), progress: progress, memory: memory}
	sources := make([]source, 0, len(files))
	defer func() {
		for _, s := range sources {
			err = errors.Join(err, s.close())
		}
	}()
	var names []string
	for _, file := range files {
		s, err := open(file)
		if err != nil {
			return Report{}, fmt.Errorf("opening %s: %w", file, err)
		}
		sources, names = append(sources, s), append(names, filepath.Base(file))
		for _, e := range s.entries {
			if e.wanted() {
				im.now.Of += e.size
			}
		}
	}
	for i, s := range sources {
		if err := im.source(ctx, s); err != nil {
			return Report{}, fmt.Errorf("reading %s: %w", files[i], err)
		}
	}
	progress(im.now)
	im.report.Made, err = b.Finish(ctx, names, now())
	return im.report, err
}

// Imports are what is being read.
type imports struct {
	builder  *food.Builder
	table    *food.Table
	report   Report
	now      Progress
	told     int64 // how many bytes were read when the progress was told last
	progress func(Progress)
	memory   int // see [importWith]
}

// add adds a food to the file.
func (im *imports) add(ctx context.Context, f food.Food) error {
	if f.ID <= 0 || f.Kind == "" || strings.TrimSpace(f.Description) == "" {
		im.report.Unusable++
		return nil
	}
	// Of no use to who looks for a food, and in the way of its other words.
	f.Description = strings.TrimSuffix(strings.TrimSpace(f.Description), " (Includes foods for USDA's Food Distribution Program)")
	added, err := im.builder.Add(ctx, f)
	if err == nil && !added {
		im.report.Twice++
	}
	if added {
		im.now.Foods++
	}
	if (im.now.Foods+im.report.Twice)%256 == 0 {
		im.progress(im.now)
	}
	return err
}

// An entry is a file of an archive or folder.
type entry struct {
	name   string // with slashes
	size   int64
	packed int64 // bytes that it takes in an archive; 0: it is in none
	open   func() (io.ReadCloser, error)
}

// wanted reports whether anything is read of the entry.
func (e entry) wanted() bool {
	base := path.Base(e.name)
	return !strings.HasPrefix(base, ".") && (strings.EqualFold(path.Ext(base), ".json") || slices.Contains(tables(), base))
}

// A source is an archive, a folder or a document.
type source struct {
	entries []entry
	close   func() error
}

func open(file string) (source, error) {
	info, err := os.Stat(file)
	if err != nil {
		return source{}, err
	}
	switch {
	case info.IsDir():
		return openFolder(file)
	case strings.EqualFold(filepath.Ext(file), ".json"):
		return source{[]entry{{filepath.Base(file), info.Size(), 0, func() (io.ReadCloser, error) { return os.Open(file) }}}, func() error { return nil }}, nil
	}
	z, err := zip.OpenReader(file)
	if err != nil {
		return source{}, fmt.Errorf("it is no whole archive of FoodData Central: %w", err)
	}
	s := source{close: z.Close}
	for _, f := range z.File {
		s.entries = append(s.entries, entry{f.Name, int64(min(f.UncompressedSize64, mostBytes)), max(1, int64(min(f.CompressedSize64, mostBytes))), f.Open})
	}
	return s, s.check()
}

func openFolder(folder string) (source, error) {
	s := source{close: func() error { return nil }}
	root := os.DirFS(folder)
	for _, pattern := range []string{"*", "*/*"} {
		names, err := fs.Glob(root, pattern)
		if err != nil {
			return s, err
		}
		for _, name := range names {
			file := filepath.Join(folder, filepath.FromSlash(name))
			if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
				s.entries = append(s.entries, entry{name, info.Size(), 0, func() (io.ReadCloser, error) { return os.Open(file) }})
			}
		}
	}
	return s, s.check()
}

func (s source) check() error {
	if len(s.entries) > mostFiles {
		return errors.Join(fmt.Errorf("it has more than %d files", mostFiles), s.close())
	}
	return nil
}

// source reads the documents, and each folder of tables.
func (im *imports) source(ctx context.Context, s source) error {
	byFolder, documents := map[string]map[string]entry{}, 0
	var folders []string
	for _, e := range s.entries {
		if !e.wanted() {
			continue
		}
		if strings.EqualFold(path.Ext(e.name), ".json") {
			documents++
			if err := im.document(ctx, e); err != nil {
				return fmt.Errorf("%s: %w", path.Base(e.name), err)
			}
			continue
		}
		folder := path.Dir(e.name)
		if byFolder[folder] == nil {
			byFolder[folder] = map[string]entry{}
			folders = append(folders, folder)
		}
		byFolder[folder][path.Base(e.name)] = e
	}
	for _, folder := range folders {
		if _, ok := byFolder[folder][foodTable]; !ok {
			continue
		}
		documents++
		if err := im.tables(ctx, byFolder[folder]); err != nil {
			return err
		}
	}
	if documents == 0 {
		return errors.New("it has neither a JSON document nor a food.csv")
	}
	return nil
}
