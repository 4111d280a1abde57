package tools

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) trackProgress() tool {
	return declare(c, spec{
		name:  "track_progress",
		title: "Show progress with goals",
		doc: "How far the athlete is with a goal, or without goal_id with all of them: the value of today, the share of the way, and whether it keeps pace with the time. " +
			"Goals that are active come first, those with the nearest date in front.",
	}, c.showProgress)
}

type progressArgs struct {
	ID     pierre.GoalID `json:"goal_id,omitempty" jsonschema:"One goal. Default: all." brief:"" limits:"1,100"`
	Offset int           `json:"offset,omitempty" jsonschema:"Skip this many goals." brief:"" limits:"0,1000"`
}

// goalsShown is how many goals an answer has.
const goalsShown = 6

type progressAnswer struct {
	Goals []progressView `json:"goals"`
	Total int            `json:"total_count"`
	Next  int            `json:"next_offset,omitempty" jsonschema:"argument offset for the next goals; absent after the last"`
}

type progressView struct {
	goalView

	Current   value    `json:"current" jsonschema:"today, in the unit of target_value; what is added up ends with target_date"`
	Percent   *float64 `json:"progress_percent,omitempty" jsonschema:"of the way from the baseline to the target"`
	Elapsed   *float64 `json:"elapsed_percent" jsonschema:"of the goal's days"`
	DaysLeft  int      `json:"days_left"`
	OnTrack   *bool    `json:"on_track,omitempty" jsonschema:"progress_percent is at least elapsed_percent; frequency: the target is kept"`
	Projected *value   `json:"projected,omitempty" jsonschema:"distance: on the goal's date, at the rate of the last 28 days"`
}

func viewProgress(g pierre.Goal, p training.Progress) progressView {
	v := progressView{goalView: viewGoal(g), Current: viewValue(p.Current, 1), Elapsed: rounded(100*p.Elapsed, 1), DaysLeft: p.DaysLeft, OnTrack: p.OnTrack}
	if p.Share != nil {
		v.Percent = rounded(100**p.Share, 1)
	}
	if g.Type == pierre.GoalDistance {
		v.Projected = new(viewValue(p.Projected, 0))
	}
	return v
}

func (c *Catalog) showProgress(ctx context.Context, user pierre.UserID, args progressArgs) (progressAnswer, error) {
	goals, err := c.data.Goals(ctx, user)
	if err != nil {
		return progressAnswer{}, err
	}
	if args.ID != "" {
		goals = slices.DeleteFunc(goals, func(g pierre.Goal) bool { return g.ID != args.ID })
		if len(goals) == 0 {
			return progressAnswer{}, unknownGoal(pierre.NotFound("goal"), args.ID)
		}
	}
	slices.SortStableFunc(goals, func(a, b pierre.Goal) int {
		order := pierre.GoalStatuses()
		return cmp.Or(cmp.Compare(slices.Index(order, a.Status), slices.Index(order, b.Status)), a.Date.Compare(b.Date))
	})
	a := progressAnswer{Goals: []progressView{}, Total: len(goals)}
	for _, g := range goals[min(args.Offset, len(goals)):] {
		if len(a.Goals) == goalsShown {
			a.Next = args.Offset + goalsShown
			break
		}
		p, err := c.training.Progress(ctx, user, g)
		if err != nil {
			return progressAnswer{}, err
		}
		a.Goals = append(a.Goals, viewProgress(g, p))
	}
	return a, nil
}

func (p progressView) text() string {
	s := p.goalView.text() + "\n  "
	if p.Current.Value == nil {
		return s + "today: " + p.Current.NotAvailable
	}
	s += "today " + p.amount(*p.Current.Value)
	if p.Percent != nil {
		s += fmt.Sprintf(", %s %% of the way after %s %% of the time", plain(*p.Percent), plain(*p.Elapsed))
	}
	if p.OnTrack != nil {
		s += map[bool]string{true: ", on track", false: ", behind"}[*p.OnTrack]
	}
	if p.Projected != nil && p.Projected.Value != nil {
		s += ", at this rate " + p.amount(*p.Projected.Value) + " on the date"
	}
	return s + fmt.Sprintf("; %s left", human.Plural(max(0, p.DaysLeft), "day"))
}

func (a progressAnswer) text() string {
	if a.Total == 0 {
		return "No goals have been set; set_goal keeps one."
	}
	lines := make([]string, len(a.Goals))
	for i, g := range a.Goals {
		lines[i] = g.text()
	}
	if a.Next != 0 {
		lines = append(lines, fmt.Sprintf("more goals with offset %d", a.Next))
	}
	return strings.Join(lines, "\n")
}
