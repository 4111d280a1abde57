package pierre

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// OneLine reports whether text is one line that shows as it is kept: without control characters, line separators, and the
// marks that turn the direction of writing, by which a name could pass for another.
func OneLine(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool {
		return unicode.IsControl(c) || unicode.In(c, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
	})
}

// IsText reports whether s is what every database keeps as it is: UTF-8 without NUL.
func IsText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }
