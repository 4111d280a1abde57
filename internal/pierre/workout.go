package pierre

import "time"

// MaxWorkouts is how many planned workouts a user can have.
const MaxWorkouts = 2000

// A Workout is what an athlete plans to do on a day.
type Workout struct {
	ID       WorkoutID     `json:"-"`
	Day      time.Time     `json:"-"`               // on the athlete's calendar, as midnight UTC
	Start    string        `json:"start,omitempty"` // on the athlete's clock, as 15:04; "": any time of the day
	Sport    Sport         `json:"sport"`
	Name     string        `json:"name"`
	Note     string        `json:"note,omitempty"`
	Steps    []WorkoutStep `json:"steps"`
	Revision int           `json:"-"` // how often it was changed
	Created  time.Time     `json:"-"`
	Updated  time.Time     `json:"-"`
}

// A WorkoutStep is a part of a workout: a step with a length and perhaps a target, or steps that are repeated.
type WorkoutStep struct {
	Kind    StepKind      `json:"kind,omitempty"`
	Seconds float64       `json:"seconds,omitempty"` // its length; 0: it is by distance, or open
	Meters  float64       `json:"meters,omitempty"`  // likewise; without both it lasts until the athlete ends it
	Target  *StepTarget   `json:"target,omitempty"`
	Cadence *StepCadence  `json:"cadence,omitempty"`
	Repeat  int           `json:"repeat,omitempty"` // how often Steps are done; 0: it is a step itself
	Steps   []WorkoutStep `json:"steps,omitempty"`
}

// A StepKind says what a step is for.
type StepKind string

// The kinds.
const (
	StepWork     StepKind = "" // what the workout is done for
	StepWarmUp   StepKind = "warm-up"
	StepRecovery StepKind = "recovery" // in motion
	StepRest     StepKind = "rest"     // standing still
	StepCoolDown StepKind = "cool-down"
)

// A StepTarget is the range in which to keep something during a step. Low is at most High; of a pace it is the faster one.
type StepTarget struct {
	By   TargetUnit `json:"by"`
	Low  float64    `json:"low"`
	High float64    `json:"high"`
}

// A TargetUnit says what a target is about, in which unit.
type TargetUnit string

// The units.
const (
	TargetWatts        TargetUnit = "watts"
	TargetPercentFTP   TargetUnit = "percent_ftp"
	TargetBPM          TargetUnit = "bpm"
	TargetPercentLTHR  TargetUnit = "percent_threshold_heart_rate"
	TargetPercentHRMax TargetUnit = "percent_max_heart_rate"
	TargetPace         TargetUnit = "seconds_per_km"
	TargetPercentPace  TargetUnit = "percent_threshold_speed"
	TargetRPE          TargetUnit = "rpe" // Borg CR10
)

// A StepCadence is a range of cadence in rpm; on foot the strides of one leg.
type StepCadence struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// A WorkoutQuery selects planned workouts by their days, both included.
type WorkoutQuery struct {
	From, To time.Time // midnight UTC; zero: open
}
