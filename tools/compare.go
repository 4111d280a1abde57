package tools

import (
	"slices"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

const mostGiven = 5

func (c *Catalog) compareActivities() tool {
	return bind(spec{
		name:  "compare_activities",
		title: "Compare activities",
		doc: "Compares an activity with others of its kind: the most similar ones, the recent ones, the average of a year, the personal bests, or given ones. " +
			"Use it for questions such as: was this a good run for me?",
		input: []field{
			activityArgument(),
			opt("comparison_type", choice("similar_activities: up to 10 of the same kind within 10 % of the distance; personal_best: the best ever; "+
				"average: of the 365 days before; recent: the 5 before. Required unless other_activity_ids is given.",
				training.CompareSimilar, training.CompareBest, training.CompareAverage, training.CompareRecent)),
			opt("other_activity_ids", array("Compare with these instead.", str("").within(1, 100)).within(1, mostGiven)),
			providerArgument(),
		},
		output: object("",
			req("activity", object("", activityFields()...)),
			req("compared_with", object("",
				req("comparison_type", choice("", training.CompareSimilar, training.CompareBest, training.CompareAverage, training.CompareRecent, training.CompareGiven)),
				req("method", str("which activities, and how they are summed up")),
				req("count", integer("")),
				req("activities", array("the newest of them", object("",
					req("id", str("")), opt("name", str("")), req("start_time", str("UTC")), opt("distance_meters", number("")), opt("duration_seconds", number(""))))))),
			req("differences", array("of what this activity and at least one other recorded", object("",
				req("field", choice("the unit is in the name", training.ComparedFields()...)),
				req("value", number("of this activity")),
				req("reference", number("of the others")),
				req("difference_percent", number("positive: this activity has more")),
				req("activities", integer("that the reference rests on")),
				opt("reference_activity_id", str("personal_best: which activity has it"))))),
			opt("best_efforts", array("personal_best, runs: the fastest stretches of this activity against the best ever", object("",
				req("distance_meters", number("")), req("seconds", number("of this activity")), req("best_seconds", number("")),
				req("is_personal_best", boolean("")), req("best_activity_id", str(""))))),
			opt("note", str("why there is nothing to compare with"))),
	}, c.compare)
}

type compareArgs struct {
	ID       pierre.ActivityID       `json:"activity_id"`
	Type     training.ComparisonKind `json:"comparison_type"`
	Others   []pierre.ActivityID     `json:"other_activity_ids"`
	Provider pierre.Provider         `json:"provider"`
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
	Differences []difference `json:"differences"`
	Efforts     []bestOf     `json:"best_efforts,omitempty"`
	Note        string       `json:"note,omitempty"`
}

type comparedWith struct {
	Type       training.ComparisonKind `json:"comparison_type"`
	Method     string                  `json:"method"`
	Count      int                     `json:"count"`
	Activities []comparedView          `json:"activities"`
}

type comparedView struct {
	ID              pierre.ActivityID `json:"id"`
	Name            string            `json:"name,omitempty"`
	StartTime       string            `json:"start_time"`
	DistanceMeters  *float64          `json:"distance_meters,omitempty"`
	DurationSeconds *float64          `json:"duration_seconds,omitempty"`
}

type difference struct {
	Field      string            `json:"field"`
	Value      *float64          `json:"value"`
	Reference  *float64          `json:"reference"`
	Percent    *float64          `json:"difference_percent"`
	Activities int               `json:"activities"`
	Which      pierre.ActivityID `json:"reference_activity_id,omitempty"`
}

type bestOf struct {
	Meters  *float64          `json:"distance_meters"`
	Seconds *float64          `json:"seconds"`
	Best    *float64          `json:"best_seconds"`
	IsBest  bool              `json:"is_personal_best"`
	Which   pierre.ActivityID `json:"best_activity_id"`
}
