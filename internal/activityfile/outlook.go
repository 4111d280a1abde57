package activityfile

import (
	"path"
	"strings"
)

// An outlook counts how many results a walk will yield, from the lists of files
// that it has seen. While an archive is unopened, the number is not known.
type outlook struct {
	reading  func(path string, total int)
	total    int
	unopened int
}

// found counts the files of a folder or an archive.
func (o *outlook) found(entries []*entry) {
	for _, e := range entries {
		if e.mayBeArchive() {
			o.unopened++
		} else {
			o.total++
		}
	}
}

// opened counts e as what it turned out to be: an archive yields results for its files only.
func (o *outlook) opened(e *entry, archive bool) {
	switch named := e.mayBeArchive(); {
	case named && archive:
		o.unopened--
	case named:
		o.unopened--
		o.total++
	case archive:
		o.total--
	}
}

// at tells that the file at path is read next.
func (o *outlook) at(path string) {
	switch {
	case o.reading == nil:
	case o.unopened > 0:
		o.reading(path, 0)
	default:
		o.reading(path, o.total)
	}
}

// mayBeArchive reports whether e will be opened as an archive, as far as is known without its content.
func (e *entry) mayBeArchive() bool {
	return e.problem == "" && (e.top || strings.EqualFold(path.Ext(e.path), ".zip"))
}
