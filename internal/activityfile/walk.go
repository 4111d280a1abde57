package activityfile

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A walker is one call of [Walk].
type walker struct {
	limits  Limits
	tempDir string
	yield   func(Result) error
	budget  budget
	ahead   outlook
}

func newWalker(opts Options, yield func(Result) error) *walker {
	l := opts.Limits.withDefaults()
	return &walker{
		limits: l, tempDir: opts.TempDir, yield: yield,
		budget: budget{bytes: l.TotalBytes, entries: l.Entries},
		ahead:  outlook{reading: opts.Reading},
	}
}

// An entry is one file of an upload.
type entry struct {
	path    string
	packed  int64  // compressed bytes; 0: not compressed
	problem string // why it cannot be read
	aside   string // why it need not be
	top     bool   // it is the upload itself
	open    func() (io.ReadCloser, error)
}

// A scope is what a file's surroundings say about it.
type scope struct {
	provider pierre.Provider
	depth    int // archives around it
	garmin   *garminTable
}

func (w *walker) walk(ctx context.Context, src *Source) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	top := scope{provider: pierre.ProviderFile}
	if src.folder != nil {
		entries, err := w.folder(ctx, src)
		if err != nil {
			return err
		}
		return w.bundle(ctx, entries, top)
	}
	return w.bundle(ctx, []*entry{{
		path: src.name, top: true,
		open: func() (io.ReadCloser, error) { return section{io.NewSectionReader(src.file, 0, src.size)}, nil },
	}}, top)
}

// A section is an upload that its owner closes.
type section struct{ *io.SectionReader }

// Close implements io.Closer.
func (section) Close() error { return nil }

// folder lists the files of a folder in lexical order.
func (w *walker) folder(ctx context.Context, src *Source) ([]*entry, error) {
	var entries []*entry
	err := fs.WalkDir(src.folder, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && name == ".":
			return fmt.Errorf("reading folder %s: %w", src.name, err)
		case err == nil && d.IsDir():
			return nil
		case len(entries) > w.limits.Entries:
			return fs.SkipAll
		}
		e := &entry{path: name, open: func() (io.ReadCloser, error) { return src.folder.Open(name) }}
		switch {
		case err != nil:
			e.problem = "it cannot be opened"
		case !d.Type().IsRegular():
			e.problem = "it is a link or a device, not a file"
		}
		entries = append(entries, e)
		return nil
	})
	return entries, err
}

// bundle reads the files of one folder or archive: first what explains others,
// then the rest in order.
func (w *walker) bundle(ctx context.Context, entries []*entry, in scope) error {
	b := newBundle(entries[:min(len(entries), max(0, w.budget.entries))])
	w.budget.entries -= len(entries)
	w.ahead.found(b.entries)
	outer := in.garmin
	if err := w.garmin(ctx, b, &in); err != nil {
		return err
	}
	for _, export := range []func(context.Context, *bundle, scope) error{w.strava, w.apple} {
		if err := export(ctx, b, in); err != nil {
			return err
		}
	}
	for _, e := range b.entries {
		if b.taken[e] {
			continue
		}
		if err := w.entry(ctx, e, b.scope(e, in)); err != nil {
			return err
		}
	}
	if in.garmin != outer {
		if err := w.garminRest(in.garmin); err != nil {
			return err
		}
	}
	if left := entries[len(b.entries):]; len(left) > 0 {
		w.ahead.total++
		return w.yield(Result{
			Path: left[0].path, Status: StatusFailed,
			Reason: fmt.Sprintf("the upload holds more than %d files: this one and those after it were not read", w.limits.Entries),
		})
	}
	return nil
}

// An opened entry is read within the limits.
type opened struct {
	*meter
	raw io.ReadCloser
}

// Close implements io.Closer.
func (o *opened) Close() error { return o.raw.Close() }

// reader opens e within the limits, with at most limit bytes of its own.
func (w *walker) reader(ctx context.Context, e *entry, limit int64) (*opened, error) {
	raw, err := e.open()
	if err != nil {
		return nil, unreadable("it cannot be opened")
	}
	m := &meter{ctx: ctx, src: raw, budget: &w.budget, left: limit, ratio: w.limits.Ratio}
	if e.packed > 0 {
		m.packed = func() int64 { return e.packed }
	}
	return &opened{m, raw}, nil
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 1<<20:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// otherwise says what a file is that is in no format of recordings, by its name and first bytes.
func otherwise(name string, head []byte) error {
	base := path.Base(name)
	ext := strings.ToLower(path.Ext(strings.TrimSuffix(strings.ToLower(base), ".gz")))
	switch ext {
	case ".fit", ".gpx", ".tcx":
		switch {
		case len(head) == 0:
			return unreadable("the file is empty")
		default:
			return unreadable("this is no %s file, whatever its name says", strings.ToUpper(ext[1:]))
		}
	case ".jpg", ".jpeg", ".png", ".heic", ".gif", ".webp", ".mp4", ".mov":
		return notActivity("a photo or video")
	case ".csv", ".json", ".txt", ".html", ".pdf", ".md":
		return notActivity("no activity: a document or table")
	case ".zip":
		return unreadable("this is no zip archive, whatever its name says")
	}
	if base == ".DS_Store" || base == "Thumbs.db" || base == "desktop.ini" || strings.HasPrefix(base, "._") || strings.Contains(name, "__MACOSX/") {
		return notActivity("a file of the operating system")
	}
	if bytes.HasPrefix(head, []byte("Rar!")) || bytes.HasPrefix(head, []byte("7z\xBC\xAF")) {
		return notActivity("an archive of a kind that is not read: use zip")
	}
	return notActivity("no activity: neither FIT nor GPX nor TCX")
}
