package importapi_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// zip64 returns an archive of one stored file whose sizes and places stand in the records of ZIP64 alone (APPNOTE 6.3.10, 4.3.14, 4.5.3),
// as programs write them that do not know beforehand how large an archive will be. It says that it lists so many files, and that the
// file has so many bytes more than it has.
func zip64(name string, content []byte, files, more uint64) []byte {
	var b bytes.Buffer
	write := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&b, binary.LittleEndian, v) // to memory
		}
	}
	const version, unknown = uint16(45), uint32(math.MaxUint32)
	size, sum := uint64(len(content)), crc32.ChecksumIEEE(content)
	write(uint32(0x04034b50), version, [4]uint16{}, sum, unknown, unknown, uint16(len(name)), uint16(20), []byte(name)) // the file's head
	write(uint16(1), uint16(16), size, size, content)
	list := uint64(b.Len())
	write(uint32(0x02014b50), version, version, [4]uint16{}, sum, unknown, unknown, uint16(len(name)), uint16(28), [3]uint16{}, uint32(0), unknown, []byte(name)) // its line
	write(uint16(1), uint16(24), size+more, size+more, uint64(0))
	end := uint64(b.Len())
	write(uint32(0x06064b50), uint64(44), version, version, uint32(0), uint32(0), files, files, end-list, list)
	write(uint32(0x07064b50), uint32(0), end, uint32(1))
	write(uint32(0x06054b50), [2]uint16{}, uint16(math.MaxUint16), uint16(math.MaxUint16), unknown, unknown, uint16(0))
	return b.Bytes()
}

// An archive with the records of ZIP64 is read like any other, and one that claims what no memory holds is refused.
func TestZIP64(t *testing.T) {
	f := newFixture(t, nil)
	content := []byte(gpx(0))
	for what, archive := range map[string][]byte{
		"more files than bytes": zip64("run.gpx", content, math.MaxUint64, 0),
		"a file beyond the end": zip64("run.gpx", content, 1, 1<<62),
	} {
		if r := f.report(t, "?name=mine.zip", bytes.NewReader(archive), "Authorization", "Bearer bob's"); r.Summary.Failed != 1 || r.Summary.Activities != 0 {
			t.Errorf("%s: %+v", what, r)
		}
	}
	archive := zip64("run.gpx", content, 1, 0)
	if r := f.report(t, "?name=mine.zip", bytes.NewReader(archive)); r.Summary.Activities != 1 || len(r.Files) != 1 || r.Files[0].Status != pierre.ImportImported || r.Files[0].File != "run.gpx" {
		t.Errorf("%+v", r)
	}
}
