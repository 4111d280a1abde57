// Package fit reads FIT files, the binary format of most devices. It owns their traps: chains
// of files, clocks that were not set, heart rates that come afterwards. The protocol itself is
// github.com/muktihari/fit's.
package fit

import (
	"context"
	"fmt"
	"strings"

	"github.com/muktihari/fit/profile/typedef"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
)

// Read reads a FIT file into drafts: one, or one per session of a multisport recording.
func Read(ctx context.Context, b []byte, sum [32]byte, maxSamples int) (drafts []draft.Draft, warnings []string, err error) {
	if !Begins(b) {
		return nil, nil, draft.Unreadable("this is no FIT file: its header is missing or damaged")
	}
	f, warnings, err := decode(ctx, b, maxSamples)
	if err != nil {
		return nil, nil, err
	}
	if f.known && !mayBeActivity(f.id.Type) {
		return nil, nil, draft.NotActivity("a FIT file of type %s holds no activity", typeName(f.id.Type))
	}
	if text := f.correctClock(); text != "" {
		warnings = append(warnings, text)
	}
	draft.SortSamples(f.records)
	f.gatherSessions()
	if text := f.alignSessions(); text != "" {
		warnings = append(warnings, text)
	}
	f.hr.merge(f.records)
	drafts = f.drafts(sum)
	switch {
	case len(drafts) > 0:
		drafts[0].Athlete = new(f.settings.believed(f.sessions))
		return drafts, warnings, nil
	case len(warnings) > 0:
		return nil, nil, draft.Lost(warnings[0])
	}
	return nil, nil, draft.NotActivity("the FIT file holds neither samples nor totals of an activity")
}

// mayBeActivity reports whether a file of that type can hold an activity. Some
// devices leave the type out or use one of their own.
func mayBeActivity(t typedef.File) bool {
	return t == typedef.FileActivity || t == typedef.FileInvalid || t >= typedef.FileMfgRangeMin && t <= typedef.FileMfgRangeMax
}

func typeName(t typedef.File) string {
	if name := t.String(); !strings.HasPrefix(name, "FileInvalid") {
		return strings.ReplaceAll(name, "_", " ")
	}
	return fmt.Sprint(uint8(t))
}
