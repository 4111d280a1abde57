package activityfile

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/activityfile/garmin"
	"github.com/pierre-mcp/pierre/internal/original"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A walker is one call of [Walk].
type walker struct {
	limits  Limits
	tempDir string
	pause   func(context.Context)
	yield   func(Result) error
	budget  budget
	ahead   outlook
	long    chan struct{}
	turn    bool // an element of long is this walk's
	without func(context.Context, func(context.Context) error) error
	packer  *original.Packer // nil: files are not kept
}

func newWalker(src *Source, opts Options, yield func(Result) error) *walker {
	l := opts.Limits.withDefaults()
	total := l.TotalBytes
	if src.folder == nil { // a folder has no compressed size
		total = min(total, expansionFloor+l.Ratio*src.size)
	}
	w := &walker{
		limits: l, tempDir: opts.TempDir, pause: opts.Pause, yield: yield,
		budget: budget{bytes: total, entries: l.Entries},
		ahead:  outlook{reading: opts.Reading},
		long:   opts.Long, without: opts.Without,
	}
	if w.without == nil {
		w.without = func(ctx context.Context, wait func(context.Context) error) error { return wait(ctx) }
	}
	if w.pause == nil {
		w.pause = func(context.Context) {}
	}
	return w
}

// An entry is one file of an upload.
type entry struct {
	path    string
	problem string // why it cannot be read
	top     bool   // it is the upload itself
	taken   bool   // by an export: it has been reported on
	size    uint64 // of its content, as its archive says; 0: not known
	open    func() (opened, error)
}

// An opened entry. Its packed bytes are counted as they are read, if it is compressed.
type opened struct {
	io.ReadCloser

	packed *counter // nil: not compressed
}

// A scope is what a file's surroundings say about it.
type scope struct {
	provider pierre.Provider
	depth    int // archives around it
	garmin   *garmin.Table
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
		open: func() (opened, error) {
			return opened{ReadCloser: section{io.NewSectionReader(src.file, 0, src.size)}}, nil
		},
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
		e := &entry{path: name, open: func() (opened, error) {
			f, err := src.folder.Open(name)
			return opened{ReadCloser: f}, err
		}}
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
	for _, of := range []func(context.Context, *bundle) error{w.ownExport, w.garminDays, w.fitbit, w.polar} {
		if err := of(ctx, b); err != nil {
			return err
		}
	}
	for _, export := range []func(context.Context, *bundle, scope) error{w.strava, w.apple} {
		if err := export(ctx, b, in); err != nil {
			return err
		}
	}
	for _, e := range b.entries {
		if e.taken {
			continue
		}
		if err := w.bundled(ctx, b, e, in); err != nil {
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

// bundled reads one file of b, unless its folder says that it need not be.
func (w *walker) bundled(ctx context.Context, b *bundle, e *entry, in scope) error {
	if reason, ok := nearest(b.asides, e.path); ok {
		w.ahead.at(e.path)
		w.ahead.opened(e, false)
		return w.yield(Result{Path: e.path, Status: StatusSkipped, Reason: reason})
	}
	return w.entry(ctx, e, b.scope(e, in))
}

// A bounded reader reads an entry within the limits.
type bounded struct {
	*meter

	raw io.ReadCloser
}

// Close implements io.Closer.
func (b *bounded) Close() error { return b.raw.Close() }

// reader opens e within the limits, with at most limit bytes of its own.
func (w *walker) reader(ctx context.Context, e *entry, limit int64) (*bounded, error) {
	o, err := e.open()
	if err != nil {
		return nil, draft.Unreadable("it cannot be opened")
	}
	return &bounded{&meter{ctx: ctx, pause: w.pause, src: o, budget: &w.budget, left: limit, packed: o.packed, ratio: w.limits.Ratio}, o.ReadCloser}, nil
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
	if base == ".DS_Store" || base == "Thumbs.db" || base == "desktop.ini" || strings.HasPrefix(base, "._") || strings.Contains(name, "__MACOSX/") {
		return draft.NotActivity("a file of the operating system")
	}
	if f, ok := formats.Of(base); ok && f.Name != formats.XML {
		switch {
		case f.Holds == formats.Table:
			return draft.NotActivity("no activity: a document or table")
		case f.Holds == formats.Archive:
			return draft.Unreadable("this is no zip archive, whatever its name says")
		case len(head) == 0:
			return draft.Unreadable("the file is empty")
		default:
			return draft.Unreadable("this is no %s file, whatever its name says", strings.ToUpper(f.Name))
		}
	}
	switch strings.ToLower(path.Ext(base)) {
	case ".jpg", ".jpeg", ".png", ".heic", ".gif", ".webp", ".mp4", ".mov":
		return draft.NotActivity("a photo or video")
	case ".txt", ".html", ".pdf", ".md":
		return draft.NotActivity("no activity: a document or table")
	}
	if bytes.HasPrefix(head, []byte("Rar!")) || bytes.HasPrefix(head, []byte("7z\xBC\xAF")) {
		return draft.NotActivity("an archive of a kind that is not read: use zip")
	}
	var known []string
	for _, name := range formats.Recordings() {
		known = append(known, strings.ToUpper(name))
	}
	return draft.NotActivity("no activity: neither %s", strings.Join(known, " nor "))
}
