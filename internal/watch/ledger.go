package watch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	// maxEntries bounds what is remembered; of more, the oldest are forgotten. The server knows them all the same.
	maxEntries = 50_000
	// maxLine bounds one line of the file: a path and a reason.
	maxLine = 64 << 10
)

// An entry is what is remembered of a file that was sent.
type entry struct {
	Path     string              `json:"path"`
	Size     int64               `json:"size"`
	Modified time.Time           `json:"modified"`
	Sum      string              `json:"sha256"`
	Status   pierre.ImportStatus `json:"status"`
	Reason   string              `json:"reason,omitempty"`
	At       time.Time           `json:"at"`
}

// A head is the first line of the file: for which server the rest holds.
type head struct {
	Version int    `json:"pierre_watch"`
	Server  string `json:"server"`
}

// A ledger remembers what was sent, in a file: a line for each file, appended; from
// time to time the file is written anew without the lines that are outdated. A line
// that was cut off by the end of a program is left out.
type ledger struct {
	path string
	head head

	mu     sync.Mutex
	file   *os.File
	lines  int
	byPath map[string]entry
	bySum  map[string]entry
}

// openLedger reads the file at path, or begins it. What it says of another server is forgotten.
func openLedger(path, server string) (*ledger, error) {
	l := &ledger{path: path, head: head{1, server}, byPath: map[string]entry{}, bySum: map[string]entry{}}
	f, err := os.Open(path)
	switch {
	case err == nil:
		err = errors.Join(l.read(f), f.Close())
	case errors.Is(err, fs.ErrNotExist):
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = l.compact()
	}
	if err != nil {
		return nil, fmt.Errorf("opening the state file: %w", err)
	}
	return l, nil
}

// read takes over what f says, if it is about the same server.
func (l *ledger) read(f io.Reader) error {
	lines := bufio.NewScanner(io.LimitReader(f, 2*maxEntries*maxLine))
	lines.Buffer(nil, maxLine)
	for first := true; lines.Scan(); first = false {
		if first {
			var was head
			if json.Unmarshal(lines.Bytes(), &was) != nil || was != l.head {
				return nil //nolint:nilerr // what is no state file says nothing
			}
			continue
		}
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Path != "" && e.Sum != "" {
			l.put(e)
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) { // no line of ours; the server knows what is behind it
		return nil
	}
	return lines.Err()
}

func (l *ledger) put(e entry) {
	l.byPath[e.Path] = e
	l.bySum[e.Sum] = e
}

// at reports whether it is known what became of the file at path, as it is.
func (l *ledger) at(path string, size int64, modified time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.byPath[path]
	return ok && e.Size == size && e.Modified.Equal(modified)
}

// with returns what became of a file with that SHA-256, wherever it was.
func (l *ledger) with(sum string) (entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.bySum[sum]
	return e, ok
}

// add remembers e. An error means that it will be forgotten with this program.
func (l *ledger) add(e entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(e)
	if l.lines >= 2*max(len(l.byPath), 1000) || len(l.byPath) > maxEntries+maxEntries/10 {
		return l.compact()
	}
	line, err := json.Marshal(e)
	if err == nil {
		_, err = l.file.Write(append(line, '\n')) // one write: a line is there or is cut off
	}
	l.lines++
	if err != nil {
		return fmt.Errorf("writing the state file: %w", err)
	}
	return nil
}

// failures returns what the server could not read, the newest first.
func (l *ledger) failures() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var failed []entry
	for _, e := range l.byPath {
		if e.Status == pierre.ImportFailed {
			failed = append(failed, e)
		}
	}
	slices.SortFunc(failed, func(a, b entry) int { return b.At.Compare(a.At) })
	return failed
}

// compact writes the file anew, with the newest entries.
func (l *ledger) compact() error {
	entries := slices.SortedFunc(maps.Values(l.byPath), func(a, b entry) int { return a.At.Compare(b.At) })
	for _, old := range entries[:max(0, len(entries)-maxEntries)] {
		delete(l.byPath, old.Path)
		delete(l.bySum, old.Sum)
	}
	entries = entries[max(0, len(entries)-maxEntries):]
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	err := enc.Encode(l.head)
	for _, e := range entries {
		err = errors.Join(err, enc.Encode(e))
	}
	if err != nil {
		return err
	}
	if err := l.close(); err != nil { // Windows replaces no file that is open
		return err
	}
	if err := install.Replace(l.path, b.Bytes(), 0o600); err != nil {
		return err
	}
	l.lines = len(entries)
	l.file, err = os.OpenFile(l.path, os.O_APPEND|os.O_WRONLY, 0o600)
	return err
}

func (l *ledger) close() error {
	if l.file == nil {
		return nil
	}
	f := l.file
	l.file = nil
	return f.Close()
}
