package garmin

import (
	"cmp"
	"encoding/json"
	"math"
	"strings"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A activity is one element of summarizedActivities.json. Its lengths are
// in cm, its times in ms, its energy in kJ and its speeds in cm/ms.
type activity struct {
	ActivityID      json.Number     `json:"activityId"`
	Name            string          `json:"name"`
	Description     string          `json:"description"`
	Kind            string          `json:"activityType"`
	EventType       json.RawMessage `json:"eventTypeId"`
	Begin           *float64        `json:"beginTimestamp"`
	StartGMT        *float64        `json:"startTimeGmt"`
	StartLocal      *float64        `json:"startTimeLocal"`
	Duration        *float64        `json:"duration"`
	ElapsedDuration *float64        `json:"elapsedDuration"`
	Distance        *float64        `json:"distance"`
	ElevationGain   *float64        `json:"elevationGain"`
	ElevationLoss   *float64        `json:"elevationLoss"`
	AverageHR       *float64        `json:"avgHr"`
	MaxHR           *float64        `json:"maxHr"`
	AveragePower    *float64        `json:"avgPower"`
	MaxPower        *float64        `json:"maxPower"`
	NormalizedPower *float64        `json:"normPower"`
	MaxSpeed        *float64        `json:"maxSpeed"`
	Energy          *float64        `json:"calories"`
	Feel            *float64        `json:"workoutFeel"` // 0 to 100
	RPE             *float64        `json:"workoutRpe"`  // 0 to 100

	List  string   `json:"-"` // that it stands in
	Sum   [32]byte `json:"-"`
	Found bool     `json:"-"` // a recording of it was
}

// start returns when the activity began in Unix seconds, or NaN.
func (a *activity) start() float64 {
	if t := draft.First(a.Begin, a.StartGMT); t != nil && *t > 0 && *t < 8e12 {
		return *t / 1000
	}
	return math.NaN()
}

func (a *activity) Multisport() bool {
	return strings.HasPrefix(strings.ToLower(a.Kind), "multi_sport")
}

// offset returns the athlete's offset from UTC in seconds, if it is known.
func (a *activity) offset() *int {
	if a.StartLocal == nil {
		return nil
	}
	ahead := int(math.Round(*a.StartLocal/1000 - a.start()))
	if ahead%900 != 0 || ahead < -14*3600 || ahead > 14*3600 {
		return nil
	}
	return &ahead
}

// race is the number of Garmin's event type for races.
const race = "1"

// describe notes what the list says of the sport.
func (a *activity) describe(d *draft.Draft) {
	draft.Called(&d.Rec.Activity, a.Kind)
	d.Rec.Race = d.Rec.Race || string(a.EventType) == race
	if a.RPE != nil {
		d.Rec.RPE = cmp.Or(pierre.RPEOf(*a.RPE/10), d.Rec.RPE)
	}
	if a.Feel != nil {
		d.Rec.Feel = cmp.Or(pierre.FeelOf(*a.Feel), d.Rec.Feel)
	}
}

// Draft makes an activity of what the list says.
func (a *activity) Draft() draft.Draft {
	scale := func(v *float64, factor float64) *float64 {
		if v == nil {
			return nil
		}
		return draft.Positive(*v * factor)
	}
	d := draft.New(a.start())
	d.Rec.Name, d.Rec.Description, d.Rec.Sport, d.Rec.UTCOffset = a.Name, a.Description, draft.SportOf(a.Kind), a.offset()
	a.describe(&d)
	d.Rec.Totals = pierre.Totals{
		DistanceMeters: scale(a.Distance, 1e-2), DurationSeconds: scale(a.Duration, 1e-3), ElapsedSeconds: scale(a.ElapsedDuration, 1e-3),
		ElevationGainMeters: scale(a.ElevationGain, 1e-2), ElevationLossMeters: scale(a.ElevationLoss, 1e-2),
		AverageHeartRateBPM: scale(a.AverageHR, 1), MaxHeartRateBPM: scale(a.MaxHR, 1),
		AveragePowerWatts: scale(a.AveragePower, 1), MaxPowerWatts: scale(a.MaxPower, 1), NormalizedPowerWatts: scale(a.NormalizedPower, 1),
		MaxSpeedMPS: scale(a.MaxSpeed, 10), CaloriesKcal: scale(a.Energy, 1/4.184),
	}
	return d
}
