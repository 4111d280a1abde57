package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

const shownLines = 14 // of each answer; the host gets all of it

// A question is what a person asks, and the tool call by which an assistant finds the answer.
type question struct {
	words string
	tool  string
	args  map[string]any
}

// A result is what tools/call answers.
type result struct {
	Content []struct {
		Text string `json:"text"`
	} `json:"content"`
	StructuredContent json.RawMessage `json:"structuredContent"`
	IsError           bool            `json:"isError"`
}

// hold runs one whole conversation and prints it.
func (d *demo) hold(h *host, questions func(activityID string) []question) error {
	who, err := h.greet()
	if err != nil {
		return err
	}
	d.say("  host      hello\n  pierre    %s", who)
	raw, err := h.ask("tools/list", nil)
	if err != nil {
		return err
	}
	names, err := toolNames(raw)
	if err != nil {
		return err
	}
	d.say("  host      which tools are there?\n  pierre    %d: %s", len(names), strings.Join(names, ", "))
	latest, err := d.latest(h)
	if err != nil {
		return err
	}
	for _, q := range questions(latest) {
		if _, err := d.call(h, q); err != nil {
			return err
		}
	}
	return nil
}

// latest asks for the newest activities, shows them, and returns the id of the newest that can be analysed.
func (d *demo) latest(h *host) (string, error) {
	r, err := d.call(h, question{"What did I do lately?", "get_activities", map[string]any{"limit": 6}})
	if err != nil {
		return "", err
	}
	var page struct {
		Activities []struct {
			ID    string   `json:"id"`
			HR    *float64 `json:"average_heart_rate_bpm"`
			Power *float64 `json:"average_power_watts"`
		} `json:"activities"`
	}
	if err := json.Unmarshal(r.StructuredContent, &page); err != nil {
		return "", fmt.Errorf("reading get_activities' answer: %w", err)
	}
	if len(page.Activities) == 0 {
		return "", fmt.Errorf("no activity was imported from %s: see the report above", d.data)
	}
	for _, a := range page.Activities {
		if a.HR != nil || a.Power != nil {
			return a.ID, nil
		}
	}
	return page.Activities[0].ID, nil
}

func (d *demo) call(h *host, q question) (result, error) {
	args, err := json.Marshal(q.args)
	if err != nil {
		return result{}, err
	}
	raw, err := h.ask("tools/call", map[string]any{"name": q.tool, "arguments": q.args})
	if err != nil {
		return result{}, err
	}
	var r result
	if err := json.Unmarshal(raw, &r); err != nil {
		return result{}, fmt.Errorf("reading the answer of %s: %w", q.tool, err)
	}
	d.calls++
	d.say("\n  athlete   %s\n  assistant calls %s %s", q.words, q.tool, args)
	for i, part := range r.Content {
		if i == 0 {
			d.say("  pierre    %s", indented(part.Text))
		}
	}
	return r, nil
}

// indented fits a text under its speaker, cut after a screenful.
func indented(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if rest := len(lines) - shownLines; rest > 0 {
		lines = append(lines[:shownLines], fmt.Sprintf("… (%d more lines)", rest))
	}
	return strings.Join(lines, "\n            ")
}

func toolNames(raw json.RawMessage) ([]string, error) {
	var list struct {
		Tools []struct {
			Name string `json:"name"`
		} `json:"tools"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("reading tools/list: %w", err)
	}
	names := make([]string, len(list.Tools))
	for i, t := range list.Tools {
		names[i] = t.Name
	}
	return names, nil
}

func firstQuestions(activityID string) []question {
	return []question{
		{
			"I am a woman born in 1990, 61 kg, FTP 235 W, resting pulse 48, maximum 191.", "set_athlete_profile",
			map[string]any{
				"sex": "female", "birth_year": 1990, "weight_kg": 61, "ftp_watts": 235,
				"resting_heart_rate_bpm": 48, "max_heart_rate_bpm": 191, "time_zone": "Europe/Paris",
			},
		},
		{"How did my last session go?", "analyze_activity", map[string]any{"activity_id": activityID}},
		{"Show me its laps.", "get_activity", map[string]any{"activity_id": activityID}},
		{"Am I doing too much?", "analyze_training_load", map[string]any{"timeframe": "quarter"}},
	}
}

func secondQuestions(activityID string) []question {
	return []question{
		{"What are the numbers of that session?", "calculate_metrics", map[string]any{"activity_id": activityID}},
		{"Was it better than usual?", "compare_activities", map[string]any{"activity_id": activityID, "comparison_type": "similar_activities"}},
		{"What could I run over 10 km?", "predict_performance", map[string]any{"target_sport": "run", "target_distance": 10000}},
		{"And my totals?", "get_stats", map[string]any{}},
		{"Where does the data come from?", "get_connection_status", map[string]any{}},
	}
}
