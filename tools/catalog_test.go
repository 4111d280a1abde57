package tools_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/tools"
)

// answerBytes is what an answer of the default size may take.
const answerBytes = 8 << 10

// A call is one that a host makes of a tool.
type call struct {
	tool string
	args map[string]any
}

// usual are calls of every tool, in the order of the catalog.
func usual(ids map[string]pierre.ActivityID) []call {
	return []call{
		{"get_activities", map[string]any{"limit": 3}},
		{"get_activity", map[string]any{"activity_id": ids["ride"]}},
		{"get_stats", map[string]any{}},
		{"get_records", map[string]any{"sport_type": "run", "compare_after": "2025-01-01", "compare_before": "2026-05-31"}},
		{"get_zones_over_time", map[string]any{"planned_percent": []int{80, 20}}},
		{"get_wellness", map[string]any{"kinds": []string{"sleep", "hrv_rmssd", "resting_heart_rate", "weight"}, "load_days": 1}},
		{"get_chart", map[string]any{"kind": "load"}},
		{"analyze_sleep_quality", map[string]any{}},
		{"track_sleep_trends", map[string]any{"days_back": 28}},
		{"optimize_sleep_schedule", map[string]any{}},
		{"calculate_recovery_score", map[string]any{}},
		{"suggest_rest_day", map[string]any{}},
		{"get_athlete", map[string]any{}},
		{"set_athlete_profile", map[string]any{
			"ftp_watts": 250, "max_heart_rate_bpm": 186, "resting_heart_rate_bpm": 48, "threshold_heart_rate_bpm": 168,
			"weight_kg": 62.5, "birth_year": 1990, "sex": "female", "time_zone": "Europe/Paris",
		}},
		{"get_connection_status", map[string]any{}},
		{"analyze_activity", map[string]any{"activity_id": ids["ride"]}},
		{"calculate_metrics", map[string]any{"activity_id": ids["run"], "metrics": []string{"trimp", "decoupling", "tss"}}},
		{"analyze_training_load", map[string]any{"timeframe": "month", "project_until": "2026-06-22"}},
		{"analyze_performance_trends", map[string]any{"metric": "pace_at_heart_rate", "timeframe": "year"}},
		{"predict_performance", map[string]any{"target_sport": "run", "target_distance": 21097.5, "target_date": "2026-09-27"}},
		{"compare_activities", map[string]any{"activity_id": ids["race"], "comparison_type": "personal_best"}},
		{"get_activity_intelligence", map[string]any{"activity_id": ids["race"]}},
		{"detect_patterns", map[string]any{"pattern_type": "training_consistency"}},
		{"calculate_fitness_score", map[string]any{}},
		{"generate_recommendations", map[string]any{"activity_id": ids["ride"]}},
		{"set_goal", map[string]any{"title": "Sub 40", "goal_type": "time", "target_value": 2400, "distance_meters": 10000, "target_date": "2026-10-04"}},
		{"track_progress", map[string]any{}},
		{"suggest_goals", map[string]any{}},
		{"analyze_goal_feasibility", map[string]any{"goal_id": ids["goal"]}},
		{"plan_workout", map[string]any{
			"date": "2026-06-18", "start_time": "06:30", "sport_type": "ride", "name": "5 x 4 min", "note": "On the flat road.",
			"steps": []string{"warmup 15min 50-70% FTP", "5x(4min 240W 95rpm, 3min recovery)", "cooldown 10min"},
		}},
		{"get_calendar", map[string]any{"after": "2026-06-08"}},
		{"calculate_daily_nutrition", map[string]any{"height_cm": 172, "activity_level": "moderately_active"}},
		{"get_nutrient_timing", map[string]any{"workout_intensity": "high", "duration_minutes": 100}},
		{"merge_activities", map[string]any{"activity_id": ids["Easy run 06-08"], "other_activity_id": ids["manual"]}},
		{"split_activity", map[string]any{"activity_id": ids["Easy run 06-08"]}},
		{"hide_activity", map[string]any{"activity_id": ids["bare"]}},
		{"annotate_activity", map[string]any{"activity_id": ids["bare"], "note": "with Ana, legs of lead", "rpe": 4, "feel": "weak", "gear": "Pegasus"}},
		{"get_gear", map[string]any{}},
		{"delete_activity", map[string]any{"activity_id": ids["bare"]}},
		{"get_usage", map[string]any{}},
		{"get_weather", map[string]any{"activity_id": ids["race"]}},
		{"search_food", map[string]any{"query": "banana"}},
		{"get_food_details", map[string]any{"fdc_id": bananaID}},
		{"analyze_meal_nutrition", map[string]any{"foods": []any{
			map[string]any{"fdc_id": bananaID, "portion": "1 medium (7\" to 7-7/8\" long)"}, map[string]any{"fdc_id": oatsID, "grams": 60}, map[string]any{"fdc_id": drinkID, "grams": 240},
		}}},
		{"connect_provider", map[string]any{"provider": "strava"}},
		{"connect_strava", map[string]any{}},
		{"connect_fitbit", map[string]any{}},
		{"disconnect_provider", map[string]any{"provider": "intervals_icu"}},
	}
}

func TestEveryToolHasAUsualCall(t *testing.T) {
	h, ids := sampleHost(t)
	var listed, called []string
	for _, tool := range h.list() {
		listed = append(listed, tool.Name)
	}
	for _, c := range usual(ids) {
		called = append(called, c.tool)
	}
	slices.Sort(listed) // the library lists by name
	slices.Sort(called)
	if !slices.Equal(listed, called) {
		t.Errorf("the usual calls are of %v, the tools are %v", called, listed)
	}
}

// What hosts stumble over: unions, references, nulls and schemas that are no objects, long names, missing annotations. The
// golden files are of the profile default.
func TestDefinitions(t *testing.T) {
	d := storetest.New(t)
	h := newHost(t, d, "user_x")
	listing := catalogOf(t, d, allTools(d)).Listing()
	var full struct{ Tools []mcp.Tool }
	h.send("tools/list", map[string]any{}, &full)
	for _, profile := range []pierre.ToolProfile{pierre.ProfileDefault, pierre.ProfileFull} {
		for _, tool := range full.Tools {
			t.Run(string(profile)+"/"+tool.Name, func(t *testing.T) {
				tool = h.server.GetTool(tool.Name).Tool
				listed, ok := listing(profile, tool)
				if !ok && !tools.InProfile(profile, tool.Name) {
					t.Skip("the profile does not have it")
				}
				if !ok {
					t.Fatal("the profile does not have it")
				}
				raw, err := json.Marshal(listed)
				if err != nil {
					t.Fatal(err)
				}
				if profile == pierre.ProfileDefault {
					golden(t, "definitions/"+tool.Name+".golden.json", indent(t, raw))
				}
				checkDefinition(t, raw, profile == pierre.ProfileFull)
			})
		}
	}
}

// checkDefinition looks at a tool as it is listed, with the schema of its answer or without.
func checkDefinition(t *testing.T, raw []byte, answers bool) {
	t.Helper()
	var tool listedTool
	if err := json.Unmarshal(raw, &tool); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^[a-z][a-z_]{0,62}$`).MatchString(tool.Name) || tool.Title == "" || tool.Description == "" || len(tool.Description) > 600 {
		t.Error("the name, title or description is not fit for hosts")
	}
	a := tool.Annotations
	if a.ReadOnlyHint == nil || a.DestructiveHint == nil || a.IdempotentHint == nil || a.OpenWorldHint == nil {
		t.Errorf("annotations are missing: %s", raw)
	}
	if writes := regexp.MustCompile(`^(set|merge|split|hide|annotate|delete|plan|connect|disconnect)_`).MatchString(tool.Name); *a.ReadOnlyHint == writes || *a.DestructiveHint != writes {
		t.Error("the annotations do not say whether the tool changes something")
	}
	for _, bad := range []string{`"$ref"`, `"anyOf"`, `"oneOf"`, `"allOf"`, `"null"`, `"type":[`, `"$schema"`} {
		if bytes.Contains(raw, []byte(bad)) {
			t.Errorf("the schemas have %s", bad)
		}
	}
	type object struct {
		Properties map[string]map[string]any `json:"properties"`
	}
	var whole struct {
		In  object `json:"inputSchema"`
		Out object `json:"outputSchema"`
	}
	if err := json.Unmarshal(raw, &whole); err != nil || whole.In.Properties == nil || (whole.Out.Properties != nil) != answers {
		t.Errorf("the schemas do not list their members as objects: %v: %s", err, raw)
	}
	if tool.InputSchema.Type != "object" || answers && tool.OutputSchema.Type != "object" {
		t.Error("the schemas are not of objects")
	}
	if _, err := tool.InputSchema.Resolve(nil); err != nil {
		t.Error(err)
	}
}

func TestRegistersInAFixedOrder(t *testing.T) {
	var first string
	for range 5 {
		h := newHost(t, storetest.New(t), "user_x")
		var raw struct{ Tools json.RawMessage }
		h.send("tools/list", map[string]any{}, &raw)
		if first == "" {
			first = string(raw.Tools)
		}
		if string(raw.Tools) != first {
			t.Fatal("tools/list differs from one server to the next")
		}
	}
}

// A server that does not authenticate must not answer about anybody.
func TestWithoutPrincipal(t *testing.T) {
	h, _ := sampleHost(t)
	h.ctx = t.Context()
	for _, tool := range h.list() {
		r := h.call(tool.Name, map[string]any{"activity_id": "act_1", "target_sport": "run", "target_distance": 5000, "comparison_type": "recent", "metric": "pace"})
		if !r.IsError || r.Text != fault {
			t.Errorf("%s without a principal answers %q", tool.Name, r.Text)
		}
	}
}

// A failing store fails every call.
type failing struct {
	data

	err error
}

func (f failing) Profile(context.Context, pierre.UserID) (pierre.Profile, error) {
	return pierre.Profile{}, f.err
}

// Errors leave the handlers as they are, with the tool's name: whoever dispatches the calls words and logs them.
func TestErrorsAreHandedOn(t *testing.T) {
	user := newUser(t, storetest.New(t), "ana@example.com")
	for _, want := range []error{
		errors.New("dial postgres://pierre:hunter2@db"),
		&pierre.Error{Kind: pierre.KindUnavailable, Msg: "The database restarts; try again.", Err: errors.New("hunter2")},
		context.Canceled,
	} {
		s := newServer(t, failing{storetest.New(t), want})
		ctx := access.WithPrincipal(t.Context(), access.Principal{UserID: user})
		for _, tool := range []string{"get_stats", "get_athlete", "predict_performance"} {
			var r mcp.CallToolRequest
			r.Params.Arguments = map[string]any{}
			if tool == "predict_performance" {
				r.Params.Arguments = map[string]any{"target_sport": "run", "target_distance": 5000.}
			}
			res, err := s.GetTool(tool).Handler(ctx, r)
			if res != nil || !errors.Is(err, want) || pierre.KindOf(err) != pierre.KindOf(want) || !strings.Contains(err.Error(), tool) {
				t.Errorf("%s answers %v, %v instead of %v", tool, res, err, want)
			}
		}
	}
}

// Texts name the command that works in the installation.
func TestImportCommand(t *testing.T) {
	s := storetest.New(t)
	h := newHost(t, s, newUser(t, s, "new@example.com"))
	for _, command := range []string{"", "pierre-mcp-server --single-tenant import"} {
		h.server = serverOf(t, s, tools.Options{ImportCommand: command})
		want := cmp.Or(command, "mcp-client import")
		for _, tool := range []string{"get_activities", "get_connection_status"} {
			r := h.call(tool, nil)
			for _, form := range []string{r.Text, string(r.Structured)} {
				if !strings.Contains(form, want) || command != "" && strings.Contains(form, "mcp-client") {
					t.Errorf("%s names another command than %s: %s", tool, want, form)
				}
			}
		}
	}
}

// Models pay for every byte of the list. The list of the profile default has at most 6 000 tokens, which are of four bytes
// and more each.
func TestTheDefaultListIsShort(t *testing.T) {
	const most = 4 * 6000
	d := storetest.New(t)
	listing, sum := catalogOf(t, d, allTools(d)).Listing(), 0
	for _, tool := range newServer(t, d).ListTools() {
		if listed, ok := listing(pierre.ProfileDefault, tool.Tool); ok {
			raw, err := json.Marshal(listed)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %d bytes", listed.Name, len(raw))
			sum += len(raw)
		}
	}
	if sum > most {
		t.Errorf("the list has %d bytes, more than %d", sum, most)
	}
}
