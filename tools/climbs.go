package tools

import (
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

type climbsView struct {
	Rows []climbView `json:"rows"`
	evidence
}

type climbView struct {
	Start    *float64 `json:"start_seconds" jsonschema:"after the activity's start"`
	From     *float64 `json:"start_meters" jsonschema:"of the distance"`
	Meters   *float64 `json:"distance_meters"`
	Seconds  *float64 `json:"seconds" jsonschema:"elapsed"`
	Gain     *float64 `json:"elevation_gain_meters" jsonschema:"from the foot to the top"`
	Grade    *float64 `json:"grade_percent" jsonschema:"mean"`
	VAM      *float64 `json:"vam_meters_per_hour" jsonschema:"vertical speed"`
	Category string   `json:"category,omitempty" jsonschema:"of rides: HC, 1 to 4 by length times grade; absent below"`
}

// viewClimbs shows the climbs of a recording, or returns nil if it has none.
func viewClimbs(rec pierre.Recording) *climbsView {
	climbs := training.ClimbsOf(rec)
	if climbs.Err != nil || len(climbs.Climbs) == 0 && climbs.Impossible == 0 {
		return nil
	}
	v := &climbsView{Rows: []climbView{}, evidence: viewEvidence(climbs.Evidence)}
	for _, c := range climbs.Climbs {
		row := climbView{
			Start: rounded(c.StartSeconds, 0), From: rounded(c.StartMeters, 0), Meters: rounded(c.Meters, 0), Seconds: rounded(c.Seconds, 0),
			Gain: rounded(c.GainMeters, 0), Grade: rounded(c.Grade(), 1), VAM: rounded(c.VAM(), 0),
		}
		if rec.Sport.IsRide() {
			row.Category = c.Category()
		}
		v.Rows = append(v.Rows, row)
	}
	var notes []string
	if n := climbs.Lower; n > 0 {
		notes = append(notes, human.Plural(n, "lower climb")+" left out")
	}
	if n := climbs.Impossible; n > 0 {
		notes = append(notes, human.Plural(n, "climb")+" left out, faster than anyone climbs")
	}
	v.Note = strings.Join(notes, "; ")
	return v
}

func (v climbsView) text() string {
	var b strings.Builder
	b.WriteString(v.Method + ":")
	for _, r := range v.Rows {
		fmt.Fprintf(&b, "\nclimb at %s: %s, %s m up, %s %%, %s, VAM %s m/h",
			kilometres(*r.From), kilometres(*r.Meters), plain(*r.Gain), plain(*r.Grade), fitness.Clock(*r.Seconds), plain(*r.VAM))
		if r.Category != "" {
			b.WriteString(", category " + r.Category)
		}
	}
	if v.Note != "" {
		b.WriteString("\n" + v.Note)
	}
	return b.String()
}
