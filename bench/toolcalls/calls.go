package main

import (
	"fmt"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A call is one of a tool.
type call struct {
	tool   string
	as     string          // what is asked, where a tool is measured more than once
	args   map[string]any  // nil: none, or they differ
	differ func(n int) any // the arguments of the nth call, from 0; nil: args
	after  *call           // is made before each call, and is not measured; nil: none
}

func (c call) name() string {
	if c.as == "" {
		return c.tool
	}
	return c.tool + ", " + c.as
}

func (c call) arguments(n int) any {
	if c.differ != nil {
		return c.differ(n)
	}
	return c.args
}

// reads are calls of each tool that reads, with the questions that need the most activities.
func reads(a athlete) []call {
	ride, run := a.ids[1], a.ids[2]
	return []call{
		{tool: "get_activities"},
		{tool: "get_activities", as: "by distance", args: map[string]any{"sort": "distance", "sport_type": "run"}},
		{tool: "get_activity", args: map[string]any{"activity_id": ride}},
		{tool: "get_stats"},
		{tool: "get_stats", as: "by day", args: map[string]any{"group_by": "day"}},
		{tool: "get_stats", as: "by week", args: map[string]any{"group_by": "week"}},
		{tool: "get_stats", as: "by month", args: map[string]any{"group_by": "month"}},
		{tool: "get_stats", as: "by year", args: map[string]any{"group_by": "year"}},
		{tool: "get_records", args: map[string]any{"sport_type": "run"}},
		{tool: "get_records", as: "of rides, beside a year's", args: map[string]any{"sport_type": "ride", "compare_after": "2025-01-01", "compare_before": "2026-01-01"}},
		{tool: "get_zones_over_time", args: map[string]any{"after": "2025-06-15"}},
		{tool: "get_wellness"},
		{tool: "get_wellness", as: "three years by day", args: map[string]any{"kinds": []string{"sleep", "hrv_rmssd", "weight"}, "after": "2023-06-16", "group_by": "day"}},
		{tool: "get_wellness", as: "with the load before", args: map[string]any{"load_days": 1}},
		{tool: "get_chart", as: "load of a year", args: map[string]any{"kind": "load", "after": "2025-06-15"}},
		{tool: "get_chart", as: "power curve", args: map[string]any{"kind": "power_curve"}},
		{tool: "get_chart", as: "zones", args: map[string]any{"kind": "zones"}},
		{tool: "get_chart", as: "activity", args: map[string]any{"kind": "activity", "activity_id": ride}},
		{tool: "get_chart", as: "calendar", args: map[string]any{"kind": "calendar"}},
		{tool: "analyze_sleep_quality"},
		{tool: "track_sleep_trends", args: map[string]any{"days_back": 366}},
		{tool: "optimize_sleep_schedule"},
		{tool: "calculate_recovery_score"},
		{tool: "suggest_rest_day"},
		{tool: "get_athlete"},
		{tool: "get_connection_status"},
		{tool: "analyze_activity", args: map[string]any{"activity_id": ride}},
		{tool: "calculate_metrics", args: map[string]any{"activity_id": run}},
		{tool: "analyze_training_load", args: map[string]any{"timeframe": "year"}},
		{tool: "analyze_performance_trends", args: map[string]any{"metric": "pace_at_heart_rate", "timeframe": "year"}},
		{tool: "predict_performance", args: map[string]any{"target_sport": "run", "target_distance": 21097.5}},
		{tool: "compare_activities", as: "personal best", args: map[string]any{"activity_id": run, "comparison_type": "personal_best"}},
		{tool: "compare_activities", as: "similar", args: map[string]any{"activity_id": run, "comparison_type": "similar_activities"}},
		{tool: "get_activity_intelligence", args: map[string]any{"activity_id": run}},
		{tool: "detect_patterns", as: "seasons", args: map[string]any{"pattern_type": "seasonal_trends"}},
		{tool: "detect_patterns", as: "injury risk", args: map[string]any{"pattern_type": "injury_risk"}},
		{tool: "calculate_fitness_score"},
		{tool: "generate_recommendations", args: map[string]any{"activity_id": ride}},
		{tool: "get_calendar"},
		{tool: "track_progress"},
		{tool: "suggest_goals"},
		{tool: "analyze_goal_feasibility", args: map[string]any{"goal_id": a.goal}},
		{tool: "get_usage"},
		{tool: "get_gear"},
		{tool: "calculate_daily_nutrition", args: map[string]any{"weight_kg": 70, "height_cm": 178, "age": 40, "gender": "male"}},
		{tool: "search_food", args: map[string]any{"query": "banana milk"}},
		{tool: "get_food_details", args: map[string]any{"fdc_id": 1}},
		{tool: "analyze_meal_nutrition", args: map[string]any{"foods": []any{map[string]any{"fdc_id": 1, "grams": 120}, map[string]any{"fdc_id": 2, "grams": 60}}}},
		{tool: "get_nutrient_timing", args: map[string]any{"weight_kg": 70, "daily_protein_g": 120}},
	}
}

// changes are calls of each tool that changes something, and questions after a change, of which nothing is kept.
func changes(a athlete) []call {
	pair := func(n int) (newer, older pierre.ActivityID) {
		at := len(a.ids)&^1 - 2*(n+1)
		return a.ids[at], a.ids[at+1]
	}
	hide := call{tool: "hide_activity", differ: func(n int) any {
		return map[string]any{"activity_id": a.ids[0], "hidden": n%2 == 0}
	}}
	return []call{
		{tool: "set_athlete_profile", differ: func(n int) any { return map[string]any{"ftp_watts": 250 + n%20} }},
		{tool: "set_goal", differ: func(n int) any { return map[string]any{"goal_id": a.goal, "target_value": 200_000 + n} }},
		{tool: "plan_workout", differ: func(n int) any {
			return map[string]any{"date": "2026-06-18", "sport_type": "run", "name": fmt.Sprint("Easy ", n), "steps": []string{"warmup 10min", "30min rpe 3"}}
		}},
		hide,
		{tool: "annotate_activity", differ: func(n int) any { return map[string]any{"activity_id": a.ids[0], "rpe": n % 11} }},
		{tool: "get_stats", as: "after a change", after: &hide},
		{tool: "analyze_training_load", as: "after a change", args: map[string]any{"timeframe": "year"}, after: &hide},
		{tool: "merge_activities", differ: func(n int) any {
			newer, older := pair(n)
			return map[string]any{"activity_id": newer, "other_activity_id": older}
		}},
		{tool: "split_activity", differ: func(n int) any {
			newer, _ := pair(n)
			return map[string]any{"activity_id": newer}
		}},
		{tool: "delete_activity", differ: func(n int) any {
			newer, _ := pair(n)
			return map[string]any{"activity_id": newer}
		}},
	}
}
