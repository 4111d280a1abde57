package activityfile

import (
	"context"
	"fmt"
	"strings"

	"github.com/muktihari/fit/profile/typedef"
)

// readFIT reads a FIT file into drafts: one, or one per session of a multisport recording.
func readFIT(ctx context.Context, b []byte, sum [32]byte, maxSamples int) (drafts []draft, warnings []string, err error) {
	if !isFIT(b) {
		return nil, nil, unreadable("this is no FIT file: its header is missing or damaged")
	}
	f, warnings, err := decodeFIT(ctx, b, maxSamples)
	if err != nil {
		return nil, nil, err
	}
	if f.known && !mayBeActivity(f.id.Type) {
		return nil, nil, notActivity("a FIT file of type %s holds no activity", fitFileType(f.id.Type))
	}
	sortSamples(f.records)
	f.hr.merge(f.records)
	drafts = f.drafts(sum)
	switch {
	case len(drafts) > 0:
		return drafts, warnings, nil
	case len(warnings) > 0:
		return nil, nil, lost(warnings[0])
	}
	return nil, nil, notActivity("the FIT file holds neither samples nor totals of an activity")
}

// mayBeActivity reports whether a file of that type can hold an activity. Some
// devices leave the type out or use one of their own.
func mayBeActivity(t typedef.File) bool {
	return t == typedef.FileActivity || t == typedef.FileInvalid || t >= typedef.FileMfgRangeMin && t <= typedef.FileMfgRangeMax
}

func fitFileType(t typedef.File) string {
	if name := t.String(); !strings.HasPrefix(name, "FileInvalid") {
		return strings.ReplaceAll(name, "_", " ")
	}
	return fmt.Sprint(uint8(t))
}
