package activityfile

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/muktihari/fit/profile/typedef"
)

// readFIT reads a FIT file into drafts: one, or one per session of a multisport recording.
func readFIT(ctx context.Context, b []byte, maxSamples int) (parsed, error) {
	p := parsed{format: "fit", sum: sha256.Sum256(b)}
	if !isFIT(b) {
		return p, unreadable("this is no FIT file: its header is missing or damaged")
	}
	f, warnings, err := decodeFIT(ctx, b, maxSamples)
	if err != nil {
		return p, err
	}
	if f.known && !mayBeActivity(f.id.Type) {
		return p, notActivity("a FIT file of type %s holds no activity", fitFileType(f.id.Type))
	}
	p.warnings = warnings
	sortSamples(f.records)
	f.hr.merge(f.records)
	p.drafts = f.drafts(p.sum)
	switch {
	case len(p.drafts) > 0:
		return p, nil
	case len(warnings) > 0:
		return p, lost(warnings[0])
	}
	return p, notActivity("the FIT file holds neither samples nor totals of an activity")
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
