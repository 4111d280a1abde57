package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) suggestGoals() tool {
	return declare(c, spec{
		name:  "suggest_goals",
		title: "Suggest goals",
		doc:   "Suggests goals for the next twelve weeks from what the athlete has shown, each with its rule and in the form that set_goal takes.",
	}, c.suggest)
}

// A goalCategory says which goals are suggested.
type goalCategory string

const (
	categoryDistance    goalCategory = "distance"
	categoryPerformance goalCategory = "performance"
	categoryConsistency goalCategory = "consistency"
	categoryAll         goalCategory = "all"
)

func goalCategories() []goalCategory {
	return []goalCategory{categoryDistance, categoryPerformance, categoryConsistency, categoryAll}
}

func (g goalCategory) has(t pierre.GoalType) bool {
	switch g {
	case categoryDistance:
		return t == pierre.GoalDistance
	case categoryPerformance:
		return t == pierre.GoalTime || t == pierre.GoalPerformance
	case categoryConsistency:
		return t == pierre.GoalFrequency
	case categoryAll:
	}
	return true
}

type suggestArgs struct {
	sourceArgs

	Category goalCategory `json:"goal_category,omitempty" brief:"" default:"all"`
}

type suggestAnswer struct {
	Suggestions  []suggestionView `json:"suggestions"`
	NotAvailable []string         `json:"not_available,omitempty" jsonschema:"why something is not suggested"`
}

type suggestionView struct {
	Goal  suggestedGoal `json:"goal" jsonschema:"arguments of set_goal"`
	Rule  string        `json:"rule" jsonschema:"how the target follows from the basis, and who says so"`
	Basis value         `json:"basis" jsonschema:"distance: meters a week; frequency: activities a week; time: seconds; performance: change in 28 days"`
}

type suggestedGoal struct {
	Title  string            `json:"title"`
	Type   pierre.GoalType   `json:"goal_type"`
	Target *float64          `json:"target_value"`
	Date   string            `json:"target_date"`
	Sport  pierre.Sport      `json:"sport_type,omitempty"`
	Meters *float64          `json:"distance_meters,omitempty"`
	Metric pierre.GoalMetric `json:"metric,omitempty"`
}

func (c *Catalog) suggest(ctx context.Context, user pierre.UserID, args suggestArgs) (suggestAnswer, error) {
	s, err := c.training.Suggest(ctx, user, args.Provider, args.Category.has)
	if err != nil {
		return suggestAnswer{}, err
	}
	a := suggestAnswer{Suggestions: []suggestionView{}}
	for _, g := range s.Goals {
		a.Suggestions = append(a.Suggestions, viewSuggestion(g))
	}
	for _, v := range s.None {
		a.NotAvailable = append(a.NotAvailable, notAvailable(v.Err))
	}
	return a, nil
}

func viewSuggestion(s training.Suggestion) suggestionView {
	g := viewGoal(s.Goal)
	title := fmt.Sprintf("%s by %s", g.amount(*g.Target), s.Goal.Date.Format("2 January"))
	switch g.Type {
	case pierre.GoalDistance:
		title = fmt.Sprintf("%s: %s", g.Sport, title)
	case pierre.GoalTime:
		title = fmt.Sprintf("%s in %s", kilometres(*g.Meters), title)
	case pierre.GoalFrequency:
		title = fmt.Sprintf("%s a week until %s", human.Plural(int(*g.Target), "activity"), s.Goal.Date.Format("2 January"))
	case pierre.GoalPerformance, pierre.GoalCustom:
	}
	return suggestionView{
		Goal: suggestedGoal{title, g.Type, g.Target, s.Goal.Date.Format(time.DateOnly), g.Sport, g.Meters, g.Metric},
		Rule: s.Rule, Basis: viewValue(s.Basis, 1),
	}
}

// basisText words the basis by what it is of.
func (s suggestionView) basisText() string {
	if s.Basis.Value == nil {
		return s.Basis.NotAvailable
	}
	switch s.Goal.Type {
	case pierre.GoalDistance:
		return "a usual week has " + kilometres(*s.Basis.Value)
	case pierre.GoalFrequency:
		return "a usual week has " + plain(*s.Basis.Value)
	case pierre.GoalTime:
		so := s.Basis.Inputs[slices.IndexFunc(s.Basis.Inputs, func(in input) bool { return in.Name == training.InputBest })]
		return "so far " + clockTime(*so.Value)
	case pierre.GoalPerformance, pierre.GoalCustom:
	}
	return "change in 28 days: " + signed(*s.Basis.Value, 1)
}

func (a suggestAnswer) text() string {
	var lines []string
	for _, s := range a.Suggestions {
		lines = append(lines, fmt.Sprintf("%s (%s, target_value %s): %s; %s", s.Goal.Title, s.Goal.Type, plain(*s.Goal.Target), s.Rule, s.basisText()))
	}
	lines = append(lines, a.NotAvailable...)
	if len(lines) == 0 {
		return "Nothing can be suggested: too little has been recorded."
	}
	return strings.Join(lines, "\n")
}
