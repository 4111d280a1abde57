package chart

import (
	"image/color"
	"sort"
	"strings"
	"sync"
	"unicode"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// fonts are Liberation Sans, which has the letters of Latin, Greek, Cyrillic and Hebrew.
var fonts = sync.OnceValues(func() (parsed [2]*opentype.Font, err error) { //nolint:gochecknoglobals // it never changes
	for i, ttf := range [][]byte{liberationsansregular.TTF, liberationsansbold.TTF} {
		if parsed[i], err = opentype.Parse(ttf); err != nil {
			return parsed, err
		}
	}
	return parsed, nil
})

// A style is a size of text in CSS pixels, and whether it stands out.
type style struct {
	size float64
	bold bool
}

// The styles. On a phone nothing is smaller than 13 pixels.
var (
	styleTitle = style{19, true}    //nolint:gochecknoglobals // it never changes
	styleHead  = style{14, true}    //nolint:gochecknoglobals // it never changes
	styleText  = style{13.5, false} //nolint:gochecknoglobals // it never changes
)

// CanWrite reports whether a picture can show all letters of a text: the font has those of Latin, Greek and Cyrillic, and none that need more than one glyph after the other.
func CanWrite(text string) bool {
	faces, err := fonts()
	if err != nil {
		return false
	}
	var buf sfnt.Buffer
	for _, r := range text {
		if unicode.IsSpace(r) {
			continue
		}
		if i, err := faces[0].GlyphIndex(&buf, r); err != nil || i == 0 {
			return false
		}
	}
	return true
}

// faces are the sizes of the fonts for one picture: they are not for several at a time.
type faces struct {
	density float64
	made    map[style]font.Face
	fonts   [2]*opentype.Font
}

func newFaces(density float64) (*faces, error) {
	f, err := fonts()
	return &faces{density, map[style]font.Face{}, f}, err
}

// of returns the face of a style. Its fonts are this package's own, and sizes are never wrong.
func (f *faces) of(s style) font.Face {
	face, ok := f.made[s]
	if ok {
		return face
	}
	of := f.fonts[0]
	if s.bold {
		of = f.fonts[1]
	}
	face, err := opentype.NewFace(of, &opentype.FaceOptions{Size: s.size * f.density, DPI: 72, Hinting: font.HintingVertical})
	if err != nil {
		panic(err) //nolint:forbidigo // see above
	}
	f.made[s] = face
	return face
}

// width returns how wide a text is in CSS pixels.
func (f *faces) width(s style, text string) float64 {
	return float64(font.MeasureString(f.of(s), text)) / 64 / f.density
}

// An align says which part of a text is at a point.
type align float64

const (
	leftEnd  align = 0
	centre   align = 0.5
	rightEnd align = 1
)

// write writes a line whose base line is at y.
func (p *picture) write(s style, c color.RGBA, x, y float64, a align, text string) {
	x -= float64(a) * p.faces.width(s, text)
	d := font.Drawer{Dst: p.image, Src: p.ink(c), Face: p.faces.of(s), Dot: fixed.Point26_6{X: fixed.Int26_6(x * p.density * 64), Y: fixed.Int26_6(y * p.density * 64)}}
	d.DrawString(text)
}

// wrap breaks a text into lines of a width, at most so many; what does not fit ends in an ellipsis.
func (f *faces) wrap(s style, text string, width float64, most int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if len(lines) > most {
			break
		}
		longer := strings.TrimSpace(line + " " + word)
		if f.width(s, longer) <= width || line == "" {
			line = longer
			continue
		}
		lines = append(lines, line)
		line = word
	}
	if line != "" {
		lines = append(lines, line)
	}
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] += " …"
	}
	for i := range lines {
		lines[i] = f.fit(s, lines[i], width)
	}
	return lines
}

// fit shortens a line to a width.
func (f *faces) fit(s style, line string, width float64) string {
	if f.width(s, line) <= width {
		return line
	}
	runes := []rune(strings.TrimSuffix(line, " …"))
	n := sort.Search(len(runes), func(n int) bool { return f.width(s, string(runes[:n+1])+"…") > width })
	return string(runes[:n]) + "…"
}
