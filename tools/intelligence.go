package tools

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) getActivityIntelligence() tool {
	return declare(c, spec{
		name:  "get_activity_intelligence",
		title: "Put an activity into context",
		doc: "What one activity means among the others: how hard it was, its records, how it compares with similar ones, the week and the form around it. " +
			"For its own metrics use analyze_activity.",
	}, c.placeActivity)
}

type intelligenceArgs struct {
	ID       pierre.ActivityID `json:"activity_id" jsonschema:"The id of an activity, from get_activities." brief:"" limits:"1,100"`
	Provider pierre.Provider   `json:"provider,omitempty" jsonschema:"Only activities that this source knows. Default: all sources, merged." brief:"-"`
	Weather  *bool             `json:"include_weather,omitempty" jsonschema:"Whether to say what the weather was and what it means, if this server may ask for it. Default: true." brief:"-"`
	Location *bool             `json:"include_location,omitempty" jsonschema:"Whether to say where it began. Default: true." brief:"-"`
}

type intelligenceAnswer struct {
	Activity    activityView `json:"activity"`
	Load        loadView     `json:"load"`
	LoadRank    value        `json:"load_rank_percent" jsonschema:"share of the loads of the 90 days up to it that are lower"`
	WeekLoad    value        `json:"week_load" jsonschema:"of the 7 days up to it"`
	UsualWeek   value        `json:"usual_week_load" jsonschema:"mean of the four weeks before these"`
	Form        value        `json:"form_before" jsonschema:"TSB of its day"`
	TimeOfDay   string       `json:"time_of_day"`
	HoursSince  *float64     `json:"hours_since_last_activity,omitempty" jsonschema:"from start to start"`
	Records     []recordView `json:"records" jsonschema:"distances over which no run of the athlete is faster"`
	Compared    int          `json:"similar_activities" jsonschema:"that it is compared with"`
	Differences []difference `json:"differences" jsonschema:"from the mean of similar activities"`
	Location    *placeView   `json:"location,omitempty"`
	Weather     *weatherView `json:"weather,omitempty"`
	NoWeather   string       `json:"weather_not_available,omitempty"`
	Insights    []string     `json:"insights"`
}

type recordView struct {
	Meters  *float64 `json:"meters"`
	Seconds *float64 `json:"seconds"`
}

type placeView struct {
	Latitude  float64 `json:"latitude_degrees" jsonschema:"of the start, to about a kilometre"`
	Longitude float64 `json:"longitude_degrees"`
}

func (c *Catalog) placeActivity(ctx context.Context, user pierre.UserID, args intelligenceArgs) (intelligenceAnswer, error) {
	s, err := c.subject(ctx, user, args.ID, args.Provider)
	if err != nil {
		return intelligenceAnswer{}, err
	}
	around, err := c.training.Around(ctx, user, args.Provider, s.Activity)
	if err != nil {
		return intelligenceAnswer{}, err
	}
	compared, err := c.training.Compare(ctx, user, s.Activity, training.CompareSimilar, args.Provider)
	if err != nil {
		return intelligenceAnswer{}, err
	}
	records, err := c.training.Records(ctx, user, args.Provider, s.Activity)
	if err != nil {
		return intelligenceAnswer{}, err
	}
	l := s.Load()
	a := intelligenceAnswer{
		Activity: viewActivity(s.Activity), Load: loadView{viewValue(l.Value, 1), l.Kind}, LoadRank: viewValue(around.LoadRank, 0),
		WeekLoad: viewValue(around.WeekLoad, 0), UsualWeek: viewValue(around.UsualWeek, 0), Form: viewValue(around.FormBefore, 1),
		TimeOfDay: timeOfDay(around.Local.Hour()), Records: viewRecords(records, s.ID), Compared: compared.Count, Differences: viewDifferences(compared),
	}
	if around.SinceLast != nil {
		a.HoursSince = rounded(*around.SinceLast, 1)
	}
	if wanted := args.Weather; wanted == nil && c.options.Weather != nil || wanted != nil && *wanted {
		a.Weather, a.NoWeather = c.weatherOf(ctx, user, s)
	}
	switch {
	case args.Location == nil || *args.Location:
		a.Location = startOf(s.Series)
	case a.Weather != nil:
		a.Weather.Latitude, a.Weather.Longitude = nil, nil
	}
	a.Insights = append(a.insights(), s.observations()...)
	return a, nil
}

// timeOfDay names an hour of the athlete's clock.
func timeOfDay(hour int) string {
	switch {
	case hour < 5 || hour >= 21:
		return "night"
	case hour < 7:
		return "early_morning"
	case hour < 11:
		return "morning"
	case hour < 14:
		return "midday"
	case hour < 18:
		return "afternoon"
	}
	return "evening"
}

func viewRecords(records []training.Record, id pierre.ActivityID) []recordView {
	list := []recordView{}
	for _, r := range records {
		if r.Which == id {
			list = append(list, recordView{rounded(r.Meters, 1), rounded(r.Seconds, 1)})
		}
	}
	return list
}

// startOf is where a recording begins, to two decimals.
func startOf(s pierre.Series) *placeView {
	latitude, longitude, ok := begins(s)
	if !ok {
		return nil
	}
	return &placeView{math.Round(100*latitude) / 100, math.Round(100*longitude) / 100}
}

// weatherOf returns the weather of an activity, or why there is none: the rest of the answer does not need it.
func (c *Catalog) weatherOf(ctx context.Context, user pierre.UserID, s subject) (*weatherView, string) {
	if c.options.Weather == nil {
		return nil, "not available because this server may not ask for the weather; its operator allows it with --weather"
	}
	p, err := c.weatherDuring(ctx, user, s)
	if err != nil {
		return nil, noWeather(err)
	}
	return new(p.view()), ""
}

// insights puts what stands out into sentences.
func (a intelligenceAnswer) insights() []string {
	list := []string{}
	if a.LoadRank.Value != nil {
		list = append(list, fmt.Sprintf("Its load is higher than %s %% of those of the 90 days up to it.", plain(*a.LoadRank.Value)))
	}
	if len(a.Records) > 0 {
		var over []string
		for _, r := range a.Records {
			over = append(over, fmt.Sprintf("%s m in %s", plain(*r.Meters), clockTime(*r.Seconds)))
		}
		list = append(list, "Fastest ever over "+training.Enumerate(over)+".")
	}
	if w, u := a.WeekLoad.Value, a.UsualWeek.Value; w != nil && u != nil && *u > 0 {
		list = append(list, fmt.Sprintf("The 7 days up to it had a load of %s, a usual week before had %s.", plain(*w), plain(*u)))
	}
	for _, d := range a.Differences {
		if d.Field == "average_speed_mps" && d.Percent != nil && a.Compared > 1 {
			than := "faster"
			if *d.Percent < 0 {
				than = "slower"
			}
			list = append(list, fmt.Sprintf("It was %s %% %s than the mean of %d similar activities.", fixed(math.Abs(*d.Percent), 1), than, a.Compared))
		}
	}
	return list
}

func (a intelligenceAnswer) text() string {
	lines := []string{a.Activity.line(), a.Load.text("load"), a.Form.noted("form before"), "time of day: " + strings.ReplaceAll(a.TimeOfDay, "_", " ")}
	lines = append(lines, a.Insights...)
	switch {
	case a.Weather != nil:
		lines = append(append(lines, a.Weather.line()), a.Weather.Meaning...)
		lines = append(lines, a.Weather.Note+". "+a.Weather.Attribution+".")
	case a.NoWeather != "":
		lines = append(lines, "weather: "+a.NoWeather)
	}
	return strings.Join(lines, "\n")
}
