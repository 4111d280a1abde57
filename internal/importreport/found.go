package importreport

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// foundText says which activities are new: "565 new activities from 2014 to 2026: 201 runs, 300 rides."
func foundText(r pierre.ImportReport) string {
	var text string
	switch n := r.Summary.Activities; {
	case n > 0:
		text = human.Plural(n, "new activity")
	case r.Summary.Duplicate > 0 && r.Summary.Imported == 0: // a plan or a profile may be new
		return "No new activity: what these files hold was there already."
	default:
		return "No new activity."
	}
	added := addedOf(r.Files)
	if len(added) == 0 { // a server of an earlier version does not say what they are
		return text + "."
	}
	from, to := added[0].Start.UTC().Year(), added[len(added)-1].Start.UTC().Year()
	if from == to {
		text += fmt.Sprintf(" in %d", from)
	} else {
		text += fmt.Sprintf(" from %d to %d", from, to)
	}
	return text + ": " + sportsText(added) + "."
}

// daysText says what the files tell about days, a line for each kind and source; empty if nothing.
func daysText(rows []pierre.ImportRow) string {
	type which struct {
		kind   pierre.WellnessKind
		source pierre.Provider
	}
	all := map[which]pierre.ImportedDays{}
	for _, row := range rows {
		for _, d := range row.Days {
			key := which{d.Kind, d.Source}
			sum, ok := all[key]
			if !ok {
				all[key] = d
				continue
			}
			sum.Days, sum.Changed = sum.Days+d.Days, sum.Changed+d.Changed
			sum.First, sum.Last = min(sum.First, d.First), max(sum.Last, d.Last)
			all[key] = sum
		}
	}
	var b strings.Builder
	for _, key := range slices.SortedFunc(maps.Keys(all), func(a, b which) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.source, b.source)) }) {
		b.WriteString("  " + dayText(all[key]) + "\n")
	}
	if b.Len() == 0 {
		return ""
	}
	return "Values of days:\n" + b.String()
}

// dayText says how many days have a value of one kind.
func dayText(d pierre.ImportedDays) string {
	text := fmt.Sprintf("%s from %s: %s, %s to %s", human.Line(strings.ReplaceAll(string(d.Kind), "_", " ")), human.Line(string(d.Source)),
		human.Plural(d.Days, "day"), human.Line(d.First), human.Line(d.Last))
	if d.Changed < d.Days {
		text += fmt.Sprintf(" (%s new or changed)", human.Count(d.Changed))
	}
	return text
}

// addedOf are the new activities of all files, the oldest first.
func addedOf(rows []pierre.ImportRow) []pierre.NewActivity {
	var added []pierre.NewActivity
	for _, row := range rows {
		added = append(added, row.Added...)
	}
	slices.SortStableFunc(added, func(a, b pierre.NewActivity) int { return a.Start.Compare(b.Start) })
	return added
}

// sportsText counts activities by sport, the most frequent first.
func sportsText(added []pierre.NewActivity) string {
	counts := map[string]int{}
	for _, a := range added {
		counts[sportNoun(a.Sport)]++
	}
	nouns := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	parts := make([]string, len(nouns))
	for i, noun := range nouns {
		parts[i] = human.Plural(counts[noun], noun)
	}
	return strings.Join(parts, ", ")
}

// sportNoun is what one activity of a sport is called.
func sportNoun(s pierre.Sport) string {
	switch s {
	case pierre.SportTrailRunning:
		return "trail run"
	case pierre.SportMountainBike:
		return "mountain bike ride"
	case pierre.SportEBikeRide:
		return "e-bike ride"
	case pierre.SportStrengthTraining:
		return "strength session"
	case pierre.SportOther, "":
		return "other activity"
	default:
		return human.Line(strings.ReplaceAll(string(s), "_", " "))
	}
}

// question is what the user could ask first; empty if nothing is new.
func question(rows []pierre.ImportRow) string {
	added := addedOf(rows)
	for _, a := range slices.Backward(added) {
		if !slices.Contains([]pierre.Sport{pierre.SportTransition, pierre.SportOther, pierre.SportWorkout, ""}, a.Sport) {
			return fmt.Sprintf("How was my last %s, compared with those before it?", sportNoun(a.Sport))
		}
	}
	if len(added) > 0 {
		return "What did I do last, and how was it?"
	}
	return ""
}
