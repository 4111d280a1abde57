package tools

import (
	"slices"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// minimal are the tools that most questions need. The profile default has all that there are but those in [superseded] and [seldom].
func minimal() []string {
	return []string{"get_activities", "get_activity", "get_stats", "analyze_activity", "analyze_training_load"}
}

// superseded are tools that do what another one does, and are there under the names of the original server.
func superseded() []string {
	return []string{"connect_strava", "connect_fitbit", "get_nutrient_timing"}
}

// seldom are tools that few athletes' questions need, or for which the list of the profile default has no room.
func seldom() []string {
	return []string{"search_food", "get_food_details", "analyze_meal_nutrition", "plan_workout", "get_calendar"}
}

// InProfile reports whether tools/list shows the tool in the profile. It is a view, which saves a model's context: what it
// leaves out can be called all the same. What may be called is what a key allows.
func InProfile(profile pierre.ToolProfile, tool string) bool {
	switch profile {
	case pierre.ProfileMinimal:
		return slices.Contains(minimal(), tool)
	case pierre.ProfileFull:
		return true
	default:
		return !slices.Contains(superseded(), tool) && !slices.Contains(seldom(), tool)
	}
}
