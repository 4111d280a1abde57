package activityfile

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/spool"
)

const (
	// memoryArchive is up to which size an archive inside an archive is kept in memory.
	memoryArchive = 16 << 20
	// spoolRatio is how far a larger one may expand: archives hardly compress.
	spoolRatio = 10
	// maxName bounds the names of an archive's files. Its end tells the format.
	maxName = 1024
)

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
		return refuse(draft.Unreadable("archives are nested more than %d deep", w.limits.Depth))
	}
	whole, err := w.randomAccess(f)
	if err != nil {
		return refuse(err)
	}
	defer whole.close()
	prefix := e.path + "/"
	if e.top {
		prefix = ""
	}
	entries, err := w.unzip(ctx, whole, prefix)
	if err != nil {
		return refuse(err)
	}
	if len(entries) == 0 {
		return refuse(draft.NotActivity("the archive is empty"))
	}
	w.ahead.opened(e, true)
	return w.bundle(ctx, entries, in)
}

// A content is a file's, for random access.
type content struct {
	io.ReaderAt
	size  int64
	close func()
}

// randomAccess returns f itself if it is a file of its own, or else its content
// in memory or in a temporary file.
func (w *walker) randomAccess(f *file) (content, error) {
	c := content{close: func() {}}
	switch raw := f.raw.(type) {
	case section:
		c.ReaderAt, c.size = raw, raw.Size()
		return c, nil
	case *os.File:
		info, err := raw.Stat()
		if err == nil {
			c.ReaderAt, c.size = raw, info.Size()
			return c, nil
		}
	}
	var buf bytes.Buffer
	n, err := io.Copy(&buf, io.LimitReader(f, memoryArchive))
	if err != nil || n < memoryArchive {
		c.ReaderAt, c.size = bytes.NewReader(buf.Bytes()), n
		return c, err
	}
	tmp, err := spool.New(w.tempDir)
	if err != nil {
		return c, fmt.Errorf("making a temporary file: %w", err)
	}
	c.ReaderAt = tmp
	c.close = func() { _ = tmp.Close() } // it was only written and read
	f.tighten(spoolRatio)
	if c.size, err = io.Copy(tmp, io.MultiReader(&buf, f)); err != nil {
		c.close()
	}
	return c, err
}

// unzip lists the files of an archive in its own order, one more than may be read at most. None is written anywhere, so
// that their names can do no harm.
func (w *walker) unzip(ctx context.Context, src content, prefix string) ([]*entry, error) {
	list := &listReader{ctx: ctx, w: w, src: src}
	z, err := zip.NewReader(list, src.size)
	if err != nil {
		if list.err != nil {
			return nil, list.err
		}
		return nil, draft.Unreadable("the archive is cut off or damaged: its list of files is missing")
	}
	list.open.Store(true)
	packed := &counter{} // of the member that was opened last
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser {
		packed = &counter{src: bufio.NewReader(r)}
		return flate.NewReader(packed)
	})
	overlapping := overlaps(z.File)
	var entries []*entry
	for _, f := range z.File {
		if len(entries) > max(0, w.budget.entries) {
			break
		}
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		const encrypted = 1
		e := &entry{path: prefix + cmp.Or(printable(f.Name), "unnamed"), size: f.UncompressedSize64, open: func() (opened, error) {
			r, err := f.Open()
			if f.Method == zip.Store {
				return opened{ReadCloser: r}, err
			}
			return opened{r, packed}, err
		}}
		switch {
		case f.Flags&encrypted != 0:
			e.problem = "it is encrypted"
		case f.Method != zip.Deflate && f.Method != zip.Store:
			e.problem = fmt.Sprintf("its compression (method %d) is not supported: pack the archive anew", f.Method)
		case overlapping[f]:
			e.problem = "it shares its bytes with another file of the archive: pack the archive anew"
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// overlaps returns the files that, by the directory, share packed bytes with a file
// before them. Without this check, one packed file under many names would be unpacked
// as many times. No program writes such archives.
func overlaps(files []*zip.File) map[*zip.File]bool {
	type extent struct {
		file       *zip.File
		start, end uint64
	}
	all := make([]extent, 0, len(files))
	for _, f := range files {
		at, err := f.DataOffset()
		if err == nil { // one that cannot be found cannot be opened either
			all = append(all, extent{f, uint64(at), uint64(at) + f.CompressedSize64})
		}
	}
	slices.SortStableFunc(all, func(a, b extent) int { return cmp.Compare(a.start, b.start) })
	found := map[*zip.File]bool{}
	end := uint64(0)
	for _, x := range all {
		switch {
		case x.start < end || x.end < x.start:
			found[x.file] = true
		default:
			end = x.end
		}
	}
	return found
}

// printable makes a name fit for a report.
func printable(name string) string {
	if len(name) > maxName {
		name = "…" + name[len(name)-maxName:]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return '�'
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(name, `\`, "/"), "�"))
}
