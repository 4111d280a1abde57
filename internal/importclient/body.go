package importclient

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// A meter counts what one attempt sends, until the attempt turns out to be in vain.
type meter struct {
	watch Watcher

	mu   sync.Mutex
	sent int64
	vain bool
}

func (m *meter) add(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.vain {
		m.sent += n
		m.watch.Sent(n)
	}
}

// void takes back what was counted. Parts of the attempt may still be reading.
func (m *meter) void() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.vain {
		m.vain = true
		m.watch.Sent(-m.sent)
	}
}

// open returns the item's bytes, again for each attempt. How many were read is told to read.
func (it Item) open(read func(n int64)) (io.Reader, error) {
	if it.Files != nil {
		return archive(it.Files, read), nil
	}
	f, err := os.Open(it.Path)
	if err != nil {
		return nil, err
	}
	return &fileBody{counting{f, read}, f, int(it.Size)}, nil
}

// A counting reader tells how much was read.
type counting struct {
	io.Reader

	read func(n int64)
}

func (c counting) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.read(int64(n))
	return n, err
}

// A fileBody is a file as a request's body, with its length, which becomes the Content-Length.
type fileBody struct {
	counting
	io.Closer

	size int
}

// Len returns the body's length in bytes.
func (b *fileBody) Len() int { return b.size }

// archive returns a zip archive of files that is made as it is read. Closing it ends the making.
func archive(files []File, read func(n int64)) io.ReadCloser {
	r, w := io.Pipe()
	go func() { // ends with the last file, or with the first write after the reader was closed
		z := zip.NewWriter(w)
		var err error
		for _, f := range files {
			if err = pack(z, f, read); err != nil {
				break
			}
		}
		w.CloseWithError(errors.Join(err, z.Close()))
	}()
	return r
}

func pack(z *zip.Writer, f File, read func(n int64)) error {
	src, err := os.Open(f.Path)
	if err != nil {
		return err
	}
	defer src.Close() //nolint:errcheck // it is only read
	h := &zip.FileHeader{Name: f.Name, Method: zip.Deflate}
	if strings.HasSuffix(f.Name, ".gz") || strings.HasSuffix(f.Name, ".zip") {
		h.Method = zip.Store
	}
	dst, err := z.CreateHeader(h)
	if err != nil {
		return err
	}
	if _, err = io.Copy(dst, counting{src, read}); err != nil {
		return fmt.Errorf("sending %s: %w", f.Path, err)
	}
	return nil
}
