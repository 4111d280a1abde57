package activityfile

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"

	"github.com/klauspost/compress/gzip"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// entry reads one file, whatever it is, and yields what became of it.
func (w *walker) entry(ctx context.Context, e *entry, in scope) error {
	w.ahead.at(e.path)
	if e.problem != "" {
		return w.yield(Result{Path: e.path, Status: StatusFailed, Reason: e.problem})
	}
	f, err := w.openFile(ctx, e)
	if err != nil {
		w.ahead.opened(e, false)
		return w.refuse(ctx, Result{Path: e.path}, err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	if isZip(f.head) {
		return w.archive(ctx, e, f, in)
	}
	w.ahead.opened(e, false)
	if head, _ := f.Peek(sniffSize); isAutoExport(head) {
		return w.autoExport(ctx, e, f)
	}
	p, err := w.parse(ctx, f, e.path)
	if err != nil {
		return w.refuse(ctx, Result{Path: e.path, Format: p.format, SHA256: p.sum}, err)
	}
	id := ""
	if in.garmin != nil {
		id = in.garmin.Enrich(p.drafts)
	}
	return w.deliver(e.path, p, id, in)
}

// parsed is what one file holds.
type parsed struct {
	format   string
	sum      [32]byte
	drafts   []draft.Draft
	warnings []string
	original *pierre.Original // nil: it is not kept
}

// A file is an open entry, decompressed, of which the first bytes are known.
type file struct {
	*bufio.Reader
	head    []byte
	raw     io.Reader // the entry's own bytes; nil if it was compressed by itself
	meter   *meter    // the innermost one
	closers []io.Closer
}

// tighten lowers how far the rest of f may expand.
func (f *file) tighten(ratio int64) { f.meter.ratio = min(f.meter.ratio, ratio) }

// Close implements io.Closer.
func (f *file) Close() error {
	var errs []error
	for _, c := range f.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

const (
	readSize = 64 << 10 // what is read of a file at once
	headSize = 512      // by which its format is known
)

// openFile opens e and takes off any gzip around it.
func (w *walker) openFile(ctx context.Context, e *entry) (*file, error) {
	const most = 2 // some servers compress files that are compressed already
	src, err := w.reader(ctx, e, w.limits.TotalBytes)
	if err != nil {
		return nil, err
	}
	f := &file{raw: src.raw, meter: src.meter, closers: []io.Closer{src}}
	reader := io.Reader(src)
	buffer := int(max(headSize, min(cmp.Or(e.size, readSize), readSize)))
	for range most + 1 {
		f.Reader = bufio.NewReaderSize(reader, buffer)
		f.head, err = f.Peek(headSize)
		if err != nil && !draft.IsEOF(err) {
			return nil, errors.Join(err, f.Close())
		}
		if !bytes.HasPrefix(f.head, []byte{0x1f, 0x8b}) {
			return f, nil
		}
		packed := &counter{src: f.Reader}
		unzip, err := gzip.NewReader(packed)
		if err != nil {
			return nil, errors.Join(draft.Unreadable("its compression is damaged"), f.Close())
		}
		f.raw = nil
		f.closers = append([]io.Closer{unzip}, f.closers...)
		f.meter = &meter{
			ctx: ctx, pause: w.pause, src: unzip, budget: &w.budget, left: w.limits.TotalBytes,
			packed: packed, ratio: w.limits.Ratio,
		}
		reader, buffer = f.meter, readSize
	}
	return nil, errors.Join(draft.Unreadable("it is compressed more than %d times", most), f.Close())
}

// A counter counts the bytes that are read through it.
type counter struct {
	src *bufio.Reader
	n   int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.n += int64(n)
	return n, err
}

// ReadByte implements io.ByteReader, without which gzip would read ahead.
func (c *counter) ReadByte() (byte, error) {
	b, err := c.src.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// parse reads the recordings of f, whose path is name.
func (w *walker) parse(ctx context.Context, f *file, name string) (parsed, error) {
	limited := &meter{ctx: ctx, pause: func(context.Context) {}, src: f, budget: &budget{bytes: math.MaxInt64}, left: w.limits.FileBytes}
	for _, r := range readers() {
		if r.begins != nil && r.begins(f.head) {
			limited.left = min(limited.left, r.most)
			return w.parseWhole(ctx, limited, r)
		}
	}
	if looksLikeXML(f.head) {
		return w.parseXML(limited, name)
	}
	head, _ := f.Peek(sniffSize) // of a file that ends early, or is damaged, what there is
	has := names(head)
	if r, ok := jsonReader(has); ok {
		limited.left = min(limited.left, r.most)
		return w.parseWhole(ctx, limited, r)
	}
	return parsed{}, cmp.Or(foreignJSON(has), otherwise(name, head))
}

// parseWhole reads a file of a format that is read at once.
func (w *walker) parseWhole(ctx context.Context, src io.Reader, r reader) (parsed, error) {
	b, err := io.ReadAll(src)
	cut := ""
	if err != nil {
		if cut = draft.CutShort(err, len(b)); cut == "" {
			return parsed{format: r.format}, err
		}
	}
	p := parsed{format: r.format, sum: sha256.Sum256(b)}
	p.drafts, p.warnings, err = r.whole(ctx, b, p.sum, w.limits.Samples)
	if cut != "" {
		p.warnings = append([]string{cut}, p.warnings...)
	}
	if err != nil || w.packer == nil {
		return p, err
	}
	w.packer.Reset()
	if _, err := w.packer.Write(b); err != nil {
		return p, err
	}
	p.original, err = w.pack()
	return p, err
}

func looksLikeXML(head []byte) bool {
	if bytes.HasPrefix(head, []byte{0xFE, 0xFF}) || bytes.HasPrefix(head, []byte{0xFF, 0xFE}) {
		return true
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n\x00")
	return len(head) > 0 && head[0] == '<'
}

// parseXML reads a document in one of the XML formats.
func (w *walker) parseXML(r io.Reader, name string) (p parsed, err error) {
	sum := sha256.New()
	read := io.Writer(sum)
	if w.packer != nil {
		w.packer.Reset()
		read = io.MultiWriter(sum, w.packer)
	}
	r = io.TeeReader(r, read)
	x, err := xmldoc.NewReader(r)
	if err != nil {
		return p, err
	}
	root, err := x.Start()
	if err != nil {
		if _, err := x.Damage(err); err != nil {
			return p, err
		}
		return p, draft.Unreadable("it is damaged from the beginning")
	}
	found, ok := readerOf(root.Name.Local)
	if !ok {
		return p, cmp.Or(foreignRoot(root.Name.Local), otherwise(name, []byte("<")))
	}
	p.format = found.format
	p.drafts, p.warnings, err = found.document(x, w.limits.Samples)
	if err != nil {
		if _, ok := draft.AsRefusal(err); !ok {
			return p, err
		}
	}
	if drainErr := drain(r, sum, &p); drainErr != nil && err == nil {
		return p, drainErr
	}
	for i := range p.drafts {
		if id := p.drafts[i].Rec.MultisportID; id != "" {
			p.drafts[i].Rec.MultisportID = fmt.Sprintf("%x-%s", p.sum[:8], id)
		}
	}
	if err != nil || w.packer == nil {
		return p, err
	}
	p.original, err = w.pack()
	return p, err
}

// pack returns the file that was written to the packer.
func (w *walker) pack() (*pierre.Original, error) {
	o, err := w.packer.Finish()
	return &o, err
}

// drain reads what follows the document, so that the sum is that of the whole file.
func drain(r io.Reader, sum hash.Hash, p *parsed) error {
	if _, err := io.Copy(io.Discard, r); err != nil && draft.CutShort(err, 0) == "" {
		return err
	}
	p.sum = [32]byte(sum.Sum(nil))
	return nil
}
