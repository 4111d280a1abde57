//go:build !race

package tools_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// What a model gets to read when it calls a tool wrongly.
func TestWrongArguments(t *testing.T) {
	h, ids := sampleHost(t)
	run := string(ids["run"])
	tests := []struct {
		name, tool, args string
		want             []string // all in one answer
	}{
		{"unknown argument", "get_activities", `{"days":7}`, []string{`"days" is not an argument of this tool; the arguments are provider, sport_type, limit`}},
		{"no arguments known", "get_stats", `{"sport":"run"}`, []string{`"sport" is not an argument`, "provider"}},
		{"wrong enum", "get_activities", `{"provider":"suunto"}`, []string{`provider must be one of file, garmin, apple_health, fitbit, intervals_icu, strava, polar, wahoo, oura, whoop, withings, google_health, not "suunto"`}},
		{"enum of another type", "get_activities", `{"provider":7}`, []string{`provider must be one of file, garmin, apple_health, fitbit, intervals_icu, strava, polar, wahoo, oura, whoop, withings, google_health, not 7`}},
		{"words for a number", "get_activities", `{"limit":"ten"}`, []string{`limit must be an integer, not "ten"`}},
		{"a number too large as string", "get_activities", `{"limit":"201"}`, []string{`limit must be an integer from 1 to 200, not 201`}},
		{"a list for a number, as string", "get_activities", `{"limit":"[10]"}`, []string{`limit must be an integer, not "[10]"`}},
		{"no object, as string", "get_activities", `"[1]"`, []string{"The arguments must be a JSON object"}},
		{"fraction", "get_activities", `{"limit":1.5}`, []string{`limit must be an integer, not 1.5`}},
		{"too large", "get_activities", `{"limit":201}`, []string{`limit must be an integer from 1 to 200, not 201`}},
		{"too small", "get_activities", `{"limit":0}`, []string{`limit must be an integer from 1 to 200, not 0`}},
		{"enormous", "get_activities", `{"offset":1e300}`, []string{`offset must be an integer from 0 to 1000000, not 1e+300`}},
		{"bad time", "get_activities", `{"after":"last monday"}`, []string{`after must be an RFC 3339 time`, `not "last monday"`}},
		{"empty time", "get_activities", `{"before":""}`, []string{`before must be an RFC 3339 time`}},
		{"reversed times", "get_activities", `{"after":"2026-02-01","before":"2026-01-01"}`, []string{"after must be earlier than before"}},
		{"two starts", "get_activities", `{"after":"2026-02-01","days_back":7}`, []string{"days_back and after exclude each other"}},
		{"two positions", "get_activities", `{"offset":2,"cursor":"x"}`, []string{"offset and cursor exclude each other"}},
		{"foreign cursor", "get_activities", `{"cursor":"%%%"}`, []string{"cursor"}},
		{
			"all at once", "get_activities", `{"limit":0,"sport_type":"jog","page":2,"after":"x","before":"y"}`,
			[]string{"5 wrong arguments:", "limit", "sport_type must be one of run,", `"page"`, "after must be", "before must be"},
		},

		{"missing", "get_activity", `{}`, []string{"activity_id is missing: The id of an activity, from get_activities"}},
		{"null is missing", "get_activity", `{"activity_id":null}`, []string{"activity_id is missing"}},
		{"wrong type", "get_activity", `{"activity_id":42}`, []string{"activity_id must be a string, not 42"}},
		{"too long", "get_activity", `{"activity_id":"` + strings.Repeat("x", 101) + `"}`, []string{"activity_id must be a string of 1 to 100 bytes", "…"}},
		{"unknown id", "get_activity", `{"activity_id":"act_nope"}`, []string{`Activity "act_nope" not found; use get_activities to list the ids`}},
		{"another provider's", "get_activity", `{"activity_id":"` + run + `","provider":"strava"}`, []string{"has no record from strava but from file; leave provider out"}},
		{"series without channels", "get_activity", `{"activity_id":"x","series":{}}`, []string{"series.channels is missing"}},
		{
			"series of a wrong channel", "get_activity", `{"activity_id":"x","series":{"channels":["hr",3],"points":9}}`,
			[]string{`series.channels[0] must be one of heart_rate_bpm`, `series.channels[1] must be one of`, `"series.points" is not an argument`},
		},
		{"series no object", "get_activity", `{"activity_id":"x","series":true}`, []string{"series must be an object, not true"}},
		{"channels no list", "get_activity", `{"activity_id":"x","series":{"channels":"power_watts"}}`, []string{`series.channels must be a list, not "power_watts"`}},
		{"no channels", "get_activity", `{"activity_id":"x","series":{"channels":[]}}`, []string{"series.channels must have 1 to 8 entries, not 0"}},
		{"splits of another length", "get_activity", `{"activity_id":"x","splits":"furlong"}`, []string{`splits must be one of km, mile, not "furlong"`}},
		{"splits by number", "get_activity", `{"activity_id":"x","splits":1000}`, []string{"splits must be one of km, mile, not 1000"}},
		{"empty span", "get_activity", `{"activity_id":"x","series":{"channels":["power_watts"],"from_seconds":9,"to_seconds":9}}`, []string{"series.from_seconds must be less than series.to_seconds"}},

		{"stats of a wrong provider", "get_stats", `{"provider":["file"]}`, []string{`provider must be one of`, `not ["file"]`}},
		{"records of the wrong time", "get_records", `{"after":"2026-02-01","before":"2026-01-01","compare_after":"x"}`, []string{`compare_after must be a date such as`}},
		{"records that end before they begin", "get_records", `{"after":"2026-02-01","before":"2026-01-01"}`, []string{"after must not be later than before"}},
		{"compared with no time", "get_records", `{"compare_after":"2026-02-01","compare_before":"2026-01-01"}`, []string{"compare_after must not be later than compare_before"}},
		{"unknown records", "get_records", `{"records":["luck"],"sport_type":"chess"}`, []string{"2 wrong", "records[0] must be one of power", "sport_type must be one of"}},
		{"a plan of more than all", "get_zones_over_time", `{"planned_percent":[80,30]}`, []string{"must add up to 100, not 110"}},
		{"a plan of one", "get_zones_over_time", `{"planned_percent":[100]}`, []string{"2 to 3 entries"}},
		{"a plan of less than nothing", "get_zones_over_time", `{"planned_percent":[-20,120]}`, []string{"from 0 to 100"}},
		{"unknown zones", "get_zones_over_time", `{"zones":"mood","group_by":"day"}`, []string{"zones must be one of", "group_by must be one of week, month"}},
		{"zones of no time", "get_zones_over_time", `{"after":"2026-02-01","before":"2026-01-01"}`, []string{"after must not be later than before"}},
		{"a chart of nothing", "get_chart", `{}`, []string{"kind is missing"}},
		{"a pie", "get_chart", `{"kind":"pie","theme":"pink"}`, []string{"2 wrong", "kind must be one of load, power_curve", "theme must be one of light, dark"}},
		{"arguments of other charts", "get_chart", `{"kind":"load","over":"time","group_by":"month"}`, []string{"over is of charts of kind activity, not load", "group_by is of charts of kind zones"}},
		{"athlete of a wrong provider", "get_athlete", `{"provider":""}`, []string{`provider must be one of`, `not ""`}},
		{"status of a wrong provider", "get_connection_status", `{"provider":{}}`, []string{`provider must be one of`, `not {}`}},

		{"a file's account", "connect_provider", `{"provider":"file"}`, []string{"provider must be one of intervals_icu"}},
		{"nobody's account", "disconnect_provider", `{}`, []string{"provider is missing"}},
		{"another's Strava", "connect_strava", `{"provider":"polar"}`, []string{`"provider" is not an argument of this tool`}},
		{"another's Fitbit", "connect_fitbit", `{"user":"x"}`, []string{`"user" is not an argument of this tool`}},
		{"one to merge", "merge_activities", `{"activity_id":"act_1"}`, []string{"other_activity_id is missing"}},
		{"no source to split", "split_activity", `{"activity_id":"act_1","source":""}`, []string{"source"}},
		{"nothing to note", "annotate_activity", `{"activity_id":"act_1"}`, []string{"nothing to note", "name, note, rpe, feel, race, gear"}},
		{"a blank note, kept and cleared", "annotate_activity", `{"activity_id":"act_1","note":" ","clear":["note"]}`, []string{"note must not be blank", "note is given and in clear"}},
		{"exertion beyond the scale", "annotate_activity", `{"activity_id":"act_1","rpe":11,"feel":"great"}`, []string{"rpe must be a number from 0 to 10", "feel must be one of very_weak"}},
		{"one source that imports may bring back", "delete_activity", `{"activity_id":"act_1","source":"a.fit","allow_import":true}`, []string{"allow_import and source exclude each other"}},
		{"gear by its name", "get_gear", `{"name":"Pegasus"}`, []string{"\"name\" is not an argument of this tool"}},
		{"hidden as a number", "hide_activity", `{"activity_id":"act_1","hidden":2}`, []string{"hidden"}},
		{"an unknown argument", "analyze_goal_feasibility", `{"nonsense":1}`, []string{`"nonsense" is not an argument of this tool`}},
		{"an unknown argument", "analyze_performance_trends", `{"nonsense":1}`, []string{`"nonsense" is not an argument of this tool`}},
		{"an unknown argument", "calculate_fitness_score", `{"nonsense":1}`, []string{`"nonsense" is not an argument of this tool`}},
		{"an unknown argument", "detect_patterns", `{"nonsense":1}`, []string{`"nonsense" is not an argument of this tool`}},
		{"an unknown argument", "generate_recommendations", `{"nonsense":1}`, []string{`"nonsense" is not an argument of this tool`}},
		{"an unknown argument", "get_activity_intelligence", `{"nonsense":1}`, []string{`"nonsense" is not an argument of this tool`}},
		{"an unknown argument", "set_goal", `{"nonsense":1}`, []string{`"nonsense" is not an argument of this tool`}},
		{"an unknown argument", "suggest_goals", `{"nonsense":1}`, []string{`"nonsense" is not an argument of this tool`}},
		{"an unknown argument", "track_progress", `{"nonsense":1}`, []string{`"nonsense" is not an argument of this tool`}},
		{"usage of another key", "get_usage", `{"key":"key_x"}`, []string{`"key" is not an argument of this tool; there are none`}},

		{"nothing to set", "set_athlete_profile", `{}`, []string{"nothing to change: give at least one of ftp_watts"}},
		{
			"out of bounds", "set_athlete_profile", `{"ftp_watts":5000,"birth_year":2030,"sex":"x","weight_kg":"seventy"}`,
			[]string{"4 wrong arguments", "ftp_watts must be a number from 50 to 600, not 5000", "birth_year must be an integer from 1900 to 2021", "sex must be one of female, male", "weight_kg must be a number"},
		},
		{"no such zone", "set_athlete_profile", `{"time_zone":"Mars/Olympus"}`, []string{`time_zone must be an IANA name such as Europe/Paris, not "Mars/Olympus"`}},
		{"the server's zone", "set_athlete_profile", `{"time_zone":"Local"}`, []string{`time_zone must be an IANA name`}},
		{"a path", "set_athlete_profile", `{"time_zone":"../../etc/passwd"}`, []string{`time_zone must be an IANA name`}},
		{"set and clear", "set_athlete_profile", `{"sex":"male","clear":["sex"]}`, []string{"sex is both given and in clear"}},
		{"clear the unknown", "set_athlete_profile", `{"clear":["sex","age"]}`, []string{`clear[1] must be one of`, `not "age"`}},
		{
			"contradiction", "set_athlete_profile", `{"resting_heart_rate_bpm":100,"threshold_heart_rate_bpm":90,"max_heart_rate_bpm":100}`,
			[]string{"2 wrong", "resting_heart_rate_bpm (100) must be less than threshold_heart_rate_bpm (90)", "resting_heart_rate_bpm (100) must be less than max_heart_rate_bpm (100)"},
		},

		{"analyse nothing", "analyze_activity", `{}`, []string{"activity_id is missing"}},
		{"analyse the unknown", "analyze_activity", `{"activity_id":"1"}`, []string{"not found"}},
		{"unknown metric", "calculate_metrics", `{"activity_id":"1","metrics":["trimp","watts"]}`, []string{`metrics[1] must be one of trimp,`, `not "watts"`}},
		{"no metrics", "calculate_metrics", `{"activity_id":"1","metrics":[]}`, []string{"metrics must have 1 to"}},
		{"metrics of the unknown", "calculate_metrics", `{"activity_id":"1"}`, []string{"not found"}},
		{"unknown timeframe", "analyze_training_load", `{"timeframe":"decade"}`, []string{"timeframe must be one of week, month, quarter, year"}},
		{"no metric", "analyze_performance_trends", `{}`, []string{"metric is missing"}},
		{"no pattern", "detect_patterns", `{}`, []string{"pattern_type is missing"}},
		{"score of a wrong timeframe", "calculate_fitness_score", `{"timeframe":"decade"}`, []string{"timeframe must be one of"}},
		{"no such recommendation", "generate_recommendations", `{"recommendation_type":"magic"}`, []string{"recommendation_type must be one of"}},
		{"intelligence of nothing", "get_activity_intelligence", `{}`, []string{"activity_id is missing"}},
		{"no goal", "set_goal", `{}`, []string{"title", "missing"}},
		{"no plan", "plan_workout", `{}`, []string{"4 wrong arguments", "steps is missing: such as"}},
		{"a calendar of years", "get_calendar", `{"after":"2026-01-01","before":"2028-01-01"}`, []string{"1 to 184 days apart, not 730"}},
		{"a plan in objects", "plan_workout", `{"date":"2026-06-18","sport_type":"run","name":"x","steps":[{"duration":600}]}`, []string{"steps[0] must be a string"}},
		{"no such category", "suggest_goals", `{"goal_category":"magic"}`, []string{"goal_category must be one of"}},
		{"progress of a number", "track_progress", `{"goal_id":7}`, []string{"goal_id must be a string, not 7"}},
		{"feasibility of no goal", "analyze_goal_feasibility", `{}`, []string{"goal_id is missing"}},
		{"no target", "predict_performance", `{}`, []string{"target_sport is missing", "target_distance is missing"}},
		{"target in kilometres", "predict_performance", `{"target_sport":"run","target_distance":10}`, []string{"target_distance must be a number from 400 to 100000, not 10"}},
		{"target of no date", "predict_performance", `{"target_sport":"run","target_distance":5000,"target_date":"2026-13-40"}`, []string{`target_date must be a date such as`}},
		{"target in the past", "predict_performance", `{"target_sport":"run","target_distance":5000,"target_date":"2026-06-14"}`, []string{`target_date must be 2026-06-15 or later`}},
		{"no comparison", "compare_activities", `{"activity_id":"1"}`, []string{"comparison_type is missing", "other_activity_ids"}},
		{"two comparisons", "compare_activities", `{"activity_id":"1","comparison_type":"recent","other_activity_ids":["2"]}`, []string{"exclude each other"}},
		{"with itself", "compare_activities", `{"activity_id":"1","other_activity_ids":["1"]}`, []string{"must not have activity_id itself"}},
		{"with the unknown", "compare_activities", `{"activity_id":"` + run + `","other_activity_ids":["act_2"]}`, []string{`Activity "act_2" not found`}},
		{"compare the unknown", "compare_activities", `{"activity_id":"1","comparison_type":"recent"}`, []string{"not found"}},

		{"a goal of nothing", "set_goal", `{}`, []string{"4 wrong arguments", "title is missing", "target_value is missing"}},
		{"progress of the unknown", "track_progress", `{"goal_id":"goal_x"}`, []string{"not found; track_progress without goal_id lists the goals"}},
		{"unknown goals", "suggest_goals", `{"goal_category":"luck"}`, []string{"one of distance, performance, consistency, all"}},
		{"judge nothing", "analyze_goal_feasibility", `{}`, []string{"goal_id is missing"}},
		{"unknown pattern", "detect_patterns", `{"pattern_type":"luck"}`, []string{"one of training_consistency, seasonal_trends"}},
		{"score of a day", "calculate_fitness_score", `{"timeframe":"day"}`, []string{"one of month, quarter, sixmonths"}},
		{"unknown advice", "generate_recommendations", `{"recommendation_type":"sleep"}`, []string{"one of training, recovery, nutrition, equipment, all"}},
		{"context of nothing", "get_activity_intelligence", `{}`, []string{"activity_id is missing"}},
		{"values of nothing", "get_wellness", `{"kinds":["luck"],"load_days":15}`, []string{"kinds[0] must be one of resting_heart_rate", "load_days must be an integer from 1 to 14"}},
		{"a night of tomorrow", "analyze_sleep_quality", `{"date":"2026-06-16"}`, []string{"date must not be after today"}},
		{"a long night", "analyze_sleep_quality", `{"sleep_data":{"duration_hours":25,"rr_intervals_ms":[800,"x",810]}}`, []string{"sleep_data.duration_hours must be a number from 0.1 to 24", "rr_intervals_ms[1] must be a number"}},
		{"few nights", "track_sleep_trends", `{"days_back":3,"sleep_history":[{"duration_hours":8}]}`, []string{"days_back must be an integer from 7 to 366", "sleep_history must have 7 to 366 entries"}},
		{"no time of day", "optimize_sleep_schedule", `{"typical_wake_time":"25:00"}`, []string{"typical_wake_time must be a time of day such as 06:30"}},
		{"hrv of nothing", "calculate_recovery_score", `{"recent_hrv_values":[0]}`, []string{"recent_hrv_values[0] must be a number from 1 to 400"}},
		{"rest tomorrow", "suggest_rest_day", `{"date":"2026-06-16"}`, []string{"date must not be after today"}},
		{"eat for luck", "calculate_daily_nutrition", `{"training_goal":"luck","age":9}`, []string{"training_goal must be one of maintenance", "age must be a number from 10 to 100"}},
		{"workout of a word", "get_nutrient_timing", `{"workout_intensity":"wild"}`, []string{"workout_intensity must be one of low, moderate, high"}},
		{"half a place", "get_weather", `{"latitude":52.5}`, []string{"latitude and longitude go together"}},
		{"weather twice", "get_weather", `{"activity_id":"x","date":"2026-06-15"}`, []string{"activity_id says when and where"}},
		{"trend of nothing", "analyze_performance_trends", `{}`, []string{"metric is missing"}},
		{"a search for nothing", "search_food", `{"page_size":51}`, []string{"query is missing", "page_size must be an integer from 1 to 50, not 51"}},
		{"a food by name", "get_food_details", `{"fdc_id":"banana"}`, []string{`fdc_id must be an integer, not "banana"`}},
		{"a meal of no quantity", "analyze_meal_nutrition", `{"foods":[{"fdc_id":1001}]}`, []string{"foods[0] must have either grams or portion"}},
	}
	tested := map[string]bool{}
	for _, tt := range tests {
		tested[tt.tool] = true
		t.Run(tt.tool+"/"+tt.name, func(t *testing.T) {
			h := h
			h.t = t
			r := h.call(tt.tool, json.RawMessage(tt.args))
			if !r.IsError || r.Structured != nil {
				t.Fatalf("the call is not refused: %s", r.Structured)
			}
			for _, want := range tt.want {
				if !strings.Contains(r.Text, want) {
					t.Errorf("the answer lacks %q:\n%s", want, r.Text)
				}
			}
		})
	}
	for _, tool := range h.list() {
		if !tested[tool.Name] {
			t.Errorf("%s is not called with wrong arguments", tool.Name)
		}
	}
}

func TestArgumentsThatAreNoObject(t *testing.T) {
	h := newHost(t, storetest.New(t), "user_x")
	for _, args := range []string{`[1]`, `"x"`, `7`} {
		if r := h.call("get_stats", json.RawMessage(args)); !r.IsError || !strings.Contains(r.Text, "must be a JSON object") {
			t.Errorf("arguments %s are answered with %q", args, r.Text)
		}
	}
	if r := h.call("get_stats", nil); r.IsError {
		t.Errorf("no arguments at all are refused: %s", r.Text)
	}
}

// Null, with which models fill optional arguments, changes nothing.
func TestNullIsNotGiven(t *testing.T) {
	h, _ := sampleHost(t)
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250})
	r := h.call("set_athlete_profile", json.RawMessage(`{"ftp_watts":null,"clear":null,"weight_kg":70}`))
	if r.IsError || !strings.Contains(string(r.Structured), `"ftp_watts":250`) {
		t.Errorf("null cleared a value: %s %s", r.Text, r.Structured)
	}
}

// Every argument that a schema has is one that the tool takes: the least valid call with each of them works,
// or is refused for what it asks.
func TestEveryArgumentIsTaken(t *testing.T) {
	h, ids := sampleHost(t)
	valid := func(name string, s *jsonschema.Schema) any {
		switch {
		case name == "activity_id":
			return ids["run"]
		case name == "goal_id":
			return ids["goal"]
		case name == "other_activity_ids":
			return []any{ids["race"]}
		case name == "series":
			return map[string]any{"channels": []string{"speed_mps"}, "max_points": 10, "from_seconds": 0, "to_seconds": 60}
		case name == "project_until":
			return "2026-06-25"
		case name == "time_zone":
			return "Asia/Tokyo"
		case name == "steps":
			return []any{"10min rpe 3"}
		case name == "fdc_id":
			return bananaID
		case name == "foods":
			return []any{map[string]any{"fdc_id": bananaID, "grams": 118}}
		case name == "typical_wake_time" || name == "start_time":
			return "06:30"
		case name == "recent_hrv_values":
			return []any{50}
		case name == "sleep_data":
			return map[string]any{"duration_hours": 8}
		case name == "sleep_history":
			return slices.Repeat([]any{map[string]any{"duration_hours": 8}}, 7)
		case slices.Contains([]string{"after", "before", "compare_after", "compare_before", "date", "end_date", "target_date"}, name):
			return "2026-06-15"
		case s.Enum != nil:
			return s.Enum[0]
		case name == "planned_percent":
			return []any{80., 20.}
		case s.Type == "array":
			return []any{s.Items.Enum[0]}
		case s.Type == "string":
			return "x"
		case s.Type == "boolean":
			return true
		default:
			return *s.Minimum
		}
	}
	for _, tool := range h.list() {
		for name, s := range tool.InputSchema.Properties {
			args := map[string]any{name: valid(name, s)}
			for _, required := range tool.InputSchema.Required {
				args[required] = valid(required, tool.InputSchema.Properties[required])
			}
			if tool.Name == "compare_activities" && args["comparison_type"] == nil && args["other_activity_ids"] == nil {
				args["comparison_type"] = "recent"
			}
			if name == "critical_power_watts" || name == "w_prime_kilojoules" { // which go together
				args["critical_power_watts"], args["w_prime_kilojoules"], args["metrics"] = 250, 20, []any{"w_prime_balance"}
			}
			if name == "daily_load" || name == "target_tsb" { // until when
				args["project_until"] = "2026-06-25"
			}
			if tool.Name == "get_weather" && (name == "latitude" || name == "longitude") { // which go together
				args["latitude"], args["longitude"] = 52.5, 13.4
			}
			if tool.Name == "set_athlete_profile" && name == "date" { // of what
				args["ftp_watts"] = 250
			}
			if tool.Name == "annotate_activity" && name == "activity_id" { // what of it
				args["rpe"] = 5
			}
			if kind := map[string]string{
				"activity_id": "activity", "over": "activity", "zones": "zones", "group_by": "zones", "compare_after": "power_curve", "compare_before": "power_curve",
			}[name]; tool.Name == "get_chart" && kind != "" {
				args["kind"] = kind
			}
			if tool.Name == "delete_activity" && name == "activity_id" { // the other tools need theirs
				args["activity_id"] = ids["bare"]
			}
			if tool.Name == "set_goal" {
				completeGoal(args, name, ids)
			}
			if tool.Name == "plan_workout" {
				completePlan(args, name)
			}
			r := h.call(tool.Name, args)
			decides := strings.Contains(r.Text, `Activity "x" not found`) || strings.Contains(r.Text, "one source alone") || strings.Contains(r.Text, "Nothing that was deleted") ||
				strings.Contains(r.Text, `workout "x" not found`)
			if r.IsError && name != "cursor" && !decides { // no page gave this one; there is nothing to merge or split
				t.Errorf("%s with %v is refused: %s", tool.Name, args, r.Text)
			}
			if strings.Contains(r.Text, "fault") {
				t.Errorf("%s does not take %s", tool.Name, name)
			}
		}
	}
}

// completePlan adds what a workout needs beside the argument with that name.
func completePlan(args map[string]any, name string) {
	complete := map[string]any{"date": "2026-06-15", "sport_type": "run", "name": "x", "steps": []any{"10min rpe 3"}}
	switch name {
	case "workout_id":
		complete = map[string]any{"name": "x"}
	case "delete":
		complete = map[string]any{"workout_id": "x"}
	}
	for k, v := range complete {
		if args[k] == nil {
			args[k] = v
		}
	}
}

// completeGoal adds what a goal needs beside the argument with that name.
func completeGoal(args map[string]any, name string, ids map[string]pierre.ActivityID) {
	args["target_date"] = "2026-09-01"
	args["title"], args["target_value"] = "x", 10
	switch name {
	case "goal_id", "status":
		args["goal_id"] = ids["goal"]
		return
	case "distance_meters":
		args["goal_type"], args["target_value"] = "time", 300
	case "metric":
		args["goal_type"] = "performance"
	case "current_value":
		args["goal_type"] = "custom"
	default:
		args["goal_type"] = "frequency"
	}
}

// Some hosts write numbers, lists and all arguments as strings, and go on doing so whatever an error says.
func TestArgumentsAsStrings(t *testing.T) {
	h, ids := sampleHost(t)
	for _, tt := range []struct{ tool, args string }{
		{"get_activities", `{"limit":"10"}`},
		{"get_activities", `{"days_back":"30","limit":"5"}`},
		{"predict_performance", `{"target_sport":"run","target_distance":"10000"}`},
		{"calculate_metrics", `{"activity_id":"` + string(ids["run"]) + `","metrics":"[\"trimp\",\"tss\"]"}`},
		{"get_activities", `"{\"limit\":3}"`},
		{"set_athlete_profile", `{"ftp_watts":"250"}`},
	} {
		if r := h.call(tt.tool, json.RawMessage(tt.args)); r.IsError {
			t.Errorf("%s with %s: %s", tt.tool, tt.args, r.Text)
		}
	}
}
