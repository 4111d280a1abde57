package exportfile

import (
	"encoding/hex"
	"fmt"
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
func WrittenName(a *pierre.Activity) string {
	return inFolder(a, partOf(a.ID), clean(string(a.Sport))+".fit")
}

// WrittenPart is how the FIT file is called that was written for the source number n of an activity.
func WrittenPart(a *pierre.Activity, n int) string {
	return inFolder(a, partOf(a.ID), fmt.Sprintf("%s_source%d.fit", clean(string(a.Sport)), n+1))
}

// OriginalName is how the file is called from which an activity was read: the first one in it.
func OriginalName(a *pierre.Activity, src *pierre.Source) string {
	base := path.Base(strings.TrimSuffix(strings.ReplaceAll(src.File, `\`, "/"), ".gz"))
	if ext := "." + src.Format; !strings.EqualFold(path.Ext(base), ext) {
		base += ext
	}
	return inFolder(a, hex.EncodeToString(src.SHA256[:6]), clean(base))
}

func partOf(id pierre.ActivityID) string {
	text := strings.TrimPrefix(string(id), "act_")
	return clean(text[:min(len(text), 8)])
}

// inFolder returns the path of an activity's file. It begins with what only this activity or this file has, so that nothing that a
// file was called makes it another's, or anything but a file in its folder.
func inFolder(a *pierre.Activity, unique, base string) string {
	start := a.Start
	if a.UTCOffset != nil {
		start = start.In(time.FixedZone("", *a.UTCOffset))
	}
	return "activities/" + start.Format("2006/2006-01-02_150405") + "_" + unique + "_" + base
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
