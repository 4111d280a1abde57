package importer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// How much of what a file's parts are the same as is listed in words.
const (
	maxReasons = 3
	maxNames   = 3
)

// A tally sums up what the parts of one file did.
type tally struct {
	parts, added int
	deleted      int      // by the athlete, before
	toCome       int      // of days that are yet to come: left out
	reasons      []string // why the others are no new activities, each once
	more         bool     // there are more reasons
	days         []pierre.ImportedDays
}

func (t *tally) count(a pierre.Addition) {
	t.parts++
	if a.Outcome == pierre.OutcomeAdded {
		t.added++
		return
	}
	if a.Outcome == pierre.OutcomeDeleted {
		t.deleted++
	}
	r := reason(a)
	switch {
	case slices.Contains(t.reasons, r):
	case len(t.reasons) < maxReasons:
		t.reasons = append(t.reasons, r)
	default:
		t.more = true
	}
}

// verdict says what became of the file. One with anything new is imported.
func (t *tally) verdict() (pierre.ImportStatus, string) {
	changed := 0
	for _, d := range t.days {
		changed += d.Changed
	}
	switch {
	case t.parts == 0 && len(t.days) == 0 && t.toCome > 0:
		return pierre.ImportFailed, "it says that it is of a day that is yet to come: the clock of the device was wrong"
	case t.parts == 0 && len(t.days) == 0:
		return pierre.ImportSkipped, "nothing in it can be kept"
	case t.parts == 0 && changed == 0:
		return pierre.ImportDuplicate, "already imported"
	case t.added == t.parts:
		return pierre.ImportImported, ""
	}
	text := strings.Join(t.reasons, "; ")
	if t.more {
		text += "; and so on"
	}
	switch {
	case t.added == 0 && changed > 0:
		return pierre.ImportImported, "values of days are new; its activities: " + text
	case t.deleted == t.parts:
		return pierre.ImportSkipped, text
	case t.added == 0:
		return pierre.ImportDuplicate, text
	}
	return pierre.ImportImported, fmt.Sprintf("%d of %d activities are new; the others: %s", t.added, t.parts, text)
}

func reason(a pierre.Addition) string {
	switch a.Outcome {
	case pierre.OutcomeUnchanged:
		return "already imported"
	case pierre.OutcomeUpdated:
		return "already imported; what has changed since was updated"
	case pierre.OutcomeDeleted:
		return "you deleted this activity, " + string(a.Activity) + "; delete_activity with allow_import true lets it in again"
	case pierre.OutcomeMerged:
		return "the same activity as, and merged with, " + names(a.Others)
	default:
		return ""
	}
}

func names(sources []pierre.Source) string {
	listed := make([]string, 0, maxNames)
	for _, src := range sources[:min(len(sources), maxNames)] {
		listed = append(listed, fmt.Sprintf("%s (%s)", src.File, src.Provider))
	}
	text := strings.Join(listed, ", ")
	if more := len(sources) - maxNames; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
