package main

import (
	"fmt"
	"strconv"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A story is what the first conversation asks.
type story struct {
	questions func(found) []question
}

// ownQuestions are about real recordings: nothing is stored about their owner.
func ownQuestions(f found) []question {
	return append([]question{
		{"What do you know about me?", "get_athlete", map[string]any{}},
	}, sessionQuestions(f)...)
}

// sampleQuestions begin with the sample athlete's profile, and end with the days, which real recordings may not have.
func sampleQuestions(p pierre.Profile) func(found) []question {
	return func(f found) []question {
		return append(
			append([]question{introduction(p)}, sessionQuestions(f)...),
			question{"How recovered am I today?", "calculate_recovery_score", map[string]any{}},
			question{"Is my heart rate variability down after hard days?", "get_wellness", map[string]any{"kinds": []string{"hrv_sdnn", "sleep"}, "load_days": 1}},
		)
	}
}

// introduction gives the profile that belongs to the sample recordings.
func introduction(p pierre.Profile) question {
	words := fmt.Sprintf("I am a man born in %d, %s cm, %s kg, FTP %s W, resting pulse %s, at threshold %s, maximum %s.",
		*p.BirthYear, number(*p.HeightCm), number(*p.WeightKg), number(*p.FTPWatts),
		number(*p.RestingHeartRateBPM), number(*p.ThresholdHRBPM), number(*p.MaxHeartRateBPM))
	return question{words, "set_athlete_profile", map[string]any{
		"sex": string(p.Sex), "birth_year": *p.BirthYear, "height_cm": *p.HeightCm, "weight_kg": *p.WeightKg, "ftp_watts": *p.FTPWatts,
		"resting_heart_rate_bpm": *p.RestingHeartRateBPM, "threshold_heart_rate_bpm": *p.ThresholdHRBPM,
		"max_heart_rate_bpm": *p.MaxHeartRateBPM, "time_zone": p.TimeZone,
	}}
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// sessionQuestions are about single activities, as far as there are such, and about the load.
func sessionQuestions(f found) []question {
	var all []question
	if f.measured != nil {
		all = append(all, about(f.measured, "How did %s go?", "analyze_activity"))
	}
	if f.laps != nil {
		all = append(all, about(f.laps, "Show me the laps of %s.", "get_activity"))
	}
	return append(all, question{"Am I doing too much?", "analyze_training_load", map[string]any{"timeframe": "quarter"}})
}

// moreQuestions are those of the second conversation.
func moreQuestions(f found) []question {
	var all []question
	if f.measured != nil {
		all = append(all, about(f.measured, "What are the numbers of %s?", "calculate_metrics"))
	}
	if f.repeated != nil {
		q := about(f.repeated, "Was %s better than usual?", "compare_activities")
		q.args["comparison_type"] = "similar_activities"
		all = append(all, q)
	}
	if f.run != nil {
		all = append(all, question{"What could I run over 10 km?", "predict_performance", map[string]any{"target_sport": "run", "target_distance": 10000}})
	}
	return append(all,
		question{"And my totals?", "get_stats", map[string]any{}},
		question{"Where does the data come from?", "get_connection_status", map[string]any{}})
}

func about(a *activity, words, tool string) question {
	return question{fmt.Sprintf(words, a), tool, map[string]any{"activity_id": a.ID}}
}
