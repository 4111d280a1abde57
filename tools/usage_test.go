//go:build !race

package tools_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/allowance"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/tools"
)

// noLimits is the allowance of a key without limits.
type noLimits struct{}

// Of implements [tools.Allowances].
func (noLimits) Of(context.Context, access.Principal) (allowance.Allowance, error) {
	return allowance.Allowance{Tier: pierre.TierEnterprise}, nil
}

func TestUsageWithoutLimits(t *testing.T) {
	s := storetest.New(t)
	h := newHost(t, s, newUser(t, s, "ana@example.com"))
	h.server = serverOf(t, s, tools.Options{Allowances: noLimits{}})
	r := h.call("get_usage", nil)
	if r.IsError || r.Text != "Calls are not bounded." || !strings.Contains(string(r.Structured), `"limits":[]`) {
		t.Errorf("%s %s", r.Text, r.Structured)
	}
}

// Where there are no keys there is nothing to ask for.
func TestNoUsageWithoutKeys(t *testing.T) {
	h := newHost(t, storetest.New(t), "user_x")
	h.server = serverOf(t, storetest.New(t), tools.Options{})
	for _, tool := range h.list() {
		if tools.Free(tool.Name) {
			t.Errorf("there is %s", tool.Name)
		}
	}
}

// Each profile shows what the narrower ones show; what it names, there is.
func TestProfiles(t *testing.T) {
	var all []string
	for _, tool := range newHost(t, storetest.New(t), "user_x").list() {
		all = append(all, tool.Name)
	}
	shown := map[pierre.ToolProfile]int{}
	for n, profile := range pierre.ToolProfiles() {
		for _, name := range all {
			if tools.InProfile(profile, name) {
				shown[profile]++
			} else if n > 0 && tools.InProfile(pierre.ToolProfiles()[n-1], name) {
				t.Errorf("%s has no %s, which a narrower profile has", profile, name)
			}
		}
	}
	if shown[pierre.ProfileMinimal] != 5 || shown[pierre.ProfileDefault] != len(all)-8 || shown[pierre.ProfileFull] != len(all) {
		t.Errorf("%v of %d tools are shown", shown, len(all))
	}
	if !slices.Contains(all, "get_usage") || !tools.Free("get_usage") || tools.Free("get_stats") {
		t.Error("get_usage is the tool that is free")
	}
}
