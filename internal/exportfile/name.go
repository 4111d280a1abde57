package exportfile

import (
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxBase is how many bytes the name of a recording has at most: systems allow 255, and some count in other characters.
const maxBase = 120

// WrittenName is how the FIT file is called that was written for an activity.
func WrittenName(a *pierre.Activity) string { return inFolder(a, clean(string(a.Sport))+".fit") }

// inFolder returns the path of an activity's file. It begins with what only this activity has, so that nothing that a file was
// called makes it another's, or anything but a file in its folder.
func inFolder(a *pierre.Activity, base string) string {
	start := a.Start
	if a.UTCOffset != nil {
		start = start.In(time.FixedZone("", *a.UTCOffset))
	}
	id := strings.TrimPrefix(string(a.ID), "act_")
	if len(id) > 8 {
		id = id[:8]
	}
	return "activities/" + start.Format("2006/2006-01-02_150405") + "_" + clean(id) + "_" + base
}

// clean makes of a name what every system accepts as a part of the name of a file: letters and digits of whatever script, dots,
// hyphens and underscores.
func clean(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), strings.ContainsRune("-_.", r):
			return r
		default:
			return '_'
		}
	}, strings.ToValidUTF8(name, ""))
	ext := path.Ext(name)
	if len(ext) > 10 {
		ext = ""
	}
	base := strings.TrimSuffix(name, ext)
	if over := len(base) + len(ext) - maxBase; over > 0 {
		base = strings.ToValidUTF8(base[:len(base)-over], "")
	}
	base = strings.Trim(base, ".")
	if base == "" {
		base = "recording"
	}
	return strings.TrimRight(base+ext, ".")
}
