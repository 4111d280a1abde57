package pierre

import "time"

// Sex is what the formulas that differ by sex need.
type Sex string

// The sexes that published formulas know.
const (
	SexFemale Sex = "female"
	SexMale   Sex = "male"
)

// A Profile is what the formulas need to know about an athlete. A nil or empty field is unknown.
type Profile struct {
	FTPWatts            *float64  `json:"ftp_watts,omitempty"`
	MaxHeartRateBPM     *float64  `json:"max_heart_rate_bpm,omitempty"`
	RestingHeartRateBPM *float64  `json:"resting_heart_rate_bpm,omitempty"`
	ThresholdHRBPM      *float64  `json:"threshold_heart_rate_bpm,omitempty"`
	ThresholdPace       *float64  `json:"threshold_pace_seconds_per_km,omitempty"`        // of running
	SwimThresholdPace   *float64  `json:"swim_threshold_pace_seconds_per_100m,omitempty"` // critical swim speed, as a pace
	WeightKg            *float64  `json:"weight_kg,omitempty"`
	HeightCm            *float64  `json:"height_cm,omitempty"`
	BirthYear           *int      `json:"birth_year,omitempty"`
	Sex                 Sex       `json:"sex,omitempty"`
	TimeZone            string    `json:"time_zone,omitempty"` // IANA name
	Updated             time.Time `json:"-"`
}
