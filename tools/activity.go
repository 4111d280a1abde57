package tools

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An activityView is an activity in a list.
type activityView struct {
	ID                   pierre.ActivityID `json:"id" jsonschema:"for the other tools' activity_id"`
	Provider             pierre.Provider   `json:"provider" jsonschema:"where the record comes from"`
	Name                 string            `json:"name,omitempty"`
	SportType            pierre.Sport      `json:"sport_type"`
	SportName            string            `json:"sport_name,omitempty" jsonschema:"what the source calls the sport, where sport_type says less"`
	Indoor               bool              `json:"indoor,omitempty"`
	Race                 bool              `json:"race,omitempty" jsonschema:"the athlete called it one"`
	StartTime            string            `json:"start_time" jsonschema:"UTC"`
	LocalStartTime       string            `json:"local_start_time,omitempty" jsonschema:"the same on the athlete's clock, if its offset was recorded"`
	DistanceMeters       *float64          `json:"distance_meters,omitempty"`
	DurationSeconds      *float64          `json:"duration_seconds,omitempty" jsonschema:"moving or timer time, without pauses"`
	ElapsedSeconds       *float64          `json:"elapsed_seconds,omitempty" jsonschema:"from start to end, with pauses"`
	ElevationGainMeters  *float64          `json:"elevation_gain_meters,omitempty"`
	AverageHeartRateBPM  *float64          `json:"average_heart_rate_bpm,omitempty"`
	MaxHeartRateBPM      *float64          `json:"max_heart_rate_bpm,omitempty"`
	AveragePowerWatts    *float64          `json:"average_power_watts,omitempty"`
	NormalizedPowerWatts *float64          `json:"normalized_power_watts,omitempty" jsonschema:"as the device computed it"`
	AverageSpeedMPS      *float64          `json:"average_speed_mps,omitempty"`
	AverageCadenceRPM    *float64          `json:"average_cadence_rpm,omitempty" jsonschema:"runs: strides of one leg; steps per minute are twice as many"`
	CaloriesKcal         *float64          `json:"calories_kcal,omitempty"`
	RPE                  *float64          `json:"rpe,omitempty" jsonschema:"perceived exertion of the whole session, 0 to 10 (Borg CR10)"`
	Feel                 pierre.Feel       `json:"feel,omitempty" jsonschema:"as the athlete says"`
	Gear                 string            `json:"gear,omitempty" jsonschema:"shoes, bicycle"`
	HasGPS               bool              `json:"has_gps"`
	Device               string            `json:"device,omitempty"`
	MayBeSameAs          pierre.ActivityID `json:"may_be_same_as,omitempty" jsonschema:"probably another recording of that activity, which alone counts; merge_activities decides"`
	Hidden               bool              `json:"hidden,omitempty" jsonschema:"by the athlete: it does not count"`
}

func viewActivity(a pierre.Activity) activityView {
	v := activityView{
		ID: a.ID, Provider: a.Provider, Name: shorten(a.Name, 120), SportType: a.Sport,
		SportName: a.SportName, Indoor: a.Indoor, Race: a.Race,
		StartTime:   a.Start.UTC().Format(time.RFC3339),
		HasGPS:      a.HasGPS,
		Device:      shorten(a.Device, 60),
		MayBeSameAs: a.Twin, Hidden: a.Hidden,
		RPE: rounded1(a.RPE), Feel: a.Feel, Gear: shorten(a.Gear, 60),
	}
	showTotals(&v, a.Totals, 3)
	if t, ok := a.LocalStart(); ok {
		v.LocalStartTime = t.Format("2006-01-02T15:04:05-07:00") // RFC 3339 without Z, which would look like UTC
	}
	return v
}

// showTotals sets the fields of a view, a pointer to a struct, that are named like totals, rounded to so many decimals:
// no sensor has more digits.
func showTotals(view any, t pierre.Totals, decimals int) {
	v := reflect.ValueOf(view).Elem()
	for _, f := range fieldsOf(v.Type()) {
		for _, total := range t.Fields() {
			if total.Name == f.name && *total.Value != nil {
				v.FieldByIndex(f.Index).Set(reflect.ValueOf(rounded(**total.Value, decimals)))
			}
		}
	}
}

// rounded1 returns what has one decimal.
func rounded1(v *float64) *float64 {
	if v == nil {
		return nil
	}
	return rounded(*v, 1)
}

// line shows the activity to hosts without structured content.
func (v activityView) line() string {
	minutes := func(t string) string { return strings.Replace(t[:len("2006-01-02T15:04")], "T", " ", 1) }
	start := minutes(v.StartTime) + "Z"
	if v.LocalStartTime != "" {
		start = minutes(v.LocalStartTime)
	}
	parts := []string{string(v.ID), start, cmp.Or(v.SportName, string(v.SportType))}
	if v.Indoor {
		parts = append(parts, "(indoors)")
	}
	if v.Race {
		parts = append(parts, "(race)")
	}
	if v.Name != "" {
		parts = append(parts, fmt.Sprintf("%q", shorten(v.Name, 40)))
	}
	if d := v.DistanceMeters; d != nil {
		parts = append(parts, kilometres(*d))
	}
	if d := v.DurationSeconds; d != nil {
		parts = append(parts, clockTime(*d))
	}
	if h := v.AverageHeartRateBPM; h != nil {
		parts = append(parts, fixed(*h, 0)+" bpm")
	}
	if p := v.AveragePowerWatts; p != nil {
		parts = append(parts, fixed(*p, 0)+" W")
	}
	if v.RPE != nil {
		parts = append(parts, "RPE "+plain(*v.RPE))
	}
	if v.MayBeSameAs != "" {
		parts = append(parts, "(may be the same as "+string(v.MayBeSameAs)+", which counts in its place)")
	}
	return strings.Join(parts, " ")
}

// activity returns one of the user's activities, or an error that tells a model how to find the right id.
func (c *Catalog) activity(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Activity, error) {
	a, err := c.data.Activity(ctx, user, id)
	return a, unknownActivity(err, id)
}

func unknownActivity(err error, id pierre.ActivityID) error {
	if pierre.KindOf(err) == pierre.KindNotFound {
		return &pierre.Error{
			Kind: pierre.KindNotFound, Field: "activity_id", Err: err,
			Msg: fmt.Sprintf("Activity %s not found; use get_activities to list the ids.", quote(string(id))),
		}
	}
	return err
}
