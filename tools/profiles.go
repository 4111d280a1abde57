package tools

import (
	"slices"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// minimal are the tools that most questions need. The profile default has all that there are; tools that only few need
// would be in full alone.
func minimal() []string {
	return []string{"get_activities", "get_activity", "get_stats", "analyze_activity", "analyze_training_load"}
}

// InProfile reports whether tools/list shows the tool in the profile. It is a view, which saves a model's context: what it
// leaves out can be called all the same. What may be called is what a key allows.
func InProfile(profile pierre.ToolProfile, tool string) bool {
	return profile != pierre.ProfileMinimal || slices.Contains(minimal(), tool)
}
