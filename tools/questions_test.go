//go:build !race

package tools_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// An asked question is one of an athlete, the calls that answer it, and what the lines of their text forms that have the
// answer begin with or contain.
type asked struct {
	question string
	calls    []call
	answers  []string
}

// mostCalls is how many calls a question may need.
const mostCalls = 3

// goalJustSet stands for the id of the goal that the question's set_goal returned.
const goalJustSet = "just set"

func one(tool string, a args) []call { return []call{{tool, a}} }

// asks are the questions about the athlete of [sampleHost].
func asks(ids map[string]pierre.ActivityID) []asked {
	run, race, ride := ids["run"], ids["race"], ids["ride"]
	return []asked{
		{"How far did I run in the last four weeks?", one("get_stats", args{"sport_type": "run", "after": "2026-05-19"}), []string{"chosen", "run:"}},
		{"How many hours did I train this year?", one("get_stats", args{"after": "2026-01-01"}), []string{"chosen", "run:", "ride:", "swim:"}},
		{"How much did I do in May, by sport?", one("get_stats", args{"after": "2026-05-01", "before": "2026-06-01"}), []string{"chosen", "run:", "ride:"}},
		{"How did my weekly running develop since April?", one("get_stats", args{"after": "2026-04-01", "group_by": "week", "sport_type": "run"}), []string{"2026-0"}},
		{"In which month did I ride most?", one("get_stats", args{"after": "2026-01-01", "group_by": "month", "sport_type": "ride"}), []string{" 2026: "}},
		{"What did I do in the last week?", one("get_activities", args{"days_back": 7}), []string{"act_"}},
		{"What was my longest run?", one("get_activities", args{"sport_type": "run", "sort": "distance", "limit": 1}), []string{"act_"}},
		{"What was my longest ride by time?", one("get_activities", args{"sport_type": "ride", "sort": "duration", "limit": 1}), []string{"act_"}},
		{"Which runs of more than 10 km did I do?", one("get_activities", args{"sport_type": "run", "min_distance_meters": 10000}), []string{"act_"}},
		{"Where is the activity that I called City?", one("get_activities", args{"name": "city"}), []string{"act_"}},
		{"What was my very first activity here?", one("get_activities", args{"sort": "oldest", "limit": 1}), []string{"act_"}},
		{"Did I swim at all?", one("get_activities", args{"sport_type": "swim"}), []string{"act_"}},
		{"What did I do on 13 June?", one("get_activities", args{"after": "2026-06-13", "before": "2026-06-13"}), []string{"act_"}},
		{"What were the laps of my last run?", []call{{"get_activities", args{"sport_type": "run", "limit": 1}}, {"get_activity", args{"activity_id": run}}}, []string{"lap "}},
		{"How even were the intervals of my workout?", []call{
			{"get_activities", args{"name": "4 minutes", "limit": 1}}, {"get_activity", args{"activity_id": ids["workout"]}},
		}, []string{"intervals", "5 x 4:00"}},
		{"Was the ride steady, or were there intervals in it?", one("get_activity", args{"activity_id": ride}), []string{"intervals: not available"}},
		{"How did my heart rate go in that run?", one("get_activity", args{"activity_id": run, "series": args{"channels": []string{"heart_rate_bpm"}, "max_points": 12}}), []string{"heart_rate_bpm"}},
		{"How hard was yesterday's run?", []call{{"get_activities", args{"sport_type": "run", "limit": 1}}, {"get_activity_intelligence", args{"activity_id": run}}}, []string{"load", "Its load"}},
		{"How was my last ride?", []call{{"get_activities", args{"sport_type": "ride", "limit": 1}}, {"analyze_activity", args{"activity_id": ride}}}, []string{"load", "normalized_power", "Pauses apart"}},
		{"What was my normalized power, and my intensity?", one("calculate_metrics", args{"activity_id": ride, "metrics": []string{"normalized_power", "intensity_factor", "tss"}}), []string{"normalized_power", "intensity_factor", "training_stress_score"}},
		{"How many watts per kilo was that?", one("calculate_metrics", args{"activity_id": ride, "metrics": []string{"power_to_weight"}}), []string{"power_to_weight"}},
		{"How much energy did the run take?", one("calculate_metrics", args{"activity_id": run, "metrics": []string{"energy"}}), []string{"energy_kcal"}},
		{"Did my heart rate drift?", one("calculate_metrics", args{"activity_id": run, "metrics": []string{"decoupling", "heart_rate_drift"}}), []string{"decoupling", "heart_rate_drift"}},
		{"How long was I in which heart rate zone?", one("calculate_metrics", args{"activity_id": race, "metrics": []string{"heart_rate_zones"}}), []string{"heart rate zones"}},
		{"What is my best power over 5 and 20 minutes in that ride?", one("calculate_metrics", args{"activity_id": ride, "metrics": []string{"mean_max_power"}}), []string{"best mean power"}},
		{"What would the pace have been on the flat?", one("calculate_metrics", args{"activity_id": run, "metrics": []string{"grade_adjusted_speed"}}), []string{"grade_adjusted_speed"}},
		{"How much of my reserve was left in the ride, with 240 W and 18 kJ?", one("calculate_metrics", args{"activity_id": ride, "metrics": []string{"w_prime_balance"}, "critical_power_watts": 240, "w_prime_kilojoules": 18}), []string{"w_prime_balance_lowest"}},
		{"Was the race a personal best?", one("compare_activities", args{"activity_id": race, "comparison_type": "personal_best"}), []string{"personal best"}},
		{"How does my run compare with similar ones?", one("compare_activities", args{"activity_id": run, "comparison_type": "similar_activities"}), []string{"compared with", "against"}},
		{"Was the ride better than my recent ones?", one("compare_activities", args{"activity_id": ride, "comparison_type": "recent"}), []string{"compared with", "against"}},
		{"Was the ride better than my average?", one("compare_activities", args{"activity_id": ride, "comparison_type": "average"}), []string{"compared with", "against"}},
		{"What stood out in my race?", one("get_activity_intelligence", args{"activity_id": race}), []string{"Fastest ever", "The 7 days", "Its load"}},
		{"Am I fit or tired?", one("analyze_training_load", nil), []string{"fitness (CTL)", "fatigue (ATL)", "form (TSB)"}},
		{"Do I build up too fast?", one("analyze_training_load", args{"timeframe": "month"}), []string{"ramp per week", "monotony", "weekly loads"}},
		{"How fit was I at the end of April?", one("analyze_training_load", args{"end_date": "2026-04-30"}), []string{"fitness (CTL)", "form (TSB)"}},
		{"How will I be on Sunday if I rest until then?", one("analyze_training_load", args{"project_until": "2026-06-21"}), []string{"until 2026-06-21"}},
		{"How much may I do each day to be fresh (form 5) on 28 June?", one("analyze_training_load", args{"project_until": "2026-06-28", "target_tsb": 5}), []string{"until 2026-06-28"}},
		{"How hard is my running alone?", one("analyze_training_load", args{"sport_type": "run"}), []string{"fitness (CTL)", "weekly loads"}},
		{"How fast could I run a half marathon?", one("predict_performance", args{"target_sport": "run", "target_distance": 21097.5}), []string{"by the evidence", "VDOT", "Riegel"}},
		{"Which paces should I train at?", one("predict_performance", args{"target_sport": "run", "target_distance": 10000}), []string{"training paces"}},
		{"Which of my runs do the predictions rest on?", one("predict_performance", args{"target_sport": "run", "target_distance": 10000}), []string{"1000 m in", "5000 m in", "10000 m in"}},
		{"What are my records in running, and when did I set them?", one("get_records", args{"sport_type": "run"}), []string{"1000 m", "5000 m", "10000 m"}},
		{"What was my best power of this month against May?", one("get_records", args{
			"sport_type": "ride", "after": "2026-06-01", "compare_after": "2026-05-01", "compare_before": "2026-05-31",
		}), []string{"power", "0:20:00"}},
		{"Do I get faster at the same heart rate?", one("analyze_performance_trends", args{"metric": "pace_at_heart_rate", "timeframe": "year"}), []string{"pace_at_heart_rate"}},
		{"What are my zones?", one("get_athlete", nil), []string{"heart rate zones", "power zones"}},
		{"What do you know about me, and what is missing?", one("get_athlete", nil), []string{"Profile:"}},
		{"Do I train easily enough? I want 80 % of it easy.", one("get_zones_over_time", args{"planned_percent": []int{80, 20}}), []string{"low", "planned"}},
		{"How much time was I in which power zone, month by month?", one("get_zones_over_time", args{
			"zones": "power", "sport_type": "ride", "group_by": "month", "after": "2026-03-01",
		}), []string{"2026-0"}},
		{"Show me my form this year.", one("get_chart", args{"kind": "load", "after": "2026-01-01"}), []string{"Fitness, fatigue and form:", "form (TSB)"}},
		{"Draw my power of the last three months against the three before.", one("get_chart", args{"kind": "power_curve"}), []string{"Power curve:", "June 2026: "}},
		{"Show me how the race went.", one("get_chart", args{"kind": "activity", "activity_id": race}), []string{"City 10 km", "pace:", "heart rate:"}},
		{"Is anything of this week here twice?", one("get_activities", args{"days_back": 7}), []string{"may be the same"}},
		{"The watch and the phone recorded one run: what was it?", []call{
			{"merge_activities", args{"activity_id": ids["watch"], "other_activity_id": ids["phone"]}}, {"get_activity", args{"activity_id": ids["watch"]}},
		}, []string{"one activity now", "\"On the watch\""}},
		{"They were two runs after all: take it back.", one("split_activity", args{"activity_id": ids["watch"]}), []string{"2 activities"}},
		{"Do not count the treadmill for now. What did I leave out? Count it again.", []call{
			{"hide_activity", args{"activity_id": ids["manual"]}},
			{"get_activities", args{"hidden": true}},
			{"hide_activity", args{"activity_id": ids["manual"], "hidden": false}},
		}, []string{"It is hidden", "Treadmill", "counts again"}},
		{"How did I sleep this week compared with usual?", one("get_wellness", args{"kinds": []string{"sleep", "bedtime", "awakenings"}}), []string{"sleep (garmin", "bedtime"}},
		{"Is my HRV down?", one("get_wellness", args{"kinds": []string{"hrv_rmssd"}}), []string{"below"}},
		{"Is my resting heart rate higher than usual?", one("get_wellness", args{"kinds": []string{"resting_heart_rate"}}), []string{"above"}},
		{"How did my weight develop since March, by month?", one("get_wellness", args{"kinds": []string{"weight"}, "after": "2026-03-01", "group_by": "month"}), []string{"falling", "2026-0"}},
		{"Does bad sleep follow my hard days?", one("get_wellness", args{"kinds": []string{"sleep", "hrv_rmssd"}, "load_days": 1}), []string{"with the load of the day before"}},
		{"Note that the run of the watch was hard, an 8, with heavy legs, in my Pegasus. What did I say of it?", []call{
			{"annotate_activity", args{"activity_id": ids["watch"], "rpe": 8, "feel": "weak", "gear": "Pegasus", "note": "Heavy legs from the second km on."}},
			{"get_activity", args{"activity_id": ids["watch"]}},
		}, []string{"own words: note, rpe, feel, gear", "note: Heavy legs"}},
		{"How many kilometres do my shoes have?", one("get_gear", nil), []string{"Pegasus"}},
		{"How well did I sleep last night?", one("analyze_sleep_quality", nil), []string{"night to", "HRV"}},
		{"How do I sleep these weeks, and how regularly?", one("track_sleep_trends", args{"days_back": 28}), []string{"nights:", "middle of the night"}},
		{"When should I go to bed?", one("optimize_sleep_schedule", nil), []string{"to bed at"}},
		{"How recovered am I?", one("calculate_recovery_score", nil), []string{"recovery", "hrv "}},
		{"Should I rest today?", one("suggest_rest_day", nil), []string{"rest is suggested", "for rest:"}},
		{"Where does my data come from?", one("get_connection_status", nil), []string{"file:", "strava:"}},
		{"Delete the run on the treadmill for good.", one("delete_activity", args{"activity_id": ids["manual"]}), []string{"Deleted"}},
		{"Do I train regularly?", one("detect_patterns", args{"pattern_type": "training_consistency"}), []string{"active_weeks", "activities_per_week", "longest_break"}},
		{"On which days do I train?", one("detect_patterns", args{"pattern_type": "training_consistency"}), []string{"weekdays"}},
		{"Do I risk an injury?", one("detect_patterns", args{"pattern_type": "injury_risk"}), []string{"longest_run_spike", "monotony"}},
		{"Am I on a plateau?", one("detect_patterns", args{"pattern_type": "performance_plateaus", "timeframe": "year"}), []string{"change_of"}},
		{"How fit am I for my age?", one("calculate_fitness_score", nil), []string{"fitness score", "level", "VO2max"}},
		{"What should I eat around that ride?", one("generate_recommendations", args{"recommendation_type": "nutrition", "activity_id": ride}), []string{"nutrition:"}},
		{"How much should I eat in a day, with 172 cm, and about an hour of training?", one("calculate_daily_nutrition", args{"height_cm": 172, "activity_level": "moderately_active"}), []string{"energy used", "protein:", "carbohydrate:", "fat:"}},
		{"What should I eat around a hard workout of 100 minutes?", one("get_nutrient_timing", args{"workout_intensity": "high", "duration_minutes": 100}), []string{"before:", "during it:", "protein after"}},
		{"Which bananas does the list of foods have, and what is in one?", []call{
			{"search_food", args{"query": "banana"}},
			{"get_food_details", args{"fdc_id": bananaID}},
		}, []string{"Bananas, raw", "Protein 1.09 g", "portion 1 medium"}},
		{"How much energy had my breakfast, a banana and 60 g of oats?", one("analyze_meal_nutrition", args{"foods": []any{
			args{"fdc_id": bananaID, "portion": `1 medium (7" to 7-7/8" long)`}, args{"fdc_id": oatsID, "grams": 60},
		}}), []string{"calories", "energy from protein", "60 g Oats"}},
		{"Was it the heat that slowed my race?", one("get_weather", args{"activity_id": race}), []string{"weather (archive)", "WBGT", "By the model"}},
		{"What will the weather be on Sunday, where I run?", one("get_weather", args{"date": "2026-06-21"}), []string{"weather (forecast)", "06-21 08:00", "Open-Meteo"}},
		{"Plan me a 5 x 4 min session on Thursday.", one("plan_workout", args{
			"date": "2026-06-18", "sport_type": "ride", "name": "5 x 4 min", "steps": []string{"warmup 15min 50-70% FTP", "5x(4min 105% FTP, 3min recovery 50% FTP)", "cooldown 10min"},
		}), []string{"duration: 1:00:00", "load: "}},
		{"What is on my calendar, and did I do what I planned?", one("get_calendar", nil), []string{"planned: ", "done: "}},
		{"What should I aim for next?", one("suggest_goals", nil), []string{"target_value"}},
		{"Can I run 10 km in 36 minutes by October, and how do I stand with my goals?", []call{
			{"set_goal", args{"title": "36 minutes", "goal_type": "time", "target_value": 2160, "distance_meters": 10000, "target_date": "2026-10-04"}},
			{"track_progress", nil},
			{"analyze_goal_feasibility", args{"goal_id": goalJustSet}},
		}, []string{"36 minutes", "today", "cannot_be_told"}},
	}
}

// questionHost is that of [sampleHost] with a workout of intervals and a run that two devices recorded.
func questionHost(t *testing.T) (host, map[string]pierre.ActivityID) {
	t.Helper()
	s := storetest.New(t)
	u := newUser(t, s, "ana@example.com")
	ids := importSeason(t, s, u)
	ids["goal"] = pierre.ActivityID(addGoal(t, s, u))
	addWellness(t, s, u)
	evening := now().AddDate(0, 0, -4).Add(8 * time.Hour)
	for name, one := range map[string]session{
		"workout": {
			name: "5 times 4 minutes", sport: pierre.SportVirtualRide, start: now().AddDate(0, 0, -7).Add(-3 * time.Hour), seconds: 3300, step: 1,
			power: workout(150, 255, 120, 240, 120), heart: always(150),
		},
		"watch": {name: "On the watch", sport: pierre.SportRun, start: evening, seconds: 2400, step: 2, speed: always(2.9), heart: always(140)},
		"phone": {name: "On the phone", sport: pierre.SportRun, start: evening.Add(10 * time.Minute), seconds: 1200, step: 2, speed: always(2), gps: true},
	} {
		ids[name] = importSession(t, s, u, one)
	}
	return newHost(t, s, u), ids
}

const questionsHead = `# Questions of an athlete

<!-- made by make golden -->

Questions of an athlete, the calls that answer them, and the lines of the answers that matter, on the sample athlete of [TOOLS.md](TOOLS.md), who also did a workout of intervals and a run that two
devices recorded. Today is 15 June 2026. No question needs more than three calls, and no answer has more than 8 KB.
`

// docs/QUESTIONS.md has the questions with their answers as they are.
func TestQuestions(t *testing.T) {
	t.Parallel()
	h, ids := questionHost(t)
	calls := usual(ids)
	for _, c := range calls {
		if c.tool == "set_athlete_profile" {
			h.call(c.tool, c.args)
		}
	}
	var b strings.Builder
	b.WriteString(questionsHead)
	list := asks(ids)
	if len(list) < 50 {
		t.Errorf("there are %d questions", len(list))
	}
	for i, q := range list {
		if len(q.calls) > mostCalls {
			t.Errorf("%s needs %d calls", q.question, len(q.calls))
		}
		fmt.Fprintf(&b, "\n## %d. %s\n\n", i+1, q.question)
		found := map[string]bool{}
		var lines []string
		var set struct{ Goal shownGoal }
		for _, c := range q.calls {
			if c.args["goal_id"] == goalJustSet {
				c.args["goal_id"] = set.Goal.ID
			}
			r := h.call(c.tool, c.args)
			if c.tool == "set_goal" {
				r.decode(t, &set)
			}
			if r.IsError || r.Bytes > answerBytes {
				t.Errorf("%s: %s answers with %d bytes: %s", q.question, c.tool, r.Bytes, r.Text)
			}
			given, err := json.Marshal(c.args)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "`%s` `%s`\n\n", c.tool, strings.Replace(string(given), "null", "{}", 1))
			for line := range strings.Lines(r.Text) {
				if matches(line, q.answers, found) {
					lines = append(lines, strings.TrimRight(line, "\n"))
				}
			}
		}
		for _, want := range q.answers {
			if !found[want] {
				t.Errorf("%s: no answer has %q", q.question, want)
			}
		}
		fmt.Fprintf(&b, "```text\n%s\n```\n", strings.Join(lines, "\n"))
	}
	golden(t, filepath.Join("..", "..", "docs", "QUESTIONS.md"), []byte(b.String()))
}

// matches reports whether the line has one of the wanted texts, and notes which.
func matches(line string, wanted []string, found map[string]bool) bool {
	any := false
	for _, w := range wanted {
		if strings.Contains(line, w) {
			any, found[w] = true, true
		}
	}
	return any
}
