package activityfile

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/flate"
)

// memoryArchive is up to which size an archive inside an archive is kept in memory.
const memoryArchive = 16 << 20

func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// archive reads the files of the zip archive that f is.
func (w *walker) archive(ctx context.Context, e *entry, f *file, in scope) error {
	refuse := func(err error) error {
		w.ahead.opened(e, false)
		return w.refuse(ctx, Result{Path: e.path}, err)
	}
	if in.depth++; in.depth > w.limits.Depth {
		return refuse(unreadable("archives are nested more than %d deep", w.limits.Depth))
	}
	whole, err := w.inOnePlace(f)
	if err != nil {
		return refuse(err)
	}
	defer whole.remove()
	prefix := e.path + "/"
	if e.top {
		prefix = ""
	}
	entries, err := w.unzip(whole, prefix)
	if err != nil {
		return refuse(err)
	}
	if len(entries) == 0 {
		return refuse(notActivity("the archive is empty"))
	}
	w.ahead.opened(e, true)
	return w.bundle(ctx, entries, in)
}

// A place holds a file for random access.
type place struct {
	io.ReaderAt
	size   int64
	remove func()
}

// inOnePlace returns f itself if it is a file of its own, or else its content in
// memory or in a temporary file.
func (w *walker) inOnePlace(f *file) (place, error) {
	p := place{remove: func() {}}
	switch raw := f.raw.(type) {
	case section:
		p.ReaderAt, p.size = raw, raw.Size()
		return p, nil
	case *os.File:
		info, err := raw.Stat()
		if err == nil {
			p.ReaderAt, p.size = raw, info.Size()
			return p, nil
		}
	}
	var buf bytes.Buffer
	n, err := io.Copy(&buf, io.LimitReader(f, memoryArchive))
	if err != nil || n < memoryArchive {
		p.ReaderAt, p.size = bytes.NewReader(buf.Bytes()), n
		return p, err
	}
	tmp, err := os.CreateTemp(w.tempDir, "pierre-import-*.zip")
	if err != nil {
		return p, fmt.Errorf("making a temporary file: %w", err)
	}
	p.ReaderAt = tmp
	p.remove = func() { // what stays behind among the temporary files harms nobody
		_ = tmp.Close()
		_ = os.Remove(tmp.Name())
	}
	if p.size, err = io.Copy(tmp, io.MultiReader(&buf, f)); err != nil {
		p.remove()
	}
	return p, err
}

// unzip lists the files of an archive in its own order. None is written
// anywhere, so that their names can do no harm.
func (w *walker) unzip(src place, prefix string) ([]*entry, error) {
	const perEntry = 256 // bytes of the directory
	capped := &cappedReader{src: src}
	capped.left.Store(int64(w.limits.Entries) * perEntry)
	z, err := zip.NewReader(capped, src.size)
	if err != nil {
		if capped.left.Load() < 0 {
			return nil, unreadable("the archive holds more than %d files", w.limits.Entries)
		}
		return nil, unreadable("the archive is cut off or damaged: its list of files is missing")
	}
	capped.open.Store(true)
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(r) })
	var entries []*entry
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		const encrypted = 1
		e := &entry{
			path:   prefix + cmp.Or(printable(f.Name), "unnamed"),
			packed: max(1, int64(f.CompressedSize64)),
			open:   f.Open,
		}
		switch {
		case f.Flags&encrypted != 0:
			e.problem = "it is encrypted"
		case f.Method != zip.Deflate && f.Method != zip.Store:
			e.problem = fmt.Sprintf("its compression (method %d) is not supported: pack the archive anew", f.Method)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// printable makes a name fit for a report.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return '�'
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(name, `\`, "/"), "�"))
}

// A cappedReader bounds what the list of files may take, before anything of it
// is trusted: the reader of archives keeps it all in memory.
type cappedReader struct {
	src  io.ReaderAt
	left atomic.Int64
	open atomic.Bool
}

func (c *cappedReader) ReadAt(p []byte, off int64) (int, error) {
	if !c.open.Load() && c.left.Add(-int64(len(p))) < 0 {
		return 0, unreadable("the list of files is too long")
	}
	return c.src.ReadAt(p, off)
}
