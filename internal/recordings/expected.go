package recordings

import "time"

// Expected is the truth about the recordings, which other decoders established.
// A nil pointer means that the file does not hold the value.
type Expected struct {
	Files    map[string]File `json:"files"`
	Archives struct {
		Strava StravaExport `json:"strava_export_en.zip"`
		Apple  AppleExport  `json:"apple_health_export_v14.zip"`
	} `json:"archives"`
}

// A File is what is known about one recording.
type File struct {
	Status string `json:"status"` // ok, truncated, broken, no_time, not_an_activity
	Note   string `json:"note"`
	SHA256 string `json:"sha256"`
	Format string `json:"format"` // fit, gpx, tcx
	Bytes  int64  `json:"bytes"`
	Name   string `json:"name"` // of a GPX track
	FileID struct {
		Type string `json:"type"`
	} `json:"file_id"`
	Sessions   []Session  `json:"sessions"`     // FIT
	Activity   FITClock   `json:"activity"`     // FIT
	Laps       int        `json:"laps"`         // FIT
	Records    Records    `json:"records"`      // FIT
	Totals     Points     `json:"totals"`       // GPX
	Activities []Activity `json:"per_activity"` // TCX
}

// A Session holds the totals that a device stored.
type Session struct {
	Sport           string    `json:"sport"`
	SubSport        string    `json:"sub_sport"`
	Start           time.Time `json:"start_time"`
	ElapsedSeconds  float64   `json:"total_elapsed_s"`
	TimerSeconds    float64   `json:"total_timer_s"`
	DistanceMeters  float64   `json:"distance_m"`
	AverageHR       *float64  `json:"avg_heart_rate"`
	MaxHR           *float64  `json:"max_heart_rate"`
	AveragePower    *float64  `json:"avg_power"`
	MaxPower        *float64  `json:"max_power"`
	NormalizedPower *float64  `json:"normalized_power"`
	AverageCadence  *float64  `json:"avg_cadence"`
	AverageSpeed    *float64  `json:"avg_speed_mps"`
	Calories        *float64  `json:"total_calories"`
	Ascent          *float64  `json:"total_ascent_m"`
	Descent         *float64  `json:"total_descent_m"`
}

// A FITClock is what a FIT file's activity message says about the athlete's clock.
type FITClock struct {
	UTCOffset *int   `json:"utc_offset_s"`
	RawOffset *int64 `json:"raw_local_minus_utc_s"`
}

// Records sums up the samples of a FIT file.
type Records struct {
	N              int       `json:"n"`
	NPosition      int       `json:"n_position"`
	NHeartRate     int       `json:"n_heart_rate"`
	NPower         int       `json:"n_power"`
	NCadence       int       `json:"n_cadence"`
	NSpeed         int       `json:"n_speed"`
	NAltitude      int       `json:"n_altitude"`
	NDistance      int       `json:"n_distance"`
	NTemperature   int       `json:"n_temperature"`
	First          time.Time `json:"first_timestamp"`
	Last           time.Time `json:"last_timestamp"`
	FirstRaw       *int64    `json:"first_raw_timestamp"` // of an unset clock
	LastRaw        *int64    `json:"last_raw_timestamp"`
	HRMean         *float64  `json:"hr_mean"` // zeros included
	HRMax          *float64  `json:"hr_max"`
	HRZeros        int       `json:"hr_zero_samples"`
	PowerMean      *float64  `json:"power_mean_incl_zeros"`
	PowerMax       *float64  `json:"power_max"`
	PowerZeros     int       `json:"power_zero_samples"`
	DistanceLast   *float64  `json:"distance_last_m"`
	Haversine      *float64  `json:"haversine_m"`
	FirstLatitude  *float64  `json:"first_lat"`
	FirstLongitude *float64  `json:"first_lon"`
	AltitudeMin    *float64  `json:"altitude_min_m"`
	AltitudeMax    *float64  `json:"altitude_max_m"`
}

// Points sums up the points of a GPX or TCX track.
type Points struct {
	N              int        `json:"n_points"`
	NPosition      int        `json:"n_with_position"`
	NTime          int        `json:"n_time"`
	NHeartRate     int        `json:"n_heart_rate"`
	NCadence       int        `json:"n_cadence"`
	NPower         int        `json:"n_power"`
	NElevation     int        `json:"n_ele"`
	Haversine      float64    `json:"haversine_m"`
	Start          *time.Time `json:"start_time"`
	End            *time.Time `json:"end_time"`
	ElapsedSeconds float64    `json:"elapsed_s"`
	HRMean         *float64   `json:"hr_mean"`
	HRMax          *float64   `json:"hr_max"`
	PowerMean      *float64   `json:"power_mean"`
	ElevationMin   *float64   `json:"ele_min"`
	ElevationMax   *float64   `json:"ele_max"`
	RawAscent      *float64   `json:"raw_ascent_m"`
}

// An Activity is one activity of a TCX file.
type Activity struct {
	Sport             string     `json:"sport"`
	Creator           string     `json:"creator"`
	Laps              int        `json:"laps"`
	LapTime           float64    `json:"lap_total_time_s"`
	LapDistance       float64    `json:"lap_total_distance_m"`
	LapCalories       float64    `json:"lap_total_calories"`
	LapAverageHR      []*float64 `json:"lap_avg_hr"`
	TrackDistanceLast *float64   `json:"trackpoint_distance_last_m"`
	Points
}

// A StravaExport is what is known about the Strava archive.
type StravaExport struct {
	Rows           []StravaRow `json:"rows"`
	FilesNotListed []string    `json:"files_not_listed"`
}

// A StravaRow is one activity of the Strava archive.
type StravaRow struct {
	ID             string    `json:"activity_id"`
	Name           string    `json:"name"`
	Sport          string    `json:"sport"`
	Description    *string   `json:"description"`
	Start          time.Time `json:"start_utc"`
	ElapsedSeconds float64   `json:"elapsed_s"`
	MovingSeconds  float64   `json:"moving_s"`
	DistanceMeters float64   `json:"distance_m"`
	AverageHR      *float64  `json:"avg_heart_rate"`
	MaxHR          *float64  `json:"max_heart_rate"`
	Calories       *float64  `json:"calories"`
	File           *string   `json:"file"`
}

// An AppleExport is what is known about the Apple Health archive.
type AppleExport struct {
	DateOfBirth string `json:"date_of_birth"`
	Sex         string `json:"sex"`
	Weights     []struct {
		Value float64 `json:"value"`
	} `json:"weight_kg"`
	HeightCm float64 `json:"height_cm"`
	Resting  []struct {
		BPM float64 `json:"bpm"`
	} `json:"resting_heart_rate"`
	HRSamples int            `json:"heart_rate_samples"`
	Workouts  []AppleWorkout `json:"workouts"`
}

// An AppleWorkout is one workout of the Apple Health archive.
type AppleWorkout struct {
	Type            string    `json:"type"`
	Start           time.Time `json:"start_utc"`
	End             time.Time `json:"end_utc"`
	DurationSeconds float64   `json:"duration_s"`
	PausedSeconds   float64   `json:"paused_s"`
	DistanceMeters  float64   `json:"distance_m"`
	ActiveKcal      float64   `json:"active_energy_kcal"`
	AverageHR       float64   `json:"avg_heart_rate"`
	MaxHR           float64   `json:"max_heart_rate"`
	AscentMeters    float64   `json:"ascent_m"`
	Route           string    `json:"route"`
}
