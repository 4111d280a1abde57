package watch

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"

	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
)

// maxUnpacked is how much of a compressed recording is read to find its end; what is larger is the server's to judge.
const maxUnpacked = 256 << 20

// An ending looks for the end of a file's content while the content is written to it.
type ending interface {
	io.Writer
	missing() string // what speaks against the content being whole; "" if nothing does
}

// inspect reads the file at path once. It returns the SHA-256 of its bytes, and what
// speaks against its being whole: its format's own end is missing. An error means
// that it cannot be read now.
func inspect(path string) (sum, missing string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	h := sha256.New()
	if missing, err = endOf(f, h, path); err != nil {
		return "", "", err
	}
	return hex.EncodeToString(h.Sum(nil)), missing, nil
}

// endOf reads all of r into h and says what is missing at the end of a file called name.
func endOf(r io.Reader, h hash.Hash, name string) (missing string, err error) {
	name = strings.ToLower(name)
	bare, packed := strings.CutSuffix(name, ".gz")
	end := endingOf(bare)
	if !packed {
		n, err := io.Copy(io.MultiWriter(h, end), r)
		if err == nil && n == 0 {
			return "it is empty", nil
		}
		return end.missing(), err
	}
	all := io.TeeReader(r, h)
	missing, err = unpack(all, end)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(io.Discard, all) // what follows belongs to the sum
	return missing, err
}

// unpack reads a gzip file to its end, or to where it is broken. An error is one of reading.
func unpack(r io.Reader, end ending) (missing string, err error) {
	source := &remembering{Reader: r}
	z, err := gzip.NewReader(source)
	if err == nil {
		_, err = io.Copy(end, io.LimitReader(z, maxUnpacked))
	}
	switch {
	case source.err != nil:
		return "", source.err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "its compressed data is cut off", nil
	case err != nil:
		return "its compressed data is damaged", nil //nolint:nilerr // it is an answer
	}
	return end.missing(), nil
}

// A remembering reader tells an error of reading from one of what was read.
type remembering struct {
	io.Reader

	err error // never io.EOF
}

func (r *remembering) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// endingOf is the ending of the format that a file has by its lower-case name.
func endingOf(name string) ending {
	f, _ := formats.Of(name)
	switch f.Name {
	case formats.FIT:
		return &fitEnd{}
	case formats.GPX:
		return &tail{keep: xmlTail, judge: closes("gpx")}
	case formats.TCX:
		return &tail{keep: xmlTail, judge: closes("trainingcenterdatabase")}
	case formats.ZIP:
		return &tail{keep: zipTail, judge: zipEnds}
	default:
		return &tail{judge: func([]byte) string { return "" }}
	}
}

// A tail keeps the last bytes of a content and judges by them.
type tail struct {
	keep  int
	last  []byte
	judge func(last []byte) string
}

func (t *tail) Write(b []byte) (int, error) {
	if len(b) >= t.keep {
		t.last = append(t.last[:0], b[len(b)-t.keep:]...)
		return len(b), nil
	}
	if over := len(t.last) + len(b) - t.keep; over > 0 {
		t.last = t.last[:copy(t.last, t.last[over:])]
	}
	t.last = append(t.last, b...)
	return len(b), nil
}

func (t *tail) missing() string { return t.judge(t.last) }

const (
	xmlTail = 1 << 10
	// zipTail holds the longest end of an archive: 22 bytes and a comment.
	zipTail = zipEnd + 1<<16 - 1
	zipEnd  = 22
)

// closes looks for the end tag of the root element, whatever its prefix and the character set.
func closes(root string) func([]byte) string {
	return func(last []byte) string {
		text := strings.ToLower(string(bytes.ReplaceAll(last, []byte{0}, nil))) // UTF-16 becomes readable
		tag := text[strings.LastIndex(text, "</")+1:]
		name, _, closed := strings.Cut(strings.TrimPrefix(tag, "/"), ">")
		if _, local, prefixed := strings.Cut(name, ":"); prefixed {
			name = local
		}
		if !closed || strings.TrimSpace(name) != root {
			return "its last line is missing: it does not end with </" + root + ">"
		}
		return ""
	}
}

// zipEnds looks for the record that ends every zip archive (APPNOTE.TXT 4.3.16).
func zipEnds(last []byte) string {
	for i := len(last) - zipEnd; i >= 0; i-- {
		if bytes.HasPrefix(last[i:], []byte("PK\x05\x06")) && int(binary.LittleEndian.Uint16(last[i+20:])) == len(last)-i-zipEnd {
			return ""
		}
	}
	return "the end of the archive is missing"
}

// A fitEnd follows the headers of a FIT file, or of several in a row: each says how
// long its data is, and two bytes of checksum follow it.
type fitEnd struct {
	header []byte
	left   int64 // bytes of the data and its checksum that are to come
	sum    uint16
	whole  int  // files that ended
	odd    bool // what comes is no FIT file, and not ours to judge
	wrong  bool // a checksum was wrong
	open   bool // a header does not say how long the data is: it is still being recorded
}

const (
	fitHeader  = 12 // bytes, without the header's own checksum
	fitHeader2 = 14 // with it
)

func (f *fitEnd) Write(b []byte) (int, error) {
	all := len(b)
	for len(b) > 0 && !f.odd {
		if f.left == 0 {
			f.addHeader(b[0])
			b = b[1:]
			continue
		}
		n := min(f.left, int64(len(b)))
		f.sum = crc16(f.sum, b[:n])
		b, f.left = b[n:], f.left-n
		if f.left == 0 {
			f.wrong = f.wrong || f.sum != 0 // over data and checksum it is 0
			f.whole++
		}
	}
	return all, nil
}

// addHeader takes one byte of a header.
func (f *fitEnd) addHeader(b byte) {
	f.header = append(f.header, b)
	size := int(f.header[0])
	if size != fitHeader && size != fitHeader2 {
		f.odd = true
		return
	}
	if len(f.header) < size {
		return
	}
	if string(f.header[8:12]) != ".FIT" {
		f.odd = true
		return
	}
	f.sum = crc16(0, f.header)
	f.open = f.open || bytes.Equal(f.header[4:8], make([]byte, 4))
	f.left = int64(binary.LittleEndian.Uint32(f.header[4:])) + 2
	f.header = f.header[:0]
}

func (f *fitEnd) missing() string {
	switch {
	case f.open:
		return "its header is not finished"
	case f.odd, f.whole > 0 && f.left == 0 && len(f.header) > 0: // bytes behind a whole file do no harm
		return ""
	case f.left > 0:
		return fmt.Sprintf("it ends %d bytes too early", f.left)
	case f.whole == 0:
		return "it ends inside its header"
	case f.wrong:
		return "its checksum is wrong"
	}
	return ""
}

// crc16 goes on with the checksum of the FIT protocol, which is CRC-16/ARC, by half bytes.
func crc16(sum uint16, b []byte) uint16 {
	table := [16]uint16{
		0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401, 0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
	}
	for _, c := range b {
		sum = sum>>4 ^ table[sum&15] ^ table[c&15]
		sum = sum>>4 ^ table[sum&15] ^ table[c>>4]
	}
	return sum
}
