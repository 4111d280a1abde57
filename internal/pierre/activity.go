package pierre

import (
	"slices"
	"strings"
	"time"
)

// A Provider names where a record of an activity comes from.
type Provider string

// The providers.
const (
	ProviderFile        Provider = "file"         // a recording that the user uploaded
	ProviderStrava      Provider = "strava"       // a Strava account: its export, or its API
	ProviderGarmin      Provider = "garmin"       // a Garmin account export
	ProviderAppleHealth Provider = "apple_health" // an Apple Health export, or an iPhone by itself
	ProviderFitbit      Provider = "fitbit"       // a Google Takeout archive

	// ProviderIntervals and those below are accounts that an athlete connects.
	ProviderIntervals Provider = "intervals_icu"
	ProviderPolar     Provider = "polar"
	ProviderWahoo     Provider = "wahoo"
	ProviderOura      Provider = "oura"
	ProviderWhoop     Provider = "whoop"
	ProviderWithings  Provider = "withings"

	// ProviderGoogleHealth is what took the place of Fitbit.
	ProviderGoogleHealth Provider = "google_health"
)

// Providers lists the providers.
func Providers() []Provider {
	return append([]Provider{ProviderFile, ProviderGarmin, ProviderAppleHealth, ProviderFitbit}, Connectable()...)
}

// Connectable lists the providers whose accounts can be connected, the easiest first.
func Connectable() []Provider {
	return []Provider{ProviderIntervals, ProviderStrava, ProviderPolar, ProviderWahoo, ProviderOura, ProviderWhoop, ProviderWithings, ProviderGoogleHealth}
}

// Totals are what is known about an activity or a lap as a whole.
// A nil field was not recorded; it is never 0 instead.
type Totals struct {
	DistanceMeters       *float64 `json:"distance_meters,omitempty"`
	DurationSeconds      *float64 `json:"duration_seconds,omitempty"` // moving or timer time
	ElapsedSeconds       *float64 `json:"elapsed_seconds,omitempty"`
	ElevationGainMeters  *float64 `json:"elevation_gain_meters,omitempty"`
	ElevationLossMeters  *float64 `json:"elevation_loss_meters,omitempty"`
	AverageHeartRateBPM  *float64 `json:"average_heart_rate_bpm,omitempty"`
	MaxHeartRateBPM      *float64 `json:"max_heart_rate_bpm,omitempty"`
	AveragePowerWatts    *float64 `json:"average_power_watts,omitempty"`
	MaxPowerWatts        *float64 `json:"max_power_watts,omitempty"`
	NormalizedPowerWatts *float64 `json:"normalized_power_watts,omitempty"` // as the device computed it
	AverageSpeedMPS      *float64 `json:"average_speed_mps,omitempty"`
	MaxSpeedMPS          *float64 `json:"max_speed_mps,omitempty"`
	AverageCadenceRPM    *float64 `json:"average_cadence_rpm,omitempty"` // runs: strides of one leg
	CaloriesKcal         *float64 `json:"calories_kcal,omitempty"`
}

// A Total is one field of [Totals].
type Total struct {
	Name  string // in JSON and in the database
	Value **float64
}

// Fields lists the fields of t, so that what concerns all of them is written once.
func (t *Totals) Fields() []Total {
	return []Total{
		{"distance_meters", &t.DistanceMeters},
		{"duration_seconds", &t.DurationSeconds},
		{"elapsed_seconds", &t.ElapsedSeconds},
		{"elevation_gain_meters", &t.ElevationGainMeters},
		{"elevation_loss_meters", &t.ElevationLossMeters},
		{"average_heart_rate_bpm", &t.AverageHeartRateBPM},
		{"max_heart_rate_bpm", &t.MaxHeartRateBPM},
		{"average_power_watts", &t.AveragePowerWatts},
		{"max_power_watts", &t.MaxPowerWatts},
		{"normalized_power_watts", &t.NormalizedPowerWatts},
		{"average_speed_mps", &t.AverageSpeedMPS},
		{"max_speed_mps", &t.MaxSpeedMPS},
		{"average_cadence_rpm", &t.AverageCadenceRPM},
		{"calories_kcal", &t.CaloriesKcal},
	}
}

// Sums lists the fields of t that add up over activities: a mean or a maximum does not.
func (t *Totals) Sums() []Total {
	return slices.DeleteFunc(t.Fields(), func(f Total) bool {
		return strings.HasPrefix(f.Name, "average_") || strings.HasPrefix(f.Name, "max_") || strings.HasPrefix(f.Name, "normalized_")
	})
}

// Complete fills what t lacks from other.
func (t *Totals) Complete(other Totals) {
	from := other.Fields()
	for n, field := range t.Fields() {
		if *field.Value == nil {
			*field.Value = *from[n].Value
		}
	}
}

// An Activity is one training session of one user, without its laps and samples.
type Activity struct {
	ID           ActivityID
	UserID       UserID
	Provider     Provider // of the source that the values come from
	Name         string
	Description  string
	Sport        Sport
	SportName    string    // as the source calls it, where Sport says less, such as padel; else ""
	Indoor       bool      // a source said so
	Race         bool      // the athlete said so
	Start        time.Time // UTC
	UTCOffset    *int      // seconds east of UTC at the start; nil: unknown
	HasGPS       bool
	Device       string
	MultisportID string   // equal for the parts of one multisport recording, else ""
	Warnings     []string // what was odd about the recording, for its owner
	Hidden       bool     // by the athlete: neither listed nor counted
	// Twin is the activity that counts in place of this one, being the same by all appearances, though not for certain; "": this one counts.
	Twin ActivityID
	Said []string // of what the athlete's own word counts, in the names of [Annotation.Fields]
	Impression
	Totals
}

// LocalStart returns the start on the athlete's clock, if its offset is known.
func (a Activity) LocalStart() (time.Time, bool) {
	if a.UTCOffset == nil {
		return time.Time{}, false
	}
	return a.Start.In(time.FixedZone("", *a.UTCOffset)), true
}

// A Lap is a part of an activity.
type Lap struct {
	StartSeconds float64 `json:"start_seconds"` // after the activity's start
	Totals
}

// A Series holds an activity's samples, column by column. A column is nil if
// nothing was recorded, else as long as Time, with NaN where a sample lacks it.
type Series struct {
	Time        []float64 // s after the activity's start, never falling; laps may share the sample at their border
	Latitude    []float64 // degrees, WGS 84
	Longitude   []float64 // degrees, WGS 84
	Altitude    []float64 // m
	Distance    []float64 // m since the start; along the track if the device counted none
	Speed       []float64 // m/s
	HeartRate   []float64 // bpm
	Power       []float64 // W
	Cadence     []float64 // rpm; runs: strides of one leg
	Temperature []float64 // °C
}

// A Recording is an activity with its laps and samples, as read from one source.
type Recording struct {
	Activity
	Laps   []Lap
	Series Series
}

// A Source says where an activity's data was read: the provenance of a merged activity.
type Source struct {
	Provider   Provider
	ExternalID string   // the provider's own identifier, "" if it has none
	File       string   // the file's path inside the upload
	Format     string   // fit, gpx, tcx, csv, xml
	SHA256     [32]byte // of the file's bytes, decompressed; of the row for rows of a table
	Part       int      // which activity of the file, from 0
	LocalTimes bool     // its times came without a zone and were taken for UTC
	Imported   time.Time
	Primary    bool  // the activity's values and samples come from this source
	Copy       *Copy // what is read is a copy, out of an export: it changes nothing of the source if that is known; nil: it is none
}

// A Copy is what an export says of a source besides where it was read.
type Copy struct {
	Sides Sides      // of its activity
	Into  ActivityID // of which another source is here that the export has in the same activity; "": there is none
}

// An Original is a file from which activities were read, byte for byte.
type Original struct {
	SHA256 [32]byte // of the file
	Bytes  int64    // of the file
	Packed []byte   // Zstandard (RFC 8878); nil: it is too large to be kept
}

// Originals say how much is kept of the files from which activities were read.
type Originals struct {
	Files  int64
	Bytes  int64 // as they are
	Packed int64 // as they are kept
}

// A KeptSource is where an activity was read, and what is kept of that.
type KeptSource struct {
	Source

	Start    time.Time // by this source alone
	Samples  bool      // it has some of its own that are kept
	Sides    Sides
	Original bool // its file is kept
}
