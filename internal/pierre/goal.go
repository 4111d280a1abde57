package pierre

import "time"

// MaxGoals is how many goals a user can have.
const MaxGoals = 100

// A GoalType says what a goal counts.
type GoalType string

// The types.
const (
	GoalDistance    GoalType = "distance"    // metres in sum, from the start of the goal to its date
	GoalTime        GoalType = "time"        // seconds for the distance of a race
	GoalFrequency   GoalType = "frequency"   // activities a week
	GoalPerformance GoalType = "performance" // a metric of the athlete
	GoalCustom      GoalType = "custom"      // a number that the athlete states
)

// GoalTypes lists the types.
func GoalTypes() []GoalType {
	return []GoalType{GoalDistance, GoalTime, GoalFrequency, GoalPerformance, GoalCustom}
}

// A GoalMetric is what a goal of the type performance is about.
type GoalMetric string

// The metrics, with their units.
const (
	GoalVDOT    GoalMetric = "vdot_ml_per_kg_min"    // of runs
	GoalPower20 GoalMetric = "best_20_minutes_watts" // of rides
)

// GoalMetrics lists the metrics.
func GoalMetrics() []GoalMetric { return []GoalMetric{GoalVDOT, GoalPower20} }

// A GoalStatus says whether a goal is pursued.
type GoalStatus string

// The statuses.
const (
	GoalActive    GoalStatus = "active"
	GoalPaused    GoalStatus = "paused"
	GoalCompleted GoalStatus = "completed"
	GoalCancelled GoalStatus = "cancelled"
)

// GoalStatuses lists the statuses.
func GoalStatuses() []GoalStatus {
	return []GoalStatus{GoalActive, GoalPaused, GoalCompleted, GoalCancelled}
}

// A Goal is what an athlete wants to reach by a day.
type Goal struct {
	ID          GoalID     `json:"-"`
	Title       string     `json:"title"`
	Description string     `json:"description,omitempty"`
	Type        GoalType   `json:"type"`
	Sport       Sport      `json:"sport,omitempty"` // "": all
	Target      float64    `json:"target"`          // in the unit of Type
	Meters      *float64   `json:"meters,omitempty"`
	Metric      GoalMetric `json:"metric,omitempty"`
	Start       time.Time  `json:"start"`              // the athlete's day from which on it counts, as midnight UTC
	Date        time.Time  `json:"date"`               // by which it is to be reached, likewise
	Baseline    *float64   `json:"baseline,omitempty"` // what Type counts, when the goal was set; nil: not known
	Current     *float64   `json:"current,omitempty"`  // of GoalCustom, as the athlete states it
	Status      GoalStatus `json:"status"`
	Created     time.Time  `json:"-"`
	Updated     time.Time  `json:"-"`
}
