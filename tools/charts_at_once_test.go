package tools_test

import (
	"encoding/json"
	"maps"
	"sync"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// kinds are the arguments of a chart of each kind.
func kinds(ids map[string]pierre.ActivityID) []args {
	return []args{
		{"kind": "load"},
		{"kind": "load", "after": "2016-01-01", "theme": "dark"},
		{"kind": "load", "after": "2026-01-01", "sport_type": "run", "size": "wide"},
		{"kind": "power_curve", "after": "2026-01-01", "compare_after": "2025-01-01", "compare_before": "2025-12-31"},
		{"kind": "zones"},
		{"kind": "zones", "zones": "power", "group_by": "month", "after": "2025-06-01"},
		{"kind": "zones", "group_by": "total", "theme": "dark"},
		{"kind": "activity", "activity_id": ids["race"]},
		{"kind": "activity", "activity_id": ids["ride"], "over": "time"},
		{"kind": "calendar"},
		{"kind": "calendar", "before": "2026-05-10"},
	}
}

// Many at once wait for their turn, and each gets its own.
func TestChartsAtOnce(t *testing.T) {
	t.Parallel()
	h, ids := sampleHost(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	sizes := map[string]map[int]bool{}
	for range 2 {
		for _, a := range kinds(ids) {
			wg.Go(func() {
				r := h.call("get_chart", maps.Clone(a))
				key, _ := json.Marshal(a)
				mu.Lock()
				defer mu.Unlock()
				if sizes[string(key)] == nil {
					sizes[string(key)] = map[int]bool{}
				}
				sizes[string(key)][len(r.Picture)] = true
			})
		}
	}
	wg.Wait()
	for a, found := range sizes {
		if len(found) != 1 || found[0] {
			t.Errorf("%s: pictures of %v bytes", a, found)
		}
	}
}
