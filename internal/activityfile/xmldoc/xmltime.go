package xmldoc

import (
	"math"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
)

// A Zone remembers what the times of a document say about their zone.
type Zone struct {
	Offset *int // seconds east of UTC; nil: none, or UTC itself, which says nothing about the athlete
	Absent bool // a time came without any
}

// Parse reads a time of GPX or TCX in Unix seconds. It returns NaN for what is
// no time, or one before satellites could tell it. Times without a zone, which
// both formats forbid, are taken for UTC.
func (z *Zone) Parse(text string) float64 {
	t, err := time.Parse(time.RFC3339, text)
	for _, layout := range []string{"2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if err == nil {
			break
		}
		if t, err = time.Parse(layout, text); err == nil && len(layout) == len("2006-01-02T15:04:05") {
			z.Absent = true
		}
	}
	if err != nil || t.Year() < 1980 || t.Year() > 2200 {
		return math.NaN()
	}
	if _, offset := t.Zone(); offset != 0 && z.Offset == nil {
		z.Offset = &offset
	}
	return draft.Unix(t)
}
