package tools

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) getNutrientTiming() tool {
	return declare(c, spec{
		name:  "get_nutrient_timing",
		title: "What to eat around a workout",
		doc:   "What to eat before, during and after a workout. What is not given is taken from the profile and from the workouts of the last days.",
	}, c.nutrientTiming)
}

// An effort says how hard a workout is.
type effort string

const (
	effortLow      effort = "low"
	effortModerate effort = "moderate"
	effortHigh     effort = "high"
)

type timingArgs struct {
	Weight    *float64        `json:"weight_kg,omitempty" jsonschema:"Default: as measured, or of the profile." brief:"-" limits:"25,300"`
	Protein   *float64        `json:"daily_protein_g,omitempty" jsonschema:"Default: 1.7 g per kg of body weight." brief:"-" limits:"20,600"`
	Intensity effort          `json:"workout_intensity,omitempty" jsonschema:"How hard the workout is." brief:"" default:"moderate"`
	Minutes   *float64        `json:"duration_minutes,omitempty" jsonschema:"Default: the mean of the last workouts." brief:"" limits:"1,6000"`
	Days      int             `json:"days_back,omitempty" jsonschema:"Of how many days the workouts are looked at, if no duration is given." brief:"-" limits:"7,365" default:"7"`
	Provider  pierre.Provider `json:"activity_provider,omitempty" jsonschema:"Taken; all sources count, merged." brief:"-"`
}

type timingAnswer struct {
	Minutes *float64 `json:"duration_minutes,omitempty"`
	Source  string   `json:"duration_from,omitempty" jsonschema:"user or recorded"`
	Before  nutrient `json:"pre_workout_carbs_g" jsonschema:"in the 1 to 4 hours before; the more the earlier"`
	During  nutrient `json:"during_carbs_g_per_hour"`
	After   nutrient `json:"post_workout_carbs_g_per_hour" jsonschema:"for 4 hours, if the next effort comes within 8"`
	Rebuild nutrient `json:"post_workout_protein_g" jsonschema:"in one meal"`
	Meals   *float64 `json:"meals_per_day,omitempty" jsonschema:"with protein, each 3 to 4 hours"`
	PerMeal *float64 `json:"protein_per_meal_g,omitempty"`
	Notes   []string `json:"notes"`
}

func (c *Catalog) nutrientTiming(ctx context.Context, user pierre.UserID, args timingArgs) (timingAnswer, error) {
	who, err := c.person(ctx, user, args.Weight, nil, nil, "")
	if err != nil {
		return timingAnswer{}, err
	}
	a := timingAnswer{Minutes: args.Minutes, Source: string(training.User), Notes: []string{}}
	if a.Minutes == nil {
		days, err := c.trained(ctx, user, max(args.Days, 7))
		if err != nil {
			return timingAnswer{}, err
		}
		if a.Source = ""; days.activities > 0 && days.hours > 0 {
			a.Minutes, a.Source = rounded(60*days.hours*float64(days.days)/float64(days.activities), 0), string(training.Recorded)
		}
	}
	timeDuring(&a, args.Intensity)
	if who.weight.Value == nil {
		why := notAvailable(&training.MissingError{Needs: []training.Need{{What: "the body weight", Field: "weight_kg"}}})
		a.Before.NotAvailable, a.After.NotAvailable, a.Rebuild.NotAvailable = why, why, why
		return a, nil
	}
	timeByWeight(&a, *who.weight.Value, args)
	return a, nil
}

// timeDuring says what to take during the workout.
func timeDuring(a *timingAnswer, intensity effort) {
	if a.Minutes == nil {
		a.During.NotAvailable = "not available because it is not known how long the workout is; give duration_minutes"
		return
	}
	low, high := fitness.CarbohydrateDuring(*a.Minutes / 60)
	a.During = grams(low, high, fitness.MethodCarbohydrateDuring)
	if *a.Minutes >= 45 && *a.Minutes < 60 && intensity == effortHigh {
		a.Notes = append(a.Notes, "Small amounts, or a rinse of the mouth, help in hard efforts of 45 to 75 minutes.")
	}
}

// timeByWeight says what goes by the body weight.
func timeByWeight(a *timingAnswer, weight float64, args timingArgs) {
	long := a.Minutes != nil && *a.Minutes >= 60
	switch {
	case long && args.Intensity != effortLow:
		a.Before = grams(weight, 4*weight, fitness.MethodCarbohydrateBefore)
	case a.Minutes == nil:
		a.Before.NotAvailable = a.During.NotAvailable
	default:
		a.Before = grams(0, 0, fitness.MethodCarbohydrateBefore)
		a.Notes = append(a.Notes, "A short or easy workout needs no meal of its own before it.")
	}
	a.After = grams(weight, 1.2*weight, fitness.MethodCarbohydrateAfter)
	portion := min(max(0.25*weight, 20), 40)
	a.Rebuild = grams(portion, max(portion, min(0.4*weight, 40)), fitness.MethodProteinMeal)
	daily := 1.7 * weight
	if args.Protein != nil {
		daily = *args.Protein
	}
	meals := min(max(math.Round(daily/max(portion, 25)), 3), 6)
	a.Meals, a.PerMeal = &meals, rounded(daily/meals, 0)
}

func (a timingAnswer) text() string {
	var lines []string
	if a.Minutes != nil {
		lines = append(lines, fmt.Sprintf("workout: %s minutes (%s)", plain(*a.Minutes), a.Source))
	}
	lines = append(lines, a.Before.line("carbohydrate in the 1 to 4 hours before"), a.During.line("carbohydrate an hour during it"),
		a.After.line("carbohydrate an hour after it, for 4 hours if the next effort comes within 8"), a.Rebuild.line("protein after it"))
	if a.Meals != nil {
		lines = append(lines, fmt.Sprintf("protein of the day: %s meals of about %s g, each 3 to 4 hours", plain(*a.Meals), plain(*a.PerMeal)))
	}
	return strings.Join(append(lines, a.Notes...), "\n")
}
