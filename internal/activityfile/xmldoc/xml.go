// Package xmldoc walks through XML documents as devices write them, without keeping them.
package xmldoc

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
)

// maxDepth is deeper than any format nests, and shallower than what exhausts anything.
const maxDepth = 64

// How much text of a document is kept: of one element, of which names and descriptions are the longest, and of all.
const (
	maxText         = 8 << 10
	maxDocumentText = 1 << 20
)

// MaxToken bounds one tag or stretch of text, all of which a decoder keeps in memory.
const MaxToken = 4 << 20

// A Reader walks through an XML document without keeping it. It reads what
// devices write: any common character set whatever the declaration says,
// control characters, undeclared entities, and documents that end too early.
// Names are without their namespace, whose prefixes vary freely.
type Reader struct {
	dec     *xml.Decoder
	src     *TokenReader
	skipped int64 // bytes before those that dec counts
	depth   int
	texts   int // bytes of text that were kept
}

// NewReader reads r, of which it takes ahead what tells the character set.
func NewReader(r io.Reader) (*Reader, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	head, err := buffered.Peek(512)
	if err != nil && !draft.IsEOF(err) {
		return nil, err
	}
	utf8, err := toUTF8(head, buffered)
	if err != nil {
		return nil, err
	}
	src := &TokenReader{Src: utf8}
	document := bufio.NewReaderSize(src, 64<<10)
	skipped := skipDTD(document)
	dec := xml.NewDecoder(document)
	dec.Strict = false
	dec.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil } // is UTF-8 by now
	return &Reader{dec: dec, src: src, skipped: skipped}, nil
}

// skipDTD skips a document type definition, which says nothing that is needed
// here, and returns how many bytes it skipped. Some of Apple's are malformed.
func skipDTD(r *bufio.Reader) int64 {
	head, _ := r.Peek(r.Size()) // whoever reads on meets the same error
	dtd := regexp.MustCompile(`(?s)^\s*(?:<\?xml.*?\?>\s*)?(?:<!--.*?-->\s*)*<!DOCTYPE[^\[>]*\[.*?\]\s*>`)
	n, _ := r.Discard(len(dtd.Find(head)))
	return int64(n)
}

// toUTF8 returns r in UTF-8, given its first bytes.
func toUTF8(head []byte, r io.Reader) (io.Reader, error) {
	if bytes.HasPrefix(head, []byte{0xFE, 0xFF}) || bytes.HasPrefix(head, []byte{0xFF, 0xFE}) {
		return transform.NewReader(r, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder()), nil
	}
	declared := "utf-8"
	if m := regexp.MustCompile(`^[\s\x{FEFF}]*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']`).FindSubmatch(head); m != nil {
		declared = strings.ToLower(string(m[1]))
	}
	var set encoding.Encoding
	switch declared {
	case "utf-8", "utf8", "us-ascii", "ascii", "utf-16": // a document in UTF-16 would have had a byte order mark
		return transform.NewReader(r, runes.ReplaceIllFormed()), nil
	case "iso-8859-1", "latin1", "windows-1252", "cp1252":
		set = charmap.Windows1252 // what writes 0x80–0x9F under the name of ISO 8859-1 means this
	case "iso-8859-2":
		set = charmap.ISO8859_2
	case "iso-8859-15":
		set = charmap.ISO8859_15
	case "windows-1250", "cp1250":
		set = charmap.Windows1250
	case "windows-1251", "cp1251":
		set = charmap.Windows1251
	default:
		return nil, draft.Unreadable("its character set %q is not supported: save the file as UTF-8", declared)
	}
	return transform.NewReader(r, set.NewDecoder()), nil
}

// A TokenReader replaces control characters, which XML forbids and which
// Apple's exports contain, by blanks, and refuses tokens of excessive length.
type TokenReader struct {
	Src   io.Reader
	Since int   // bytes since the last token
	total int64 // bytes
	ended bool  // src has
}

// Read implements [io.Reader].
func (t *TokenReader) Read(p []byte) (int, error) {
	if t.Since > MaxToken {
		return 0, draft.Unreadable("a single piece of it is longer than %d MB", MaxToken>>20)
	}
	n, err := t.Src.Read(p)
	t.Since += n
	t.total += int64(n)
	t.ended = t.ended || draft.IsEOF(err)
	for i, b := range p[:n] {
		if b < ' ' && b != '\n' && b != '\t' && b != '\r' {
			p[i] = ' '
		}
	}
	return n, err
}

// next returns the next start or end of an element, or text. An error that
// cutOff reports true for means that the document ended too early.
func (x *Reader) next() (xml.Token, error) {
	for {
		// RawToken leaves the matching of start and end to us, and saves the translation of namespaces.
		x.src.Since = 0
		tok, err := x.dec.RawToken()
		if err != nil {
			if errors.Is(err, io.EOF) && x.depth > 0 {
				return nil, io.ErrUnexpectedEOF
			}
			return nil, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if x.depth++; x.depth > maxDepth {
				return nil, draft.Unreadable("its elements are nested more than %d deep", maxDepth)
			}
			return t, nil
		case xml.EndElement:
			if x.depth--; x.depth < 0 {
				return nil, draft.Unreadable("an element ends at byte %d that never began", x.offset())
			}
			return t, nil
		case xml.CharData:
			return t, nil
		}
	}
}

// Start returns the next start of an element.
func (x *Reader) Start() (xml.StartElement, error) {
	for {
		tok, err := x.next()
		if err != nil {
			return xml.StartElement{}, err
		}
		if t, ok := tok.(xml.StartElement); ok {
			return t, nil
		}
	}
}

// Children calls f for each child of the element that just began, until it
// ends. f may read the child; what it leaves is skipped.
func (x *Reader) Children(f func(xml.StartElement) error) error {
	depth := x.depth
	for {
		tok, err := x.next()
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if err := f(t); err != nil {
				return err
			}
			if err := x.leave(depth); err != nil {
				return err
			}
		case xml.EndElement:
			if x.depth < depth {
				return nil
			}
		}
	}
}

// leave skips to where x is no deeper than depth.
func (x *Reader) leave(depth int) error {
	for x.depth > depth {
		if _, err := x.next(); err != nil {
			return err
		}
	}
	return nil
}

// Text returns the text of the element that just began, trimmed.
func (x *Reader) Text() (string, error) {
	depth := x.depth
	var text []byte
	for {
		tok, err := x.next()
		if err != nil {
			return "", err
		}
		switch t := tok.(type) {
		case xml.CharData:
			if x.depth == depth && len(text) < maxText {
				text = append(text, t[:min(len(t), maxText-len(text))]...)
			}
		case xml.EndElement:
			if x.depth < depth {
				text = bytes.TrimSpace(text)
				if x.texts += len(text); x.texts > maxDocumentText {
					return "", nil
				}
				return string(text), nil
			}
		}
	}
}

// Attr returns the value of an attribute, "" if there is none.
func Attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// Damage says what is wrong with a document that ended in err, or returns err
// itself if that is no matter of the document.
func (x *Reader) Damage(err error) (string, error) {
	_, malformed := errors.AsType[*xml.SyntaxError](err)
	if full, ok := errors.AsType[*draft.FullError](err); ok {
		return full.Error(), nil
	}
	switch {
	case draft.IsEOF(err), malformed && x.src.ended && x.offset() >= x.src.total:
		return fmt.Sprintf("the file is cut off at byte %d", x.offset()) + draft.Kept, nil
	case malformed:
		return fmt.Sprintf("the file is damaged at byte %d", x.offset()) + draft.Kept, nil
	}
	return "", err
}

// offset returns how far the document has been read.
func (x *Reader) offset() int64 { return x.skipped + x.dec.InputOffset() }

// Leaves calls f for each innermost element, however deep, of the element that
// just began, with its local name and trimmed text. buf is scratch space.
func (x *Reader) Leaves(buf *[]byte, f func(name, text string)) error {
	depth := x.depth
	for leaf := false; ; {
		tok, err := x.next()
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			leaf, *buf = true, (*buf)[:0]
		case xml.CharData:
			if leaf && len(*buf) < maxText {
				*buf = append(*buf, t...)
			}
		case xml.EndElement:
			if x.depth < depth {
				return nil
			}
			if leaf {
				f(t.Name.Local, string(bytes.TrimSpace(*buf)))
			}
			leaf = false
		}
	}
}
