package tools

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) detectPatterns() tool {
	return declare(c, spec{
		name:  "detect_patterns",
		title: "Look for patterns in training",
		doc: "Tests training for habits, seasons, plateaus of performance, or what went along with injuries, each by a published rule. " +
			"The rules are of groups: none says whether this athlete gets hurt.",
	}, c.findPatterns)
}

// A patternFrame is how far back patterns are looked for.
type patternFrame string

const (
	patternMonth   patternFrame = "month"
	patternQuarter patternFrame = "quarter"
	patternHalf    patternFrame = "sixmonths"
	patternYear    patternFrame = "year"
)

func patternFrames() []patternFrame {
	return []patternFrame{patternMonth, patternQuarter, patternHalf, patternYear}
}

// days are whole weeks.
func (f patternFrame) days() int {
	switch f {
	case patternMonth:
		return 28
	case patternQuarter:
		return 91
	case patternYear:
		return 364
	case patternHalf:
	}
	return 182
}

type patternArgs struct {
	sourceArgs

	Kind  training.PatternKind `json:"pattern_type" jsonschema:"What to look for." brief:""`
	Frame patternFrame         `json:"timeframe,omitempty" jsonschema:"How far back: 28, 91, 182 or 364 days. seasonal_trends looks at five years, injury_risk at four weeks." brief:"" default:"sixmonths"`
}

type patternAnswer struct {
	Kind     training.PatternKind `json:"pattern_type"`
	From     string               `json:"from" jsonschema:"first local day"`
	To       string               `json:"to"`
	Findings []findingView        `json:"findings"`
}

type findingView struct {
	Name string `json:"name" jsonschema:"with the unit of value"`
	value

	Low      *float64 `json:"low,omitempty" jsonschema:"of the 95 % interval"`
	High     *float64 `json:"high,omitempty"`
	Detected *bool    `json:"detected,omitempty" jsonschema:"whether the rule calls it a pattern; absent: it cannot be told"`
	Rule     string   `json:"rule,omitempty" jsonschema:"the limit, and who published it"`
	Detail   string   `json:"detail,omitempty"`
}

func (c *Catalog) findPatterns(ctx context.Context, user pierre.UserID, args patternArgs) (patternAnswer, error) {
	p, err := c.training.Patterns(ctx, user, args.Provider, args.Kind, cmp.Or(args.Frame, patternHalf).days())
	if err != nil {
		return patternAnswer{}, err
	}
	a := patternAnswer{args.Kind, p.From.Format(time.DateOnly), p.To.Format(time.DateOnly), []findingView{}}
	for _, f := range p.Findings {
		v := findingView{Name: f.Name, value: viewValue(f.Value, 2), Detected: f.Detected, Rule: f.Rule, Detail: f.Text}
		if f.Low != nil && f.High != nil {
			v.Low, v.High = rounded(*f.Low, 2), rounded(*f.High, 2)
		}
		a.Findings = append(a.Findings, v)
	}
	return a, nil
}

func (a patternAnswer) text() string {
	lines := []string{fmt.Sprintf("%s, %s to %s", a.Kind, a.From, a.To)}
	for _, f := range a.Findings {
		line := f.value.text(f.Name)
		if f.Low != nil && f.High != nil {
			line += fmt.Sprintf(" (%s to %s)", plain(*f.Low), plain(*f.High))
		}
		if f.Detail != "" {
			line += "; " + f.Detail
		}
		if f.Detected != nil {
			line += map[bool]string{true: "; detected: ", false: "; not detected: "}[*f.Detected] + f.Rule
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
