package tools

import (
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

type intervalsView struct {
	Sets []intervalSet `json:"sets,omitempty"`
	evidence

	per float64 // m that a pace is given for
}

// An intervalSet is a run of equal intervals.
type intervalSet struct {
	Count     int            `json:"count"`
	Seconds   *float64       `json:"seconds" jsonschema:"the mean of each, elapsed"`
	Meters    *float64       `json:"distance_meters,omitempty"`
	MPS       *float64       `json:"average_speed_mps,omitempty"`
	Watts     *float64       `json:"average_power_watts,omitempty"`
	BPM       *float64       `json:"average_heart_rate_bpm,omitempty"`
	Rest      *float64       `json:"rest_seconds,omitempty" jsonschema:"the mean time between two"`
	RestWatts *float64       `json:"rest_power_watts,omitempty"`
	Intervals []intervalView `json:"intervals,omitempty" jsonschema:"each of them; absent if there is no room"`
	Start     *float64       `json:"start_seconds" jsonschema:"after the activity's start"`
}

type intervalView struct {
	Start   *float64 `json:"start_seconds" jsonschema:"after the activity's start"`
	Seconds *float64 `json:"seconds"`
	Meters  *float64 `json:"distance_meters,omitempty"`
	MPS     *float64 `json:"average_speed_mps,omitempty"`
	Watts   *float64 `json:"average_power_watts,omitempty"`
	BPM     *float64 `json:"average_heart_rate_bpm,omitempty"`
}

const (
	mostSets      = 12 // that an answer shows,
	mostIntervals = 24 // and each interval of these if there are no more
)

// viewIntervals shows the intervals of a recording, or why there are none; nil: there are no samples, or the sport has none.
func viewIntervals(rec pierre.Recording) *intervalsView {
	if rec.Series.Time == nil || !training.HasIntervals(rec.Sport) {
		return nil
	}
	found := training.IntervalsOf(rec)
	v := &intervalsView{evidence: viewEvidence(found.Evidence), per: paceLength(rec.Sport)}
	shown := found.Sets[:min(len(found.Sets), mostSets)]
	all := 0
	for _, set := range shown {
		all += len(set.Intervals)
	}
	for _, set := range shown {
		seconds := set.Seconds()
		row := intervalSet{
			Count: len(set.Intervals), Start: rounded(set.Intervals[0].StartSeconds, 0), Seconds: rounded(seconds, 0), Watts: whole(set.Mean.Watts),
			Meters: whole(set.Mean.Meters), MPS: speedOf(set.Mean.Meters, seconds), BPM: whole(set.Mean.BPM), RestWatts: whole(set.RestWatts),
		}
		if set.RestSeconds > 0 {
			row.Rest = rounded(set.RestSeconds, 0)
		}
		for i, one := range set.Intervals {
			if p := set.Parts[i]; all <= mostIntervals && row.Count > 1 {
				row.Intervals = append(row.Intervals, intervalView{
					rounded(one.StartSeconds, 0), rounded(one.Seconds, 0), whole(p.Meters), speedOf(p.Meters, one.Seconds), whole(p.Watts), whole(p.BPM),
				})
			}
		}
		v.Sets = append(v.Sets, row)
	}
	if left := len(found.Sets) - len(shown); left > 0 {
		v.Note = strings.TrimPrefix(v.Note+"; "+human.Plural(left, "later set")+" left out", "; ")
	}
	return v
}

// whole rounds what may be absent.
func whole(v *float64) *float64 {
	if v == nil {
		return nil
	}
	return rounded(*v, 0)
}

func speedOf(meters *float64, seconds float64) *float64 {
	if meters == nil {
		return nil
	}
	return rounded(*meters/seconds, 3)
}

// briefly leaves out the single intervals.
func (v intervalsView) briefly() *intervalsView {
	sets := make([]intervalSet, len(v.Sets))
	for i, set := range v.Sets {
		set.Intervals = nil
		sets[i] = set
	}
	v.Sets = sets
	return &v
}

func (v intervalsView) text() string {
	if v.NotAvailable != "" {
		return "intervals: " + v.NotAvailable
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, from %s", v.Method, v.Inputs[0].Name)
	if c := v.CoveragePercent; c != nil && *c < 95 {
		fmt.Fprintf(&b, " (coverage %s %%)", plain(*c))
	}
	b.WriteString(":")
	for _, set := range v.Sets {
		b.WriteString("\n" + v.setText(set))
	}
	if v.Note != "" {
		b.WriteString("\n" + v.Note)
	}
	return b.String()
}

func (v intervalsView) setText(s intervalSet) string {
	parts := s.measures(v.per)
	parts[0] = fmt.Sprintf("%d x %s %s", s.Count, fitness.Clock(*s.Seconds), parts[0])
	if s.Rest != nil {
		rest := fitness.Clock(*s.Rest) + " between"
		if s.RestWatts != nil {
			rest = fmt.Sprintf("%s at %s W between", fitness.Clock(*s.Rest), plain(*s.RestWatts))
		}
		parts = append(parts, rest)
	}
	line := strings.Join(parts, ", ") + ", from " + clockTime(*s.Start)
	var each []string
	for _, i := range s.Intervals {
		switch {
		case i.Watts != nil:
			each = append(each, plain(*i.Watts)+" W")
		case i.MPS != nil:
			each = append(each, fitness.Clock(v.per / *i.MPS))
		case i.BPM != nil:
			each = append(each, plain(*i.BPM)+" bpm")
		}
	}
	if each != nil {
		line += ": " + strings.Join(each, ", ")
	}
	return line
}

// measures says how strong or fast the intervals of a set were; paces are those for so many metres.
func (s intervalSet) measures(per float64) []string {
	var said []string
	switch {
	case s.Watts != nil:
		said = append(said, "at "+plain(*s.Watts)+" W")
	case s.MPS != nil:
		said = append(said, fmt.Sprintf("(%s m) at %s", plain(*s.Meters), paceOf(*s.MPS, per)))
	case s.BPM != nil:
		return []string{"at " + plain(*s.BPM) + " bpm"}
	default:
		return []string{""}
	}
	if s.BPM != nil {
		said = append(said, plain(*s.BPM)+" bpm")
	}
	return said
}
