package tools

import (
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// A splitUnit is what splits are as long as.
type splitUnit string

// The units.
const (
	splitKilometer splitUnit = "km"
	splitMile      splitUnit = "mile"
)

func (u splitUnit) meters() float64 {
	if u == splitMile {
		return fitness.Mile
	}
	return 1000
}

// mostSplits is how many an answer shows.
const mostSplits = 300

type splitsView struct {
	Per      splitUnit   `json:"per"`
	Rows     []splitView `json:"rows,omitempty"`
	Adjusted string      `json:"grade_adjusted_method,omitempty" jsonschema:"of the grade-adjusted pace"`
	evidence
}

type splitView struct {
	Start    *float64 `json:"start_seconds" jsonschema:"after the activity's start"`
	Meters   *float64 `json:"distance_meters,omitempty" jsonschema:"of the last, if that is shorter"`
	Pace     *float64 `json:"pace_seconds" jsonschema:"for a km or mile, without pauses"`
	Adjusted *float64 `json:"grade_adjusted_pace_seconds,omitempty" jsonschema:"on the level at the same cost; on foot with an altitude"`
}

// viewSplits divides a recording into splits.
func viewSplits(rec pierre.Recording, per splitUnit) *splitsView {
	splits := training.SplitsOf(rec, per.meters())
	v := &splitsView{Per: per, evidence: viewEvidence(splits.Evidence)}
	for _, s := range splits.Splits[:min(len(splits.Splits), mostSplits)] {
		row := splitView{Start: rounded(s.StartSeconds, 0), Pace: rounded(per.meters()/s.Speed(), 1)}
		if s.Meters < per.meters()-0.5 {
			row.Meters = rounded(s.Meters, 0)
		}
		if graded, ok := s.GradedSpeed(); ok {
			row.Adjusted, v.Adjusted = rounded(per.meters()/graded, 1), string(fitness.MethodGradeAdjusted)
		}
		v.Rows = append(v.Rows, row)
	}
	if left := len(splits.Splits) - len(v.Rows); left > 0 {
		v.Note = strings.TrimPrefix(v.Note+"; "+human.Plural(left, "later split")+" left out", "; ")
	}
	return v
}

func (v splitsView) text() string {
	if v.NotAvailable != "" {
		return "splits: " + v.NotAvailable
	}
	var b strings.Builder
	fmt.Fprintf(&b, "splits per %s, %s", v.Per, v.Method)
	if v.Adjusted != "" {
		b.WriteString("; in brackets " + v.Adjusted)
	}
	if v.Note != "" {
		b.WriteString("; " + v.Note)
	}
	if c := v.CoveragePercent; c != nil && *c < 95 {
		fmt.Fprintf(&b, " (coverage %s %%)", plain(*c))
	}
	b.WriteString(":")
	for _, r := range v.Rows {
		b.WriteString(" " + fitness.Clock(*r.Pace))
		if r.Adjusted != nil {
			fmt.Fprintf(&b, " (%s)", fitness.Clock(*r.Adjusted))
		}
		if r.Meters != nil {
			fmt.Fprintf(&b, " for the last %s m", plain(*r.Meters))
		}
	}
	return b.String()
}
