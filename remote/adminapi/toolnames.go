package adminapi

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxNear is how many names an error offers instead of one that is no tool's.
const maxNear = 3

// knownTools refuses names of no tool and patterns that no tool matches, in the rules that are given. tools are the names
// of all; with none, every name is taken.
func (s RuleSettings) knownTools(tools []string) error {
	if len(tools) == 0 {
		return nil
	}
	if s.AllowedTools.Value != nil {
		for _, glob := range *s.AllowedTools.Value {
			matches := func(tool string) bool {
				ok, err := path.Match(glob, tool)
				return ok || err != nil // Validate says what is wrong with a pattern
			}
			if glob != "" && !slices.ContainsFunc(tools, matches) {
				return unknownTool("allowed_tools", glob, tools)
			}
		}
	}
	if s.ToolLimits.Value != nil {
		for _, tool := range slices.Sorted(maps.Keys(*s.ToolLimits.Value)) {
			if tool != "" && !slices.Contains(tools, tool) {
				return unknownTool("tool_limits", tool, tools)
			}
		}
	}
	return nil
}

func unknownTool(field, name string, tools []string) error {
	near := slices.Clone(tools)
	slices.SortStableFunc(near, func(a, b string) int { return cmp.Compare(distance(name, a), distance(name, b)) })
	return pierre.Invalid(field, "%s holds %.100q, which is no tool's name and matches none. Near it are %s.",
		field, name, strings.Join(near[:min(len(near), maxNear)], ", "))
}

// distance returns how many letters have to be added, taken away or replaced to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := corner
			if a[i] != b[j] {
				replace++
			}
			corner = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
