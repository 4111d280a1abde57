package usda

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
)

// A window reads a file within limits: of one food or row, of all, and of how far an archive's file expands. It counts what was read.
type window struct {
	ctx    context.Context //nolint:containedctx // an io.Reader, for the time of one read
	src    io.Reader
	read   int64
	until  int64 // how far may be read for now
	packed int64
	count  *int64
}

var errTooLong = fmt.Errorf("a single food or row of it has more than %d MB, which none has", mostFood>>20)

// open opens the entry.
func (im *imports) open(ctx context.Context, e entry) (*window, io.Closer, error) {
	f, err := e.open()
	if err != nil {
		return nil, nil, err
	}
	return &window{ctx: ctx, src: bufio.NewReaderSize(f, 1<<16), packed: e.packed, count: &im.now.Bytes}, f, nil
}

// next allows one more food or row, where the last one ended.
func (w *window) next(offset int64) { w.until = offset + mostFood }

// Read implements io.Reader.
func (w *window) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	if w.read >= w.until {
		return 0, errTooLong
	}
	n, err := w.src.Read(p[:min(int64(len(p)), w.until-w.read)])
	w.read += int64(n)
	*w.count += int64(n)
	switch {
	case w.read > mostBytes:
		return 0, fmt.Errorf("it has more than %d GB", int64(mostBytes>>30))
	case w.packed > 0 && w.read > freeOfRatio && w.read/w.packed > mostRatio:
		return 0, fmt.Errorf("it expands to more than %d times its size, as no such file does", mostRatio)
	}
	return n, err
}

// cutOff says in words that a file ends too early.
func cutOff(err error, offset int64) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("it is cut off at byte %d; get it again", offset)
	}
	return err
}
