package activityfile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A Source is an upload: one file, which may be an archive, or a folder.
type Source struct {
	name   string
	file   io.ReaderAt
	size   int64
	folder fs.FS
	close  func() error
}

// NewSource returns the file of that name and size as a source. The caller keeps r open during the walk.
func NewSource(name string, r io.ReaderAt, size int64) *Source {
	return &Source{name: name, file: r, size: size, close: func() error { return nil }}
}

// Open opens the file or folder at path as a source. A folder's files cannot lead out of it.
func Open(path string) (*Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("opening upload: %w", err)
	}
	if info.IsDir() {
		root, err := os.OpenRoot(path)
		if err != nil {
			return nil, fmt.Errorf("opening upload: %w", err)
		}
		return &Source{name: filepath.Base(path), folder: root.FS(), close: root.Close}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening upload: %w", err)
	}
	return &Source{name: filepath.Base(path), file: f, size: info.Size(), close: f.Close}, nil
}

// Close releases what [Open] opened.
func (s *Source) Close() error { return s.close() }
