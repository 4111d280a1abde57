package activityfile

import (
	"context"

	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
)

// A reader reads the files of one format. A file is known by how it begins, or,
// if it is an XML document, by the root of that.
type reader struct {
	format string

	begins func(head []byte) bool
	most   int64 // bytes of a file, which is read whole
	whole  func(ctx context.Context, content []byte, sum [32]byte, maxSamples int) ([]draft, []string, error)

	root     string
	document func(x *xmlReader, maxSamples int) ([]draft, []string, error) // the rest of one whose root has begun
}

// readers returns the readers of all formats of recordings. Each returns drafts,
// and warnings about what was not readable.
func readers() []reader {
	return []reader{
		{format: formats.FIT, begins: isFIT, most: maxFITBytes, whole: readFIT},
		{format: formats.GPX, root: "gpx", document: readGPX},
		{format: formats.TCX, root: "TrainingCenterDatabase", document: readTCX},
	}
}

// readerOf returns the reader of XML documents with that root.
func readerOf(root string) (reader, bool) {
	for _, r := range readers() {
		if r.root != "" && r.root == root {
			return r, true
		}
	}
	return reader{}, false
}
