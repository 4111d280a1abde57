package tools

import (
	"slices"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) compareActivities() tool {
	return declare(c, spec{
		name:  "compare_activities",
		title: "Compare activities",
		doc: "Compares an activity with others of its kind: the most similar ones, the recent ones, the average of a year, the personal bests, or given ones. " +
			"Use it for questions such as: was this a good run for me?",
	}, c.compare)
}

// comparisons are the kinds that can be asked for by name.
func comparisons() []training.ComparisonKind {
	return []training.ComparisonKind{training.CompareSimilar, training.CompareBest, training.CompareAverage, training.CompareRecent}
}

// A comparisonChoice is one of [comparisons].
type comparisonChoice training.ComparisonKind

// A comparedField is one of the fields that activities are compared by.
type comparedField string

type compareArgs struct {
	ID       pierre.ActivityID   `json:"activity_id" jsonschema:"The id of an activity, from get_activities." brief:"" limits:"1,100"`
	Type     comparisonChoice    `json:"comparison_type,omitempty" jsonschema:"similar_activities: up to 10 of the same kind within 10 % of the distance; personal_best: the best ever; average: of the 365 days before; recent: the 5 before. Required unless other_activity_ids is given." brief:"average: of a year; recent: the 5 before; required without other_activity_ids"`
	Others   []pierre.ActivityID `json:"other_activity_ids,omitempty" jsonschema:"Compare with these instead." brief:"to compare with instead" limits:"1,5" each:"1,100"`
	Provider pierre.Provider     `json:"provider,omitempty" jsonschema:"Only activities that this source knows. Default: all sources, merged." brief:"-"`
}

func (a compareArgs) problems() []string {
	switch {
	case a.Type == "" && a.Others == nil:
		return []string{"comparison_type is missing: one of similar_activities, personal_best, average, recent; or give other_activity_ids."}
	case a.Type != "" && a.Others != nil:
		return []string{"comparison_type and other_activity_ids exclude each other."}
	case slices.Contains(a.Others, a.ID):
		return []string{"other_activity_ids must not have activity_id itself."}
	}
	return nil
}

type compareAnswer struct {
	Activity    activityView `json:"activity"`
	With        comparedWith `json:"compared_with"`
	Differences []difference `json:"differences" jsonschema:"of what this activity and at least one other recorded"`
	Efforts     []bestOf     `json:"best_efforts,omitempty" jsonschema:"personal_best, runs: its fastest stretches against the best ever"`
	Note        string       `json:"note,omitempty" jsonschema:"why there is nothing to compare with; which activities may be the same"`
}

type comparedWith struct {
	Type       training.ComparisonKind `json:"comparison_type"`
	Method     string                  `json:"method" jsonschema:"which activities, and how they are summed up"`
	Count      int                     `json:"count"`
	Activities []comparedView          `json:"activities" jsonschema:"the newest of them"`
}

type comparedView struct {
	ID              pierre.ActivityID `json:"id"`
	Name            string            `json:"name,omitempty"`
	StartTime       string            `json:"start_time" jsonschema:"UTC"`
	DistanceMeters  *float64          `json:"distance_meters,omitempty"`
	DurationSeconds *float64          `json:"duration_seconds,omitempty"`
	MayBeSameAs     pierre.ActivityID `json:"may_be_same_as,omitempty"`
}

type difference struct {
	Field      comparedField     `json:"field" jsonschema:"the unit is in the name"`
	Value      *float64          `json:"value" jsonschema:"of this activity"`
	Reference  *float64          `json:"reference" jsonschema:"of the others"`
	Percent    *float64          `json:"difference_percent" jsonschema:"positive: this activity has more"`
	Activities int               `json:"activities" jsonschema:"that the reference rests on"`
	Which      pierre.ActivityID `json:"reference_activity_id,omitempty" jsonschema:"personal_best: which activity has it"`
}

type bestOf struct {
	Meters  *float64          `json:"distance_meters"`
	Seconds *float64          `json:"seconds" jsonschema:"of this activity"`
	Best    *float64          `json:"best_seconds"`
	IsBest  bool              `json:"is_personal_best"`
	Which   pierre.ActivityID `json:"best_activity_id"`
}
