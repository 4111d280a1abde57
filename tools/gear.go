package tools

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A GearStore adds up what gear has done.
type GearStore interface {
	Gear(ctx context.Context, user pierre.UserID, zone *time.Location) ([]pierre.GearUse, error)
}

func (c *Catalog) getGear() tool {
	return declare(c, spec{
		name:  "get_gear",
		title: "Show gear",
		doc: "Shows what shoes and bicycles have done. With distance, time and days of first and last use. " +
			"Which gear an activity used comes from Strava and intervals.icu, or from annotate_activity.",
	}, c.showGear)
}

type gearArgs struct{}

type gearView struct {
	Name            string   `json:"name"`
	Make            string   `json:"make,omitempty"`
	Model           string   `json:"model,omitempty"`
	Activities      int      `json:"activities"`
	DistanceMeters  *float64 `json:"distance_meters,omitempty"`
	DurationSeconds *float64 `json:"duration_seconds,omitempty"`
	FirstUse        string   `json:"first_use" jsonschema:"day"`
	LastUse         string   `json:"last_use" jsonschema:"day"`
	Hint            string   `json:"hint,omitempty"`
}

type gearAnswer struct {
	Gear    []gearView `json:"gear" jsonschema:"the last used first"`
	Omitted int        `json:"omitted,omitempty" jsonschema:"pieces that were used before these"`
	Note    string     `json:"note,omitempty"`
}

func (a gearAnswer) text() string {
	var lines []string
	for _, g := range a.Gear {
		line := g.Name
		if product := strings.TrimSpace(g.Make + " " + g.Model); !strings.Contains(line, product) { // shoes are often named so
			line += " (" + product + ")"
		}
		line += ": " + human.Plural(g.Activities, "activity")
		if g.DistanceMeters != nil {
			line += ", " + kilometres(*g.DistanceMeters)
		}
		if g.DurationSeconds != nil {
			line += ", " + clockTime(*g.DurationSeconds)
		}
		line += ", " + g.FirstUse + " to " + g.LastUse
		if g.Hint != "" {
			line += "; " + g.Hint
		}
		lines = append(lines, line)
	}
	if a.Omitted > 0 {
		lines = append(lines, fmt.Sprintf("%d more, not used since", a.Omitted))
	}
	if a.Note != "" {
		lines = append(lines, a.Note)
	}
	return strings.Join(lines, "\n")
}

// Manufacturers give shoes this far, in metres.
const (
	shoesFrom = 500_000
	shoesTo   = 800_000
)

// shoeHint says how far shoes are from what manufacturers give them.
func shoeHint(g pierre.GearUse) string {
	if g.DistanceMeters == nil || 2*g.OnFoot <= g.Activities || *g.DistanceMeters < shoesFrom {
		return ""
	}
	const rule = "manufacturers' rule of thumb is 500 to 800 km; wear decides, not the number"
	if *g.DistanceMeters > shoesTo {
		return "beyond 800 km: " + rule
	}
	return "beyond 500 km: " + rule
}

func (c *Catalog) showGear(ctx context.Context, user pierre.UserID, _ gearArgs) (gearAnswer, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return gearAnswer{}, err
	}
	all, err := c.data.Gear(ctx, user, clock.Zone)
	if err != nil {
		return gearAnswer{}, err
	}
	day := func(t time.Time) string { return t.In(clock.Zone).Format(time.DateOnly) }
	a := gearAnswer{Gear: []gearView{}}
	for i, g := range all {
		next := a
		next.Gear = append(next.Gear[:i:i], gearView{
			shorten(g.Name, 60), shorten(g.Make, 40), shorten(g.Model, 40), g.Activities, round(g.DistanceMeters), round(g.DurationSeconds), day(g.First), day(g.Last), shoeHint(g),
		})
		next.Omitted = len(all) - i - 1
		if encodedSize(next)+encodedSize(next.text()) > answerBytes {
			break
		}
		a = next
	}
	if len(all) == 0 {
		a.Note = "No activity names its gear. Import Strava's archive, or say with annotate_activity which shoes or bicycle an activity used."
	}
	return a, nil
}
