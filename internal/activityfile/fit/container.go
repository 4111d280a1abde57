package fit

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/muktihari/fit/kit/hash/crc16"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
)

// maxParts bounds how many FIT files may be chained into one. Devices write a
// handful: the recording, and the heart rates that a strap kept under water.
const maxParts = 256

// A part is one FIT file of a chain.
type part struct {
	body      []byte // header, messages and, unless it was cut off, the checksum
	offset    int
	recovered bool // the header says that there are no messages: the device died while writing
	checksum  bool // what the part ends with fits its content
}

// Begins reports whether head, the first bytes of a file, is a FIT header.
func Begins(head []byte) bool {
	return len(head) >= 12 && (head[0] == 12 || head[0] == 14) && string(head[8:12]) == ".FIT"
}

// split returns the parts of a chain, and what follows the last one.
func split(b []byte) (parts []part, rest []byte) {
	for off := 0; Begins(b[off:]) && len(parts) < maxParts; {
		part, size := take(b[off:])
		part.offset = off
		parts = append(parts, part)
		off += size
		rest = b[off:]
	}
	return parts, rest
}

// take takes the first part off b.
func take(b []byte) (part, int) {
	const checksum = 2
	header := int(b[0])
	data := binary.LittleEndian.Uint32(b[4:])
	if data == 0 {
		return part{body: b, recovered: true}, len(b)
	}
	end := uint64(header) + uint64(data)
	if end+checksum > uint64(len(b)) {
		return part{body: b}, len(b)
	}
	n := int(end)
	// The decoder's own check leaves the header out, which is wrong for headers without a checksum of their own.
	crc := crc16.New()
	_, _ = crc.Write(b[:n]) // never fails
	ok := crc.Sum16() == binary.LittleEndian.Uint16(b[n:])
	return part{body: b[:n+checksum], checksum: ok}, n + checksum
}

// reader returns the part in a form that a decoder accepts.
func (p part) reader() io.Reader {
	messages := p.body[min(int(p.body[0]), len(p.body)):]
	repairBaseTypes(messages)
	if !p.recovered {
		return bytes.NewReader(p.body)
	}
	header := bytes.Clone(p.body[:p.body[0]])
	binary.LittleEndian.PutUint32(header[4:], uint32(len(messages)))
	return io.MultiReader(bytes.NewReader(header), bytes.NewReader(messages))
}

// trouble says what is wrong with the part, given the decoder's error and how
// far it came; "" if nothing is.
func (p part) trouble(err error, read int) string {
	end := p.offset + len(p.body)
	switch {
	case p.recovered:
		return fmt.Sprintf("the device stopped before it finished the file: it is cut off at byte %d", end) + draft.Kept
	case draft.IsEOF(err):
		return fmt.Sprintf("the file is cut off at byte %d", end) + draft.Kept
	case err != nil:
		return fmt.Sprintf("the file is damaged near byte %d", p.offset+read) + draft.Kept
	case !p.checksum:
		return "the checksum does not fit the content: single values may be wrong"
	}
	return ""
}
