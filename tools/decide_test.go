//go:build !race

package tools_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type decided struct {
	IDs  []pierre.ActivityID `json:"activity_ids"`
	Note string
}

// What the athlete lets in again does not come from a connected account by itself, and the answer says so.
func TestAllowedImport(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	id := importSession(t, s, user, session{name: "Run", sport: "run", start: now().AddDate(0, 0, -1), seconds: 600, step: 10, speed: always(3)})
	h := newHost(t, s, user)
	h.call("delete_activity", map[string]any{"activity_id": id})
	r := h.call("delete_activity", map[string]any{"activity_id": id, "allow_import": true})
	for _, want := range []string{"1 recording no longer", "import a file", "disconnect the account and connect it again"} {
		if !strings.Contains(r.Text, want) {
			t.Errorf("the answer lacks %q: %s", want, r.Text)
		}
	}
}

// What is likely the same activity is named, and counts once, until the athlete decides.
func TestTheAthleteDecidesOfDuplicates(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	start := now().AddDate(0, 0, -1)
	whole := importSession(t, s, user, session{name: "Run", sport: "run", start: start, seconds: 3000, step: 10, speed: always(3)})
	part := importSession(t, s, user, session{name: "Phone", sport: "run", start: start.Add(20 * time.Minute), seconds: 1200, step: 10, speed: always(2)})
	h := newHost(t, s, user)
	runs := func() int {
		t.Helper()
		var got stats
		h.call("get_stats", nil).decode(t, &got)
		return got.sport("all", "run").Activities
	}
	var detail struct {
		Same   string   `json:"may_be_same_as"`
		Others []string `json:"possible_duplicates"`
		Hidden bool
	}
	h.call("get_activity", map[string]any{"activity_id": part}).decode(t, &detail)
	if detail.Same != string(whole) || runs() != 1 {
		t.Errorf("the part may be the same as %q, %d runs count", detail.Same, runs())
	}
	h.call("get_activity", map[string]any{"activity_id": whole}).decode(t, &detail)
	if len(detail.Others) != 1 || detail.Others[0] != string(part) {
		t.Errorf("the whole may have the duplicates %q", detail.Others)
	}
	for tool, args := range map[string]map[string]any{
		"get_activities": nil, "get_stats": nil, "get_connection_status": nil, "analyze_training_load": nil,
		"compare_activities": {"activity_id": whole, "comparison_type": "recent"},
	} {
		if r := h.call(tool, args); !strings.Contains(r.Text, "may be the same as "+string(whole)) && !strings.Contains(r.Text, "1 activity, probably another recording") {
			t.Errorf("%s does not say so: %s", tool, r.Text)
		}
	}

	given := h.call("compare_activities", map[string]any{"activity_id": whole, "other_activity_ids": []pierre.ActivityID{part}})
	if !strings.Contains(given.Text, string(part)+" may be the same as "+string(whole)) {
		t.Errorf("a comparison with what may be the same does not say so: %s", given.Text)
	}
	var best struct {
		With struct{ Count int } `json:"compared_with"`
	}
	if h.call("compare_activities", map[string]any{"activity_id": part, "comparison_type": "personal_best"}).decode(t, &best); best.With.Count != 0 {
		t.Errorf("a part is compared with %d other recordings of itself", best.With.Count)
	}

	pair := map[string]any{"activity_id": whole, "other_activity_id": part}
	apart := map[string]any{"activity_id": whole, "other_activity_id": part, "keep_apart": true}
	if h.call("merge_activities", apart); runs() != 2 {
		t.Errorf("%d runs count after they were kept apart", runs())
	}
	if h.call("merge_activities", pair); runs() != 1 {
		t.Errorf("%d runs count after they were merged", runs())
	}
	var split decided
	h.call("split_activity", map[string]any{"activity_id": whole}).decode(t, &split)
	if len(split.IDs) != 2 || runs() != 2 {
		t.Errorf("split into %+v, %d count", split, runs())
	}
	h.call("hide_activity", map[string]any{"activity_id": whole})
	h.call("get_activity", map[string]any{"activity_id": whole}).decode(t, &detail)
	if !detail.Hidden || runs() != 1 || pagedNames(t, h, map[string]any{}) != "Phone" || pagedNames(t, h, map[string]any{"hidden": true}) != "Run" {
		t.Errorf("hidden %t, %d count", detail.Hidden, runs())
	}
	if h.call("hide_activity", map[string]any{"activity_id": whole, "hidden": false}); runs() != 2 {
		t.Errorf("%d runs count after all are shown", runs())
	}
}

func TestWrongDecisions(t *testing.T) {
	h, ids := sampleHost(t)
	for _, c := range []struct {
		tool string
		args map[string]any
		want string
	}{
		{"merge_activities", map[string]any{"activity_id": ids["run"]}, "other_activity_id"},
		{"merge_activities", map[string]any{"activity_id": ids["run"], "other_activity_id": ids["run"]}, "are the same"},
		{"merge_activities", map[string]any{"activity_id": ids["run"], "other_activity_id": "act_none"}, `Activity "act_none" not found; use get_activities`},
		{"merge_activities", map[string]any{"activity_id": ids["run"], "other_activity_id": ids["race"]}, "14 hours apart"},
		{"merge_activities", map[string]any{"activity_id": ids["run"], "other_activity_id": ids["race"], "keep_apart": "perhaps"}, "keep_apart"},
		{"split_activity", map[string]any{"activity_id": ids["run"]}, "one source alone"},
		{"split_activity", map[string]any{"activity_id": "act_none"}, `Activity "act_none" not found; use get_activities`},
		{"split_activity", map[string]any{"activity_id": ids["run"], "source": strings.Repeat("x", 1025)}, "source"},
		{"hide_activity", map[string]any{"activity_id": "act_none"}, "not found"},
		{"hide_activity", map[string]any{"activity_id": ids["run"], "hidden": 2}, "hidden"},
		{"hide_activity", map[string]any{}, "activity_id"},
	} {
		if r := h.call(c.tool, c.args); !r.IsError || !strings.Contains(r.Text, c.want) {
			t.Errorf("%s of %v answers %q, want %q", c.tool, c.args, r.Text, c.want)
		}
	}
}
