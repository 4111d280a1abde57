package activityfile

import (
	"context"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/fit"
	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/activityfile/gpx"
	"github.com/pierre-mcp/pierre/internal/activityfile/tcx"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
)

// A reader reads the files of one format. A file is known by how it begins, or,
// if it is an XML document, by the root of that.
type reader struct {
	format string

	begins func(head []byte) bool
	most   int64 // bytes of a file, which is read whole
	whole  func(ctx context.Context, content []byte, sum [32]byte, maxSamples int) ([]draft.Draft, []string, error)

	root     string
	document func(x *xmldoc.Reader, maxSamples int) ([]draft.Draft, []string, error) // the rest of one whose root has begun
}

// readers returns the readers of all formats of recordings. Each returns drafts,
// and warnings about what was not readable.
func readers() []reader {
	return []reader{
		{format: formats.FIT, begins: fit.Begins, most: fit.MaxBytes, whole: fit.Read},
		{format: formats.GPX, root: "gpx", document: gpx.Read},
		{format: formats.TCX, root: "TrainingCenterDatabase", document: tcx.Read},
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
