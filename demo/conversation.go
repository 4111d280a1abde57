package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

const (
	shownLines   = 14  // of each answer; the host gets all of it
	lookedAt     = 200 // newest activities among which the questions find theirs
	lapsLookedAt = 10  // of them are asked for laps
)

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
func (d *demo) hold(h *host, questions func(found) []question) error {
	who, err := h.greet()
	if err != nil {
		return err
	}
	d.print("  host      hello\n  pierre    %s", who)
	raw, err := h.ask("tools/list", nil)
	if err != nil {
		return err
	}
	names, err := toolNames(raw)
	if err != nil {
		return err
	}
	d.print("  host      which tools are there?\n  pierre    %d: %s", len(names), strings.Join(names, ", "))
	f, err := d.find(h)
	if err != nil {
		return err
	}
	for _, q := range append([]question{{"What did I do lately?", "get_activities", map[string]any{"limit": 6}}}, questions(f)...) {
		if _, err := d.call(h, q); err != nil {
			return err
		}
	}
	return nil
}

// An activity is what the demo needs to know of one.
type activity struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Sport    string   `json:"sport_type"`
	Distance *float64 `json:"distance_meters"`
	HR       *float64 `json:"average_heart_rate_bpm"`
	Power    *float64 `json:"average_power_watts"`
}

func (a activity) String() string {
	if a.Name != "" {
		return fmt.Sprintf("my last %s (%s)", a.Sport, a.Name)
	}
	return "my last " + a.Sport
}

// A found is the activities that the questions are about; a nil one means that the athlete has none of the kind.
type found struct {
	measured *activity // newest with heart rate or power
	laps     *activity // newest with more than one lap
	repeated *activity // newest of a sport that was done before
	run      *activity // newest run of 3 km or more
}

// find looks through the newest activities for those that have what the questions ask.
func (d *demo) find(h *host) (found, error) {
	r, err := d.ask(h, "get_activities", map[string]any{"limit": lookedAt})
	if err != nil {
		return found{}, err
	}
	var page struct {
		Activities []activity `json:"activities"`
	}
	if err := json.Unmarshal(r.StructuredContent, &page); err != nil {
		return found{}, fmt.Errorf("reading get_activities' answer: %w", err)
	}
	if len(page.Activities) == 0 {
		return found{}, fmt.Errorf("no activity was imported from %s: see the report above", d.data)
	}
	f := pick(page.Activities)
	for _, a := range page.Activities[:min(lapsLookedAt, len(page.Activities))] {
		has, err := d.hasLaps(h, a)
		if err != nil {
			return f, err
		}
		if has {
			f.laps = &a
			break
		}
	}
	return f, nil
}

// pick finds what the list alone tells. The newest activity is the first.
func pick(newest []activity) found {
	var f found
	seen := map[string]*activity{} // the newest of each sport
	for i := range newest {
		a := &newest[i]
		if f.measured == nil && (a.HR != nil || a.Power != nil) {
			f.measured = a
		}
		if f.run == nil && strings.Contains(a.Sport, "run") && a.Distance != nil && *a.Distance >= 3000 {
			f.run = a
		}
		if first := seen[a.Sport]; first == nil {
			seen[a.Sport] = a
		} else if f.repeated == nil && first.Distance != nil && a.Distance != nil {
			f.repeated = first
		}
	}
	return f
}

func (d *demo) hasLaps(h *host, a activity) (bool, error) {
	r, err := d.ask(h, "get_activity", map[string]any{"activity_id": a.ID})
	if err != nil {
		return false, err
	}
	var detail struct {
		Laps []json.RawMessage `json:"laps"`
	}
	err = json.Unmarshal(r.StructuredContent, &detail)
	return len(detail.Laps) > 1, err
}

// call asks the question and prints it with its answer.
func (d *demo) call(h *host, q question) (result, error) {
	args, err := json.Marshal(q.args)
	if err != nil {
		return result{}, err
	}
	r, err := d.ask(h, q.tool, q.args)
	if err != nil {
		return result{}, err
	}
	d.print("\n  athlete   %s\n  assistant calls %s %s", q.words, q.tool, args)
	if len(r.Content) > 0 {
		d.print("  pierre    %s", indented(r.Content[0].Text))
	}
	return r, nil
}

// ask calls a tool.
func (d *demo) ask(h *host, tool string, args map[string]any) (result, error) {
	raw, err := h.ask("tools/call", map[string]any{"name": tool, "arguments": args})
	if err != nil {
		return result{}, err
	}
	d.calls++
	var r result
	if err := json.Unmarshal(raw, &r); err != nil {
		return result{}, fmt.Errorf("reading the answer of %s: %w", tool, err)
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
