// Package formats lists the kinds of files that activities are read from. Whoever
// reads them, sends them or compares what came of them goes by this list; how a
// format is read is its reader's business.
package formats

import (
	"slices"
	"strings"
)

// A Format is a kind of file.
type Format struct {
	Name   string // as sources are kept with; the suffix of its files is the same, and no two formats have it
	Holds  Content
	Better int // of two sources of one activity, the one of the better format tells more: the higher, the better
}

// Content says what files of a format hold.
type Content int

// The contents.
const (
	Recording Content = iota // an activity, or some
	Table                    // what an account export says of its recordings
	Archive                  // other files
)

// The formats.
const (
	FIT  = "fit"
	TCX  = "tcx"
	GPX  = "gpx"
	JSON = "json"
	XML  = "xml"
	CSV  = "csv"
	ZIP  = "zip"
)

// All returns every format. Those that carry more of the device's own totals are better.
func All() []Format {
	return []Format{
		{Name: FIT, Holds: Recording, Better: 6},
		{Name: TCX, Holds: Recording, Better: 5},
		{Name: GPX, Holds: Recording, Better: 4},
		{Name: JSON, Holds: Table, Better: 3},
		{Name: XML, Holds: Table, Better: 2},
		{Name: CSV, Holds: Table, Better: 1},
		{Name: ZIP, Holds: Archive},
	}
}

// Recordings returns the names of the formats of recordings, in alphabetical order.
func Recordings() []string {
	var names []string
	for _, f := range All() {
		if f.Holds == Recording {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Better returns how much sources of the named format tell, 0 if there is no such format.
func Better(name string) int {
	for _, f := range All() {
		if f.Name == name {
			return f.Better
		}
	}
	return 0
}

// Of returns the format that a file has by its name. A recording may be compressed by itself.
func Of(path string) (Format, bool) {
	path = strings.ToLower(path)
	bare, packed := strings.CutSuffix(path, ".gz")
	for _, f := range All() {
		if strings.HasSuffix(bare, "."+f.Name) && (!packed || f.Holds == Recording) {
			return f, true
		}
	}
	return Format{}, false
}
