// Package original packs the files that recordings were read from, and gives them back byte for byte or not at all. Where they are
// kept is the store's.
package original

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Limits of what is kept: bytes of a file as they are, which is more than any importer reads of one, and packed.
const (
	MaxBytes  = 256 << 20
	MaxPacked = 16 << 20
)

// window is the memory that packing and unpacking take; recordings repeat themselves within a few kilobytes.
const window = 1 << 20

// ErrDamaged says that what is kept is not what was packed.
var ErrDamaged = errors.New("what is kept of the file is damaged")

// A Packer packs one file after the other: what is written to it until [Packer.Finish]. It is not safe for concurrent use.
type Packer struct {
	enc   *zstd.Encoder
	out   limited
	sum   hash.Hash
	bytes int64
}

// NewPacker returns a Packer that has packed nothing.
func NewPacker() (*Packer, error) {
	// The fastest level makes FIT files 4 % and GPX files hardly larger than the next, in a third of the time (docs/OPERATIONS.md).
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window))
	if err != nil {
		return nil, fmt.Errorf("making an encoder: %w", err)
	}
	p := &Packer{enc: enc, sum: sha256.New()}
	p.Reset()
	return p, nil
}

// Reset forgets what was written.
func (p *Packer) Reset() {
	p.out = limited{}
	p.bytes = 0
	p.sum.Reset()
	p.enc.Reset(&p.out)
}

// Write implements [io.Writer]. It takes whatever there is: a file that is too large to be kept is still one that is read.
func (p *Packer) Write(b []byte) (int, error) {
	if p.bytes += int64(len(b)); p.bytes > MaxBytes {
		p.out.over = true
	}
	if p.out.over {
		return len(b), nil
	}
	p.sum.Write(b)
	return p.enc.Write(b)
}

// Finish returns what was written, and begins anew. A file that is too large has no Packed.
func (p *Packer) Finish() (pierre.Original, error) {
	defer p.Reset()
	if err := p.enc.Close(); err != nil {
		return pierre.Original{}, fmt.Errorf("packing a file: %w", err)
	}
	if p.out.over {
		return pierre.Original{Bytes: p.bytes}, nil
	}
	return pierre.Original{SHA256: [32]byte(p.sum.Sum(nil)), Bytes: p.bytes, Packed: p.out.Bytes()}, nil
}

// limited keeps at most MaxPacked bytes.
type limited struct {
	bytes.Buffer

	over bool
}

func (l *limited) Write(b []byte) (int, error) {
	if l.over = l.over || l.Len()+len(b) > MaxPacked; l.over {
		l.Buffer = bytes.Buffer{}
		return len(b), nil
	}
	return l.Buffer.Write(b)
}

// Unpack writes the file to w, piece by piece. An [ErrDamaged] may come after its first bytes were written: whoever cannot take
// them back asks [Check] before.
func Unpack(w io.Writer, o pierre.Original) error {
	if o.Bytes < 0 || o.Bytes > MaxBytes {
		return ErrDamaged
	}
	dec, err := zstd.NewReader(bytes.NewReader(o.Packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
	if err != nil {
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	defer dec.Close()
	sum := sha256.New()
	out := &written{to: w}
	n, err := io.Copy(io.MultiWriter(sum, out), io.LimitReader(dec, o.Bytes+1))
	switch {
	case out.err != nil:
		return out.err
	case err != nil:
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	case n != o.Bytes || [32]byte(sum.Sum(nil)) != o.SHA256:
		return ErrDamaged
	}
	return nil
}

// Check reports with [ErrDamaged] that o is not what was packed.
func Check(o pierre.Original) error { return Unpack(io.Discard, o) }

// written tells the errors of a writer from those of the reader that it is copied from.
type written struct {
	to  io.Writer
	err error
}

func (w *written) Write(b []byte) (int, error) {
	n, err := w.to.Write(b)
	w.err = err
	return n, err
}
