package demoathlete

import (
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Manifest says what the recordings hold.
type Manifest struct {
	Athlete    pierre.Profile `json:"athlete"`
	From       time.Time      `json:"from"`  // the first start
	Until      time.Time      `json:"until"` // after the last end
	Recordings []Recording    `json:"recordings"`
	Skipped    []Skip         `json:"skipped"`
	DaysFile   string         `json:"days_file"` // archive and entry joined by "/"
	Days       []Day          `json:"days"`      // the year's, and the night after them
}

// A Recording is one activity as one file holds it. A nil value is neither in the
// file nor derivable from it. The totals are exact where devices round: heart
// rate, power, cadence and height to whole units, speed to mm/s.
//
// DurationSeconds is timer time; in GPX the time that has points. Distance is what
// the device measured; in GPX the way along the points, by haversine. Averages are
// over the seconds with a value: of heart rate those with a pulse, of power all,
// coasting included, of cadence those with one. NormalizedPowerWatts is the 4-norm
// of the means of all full 30 s (Coggan), whether the file says it or not. The
// heights are sums over the points, without smoothing. Files in the export have
// the values of the row that lists them, too.
type Recording struct {
	File        string       `json:"file"`                   // archive and entry joined by "/"; "activities.csv#id" for a row without a file
	Part        int          `json:"part"`                   // which activity of the file, from 0
	Format      string       `json:"format"`                 // fit, gpx, tcx or csv
	DuplicateOf string       `json:"duplicate_of,omitempty"` // another file with the same activity
	CutAt       int          `json:"cut_at,omitempty"`       // the length of a file that was cut off, in bytes; the values are of what is left
	Name        string       `json:"name,omitempty"`         // as the file, or the row that lists it, says
	Sport       pierre.Sport `json:"sport"`
	Start       time.Time    `json:"start"`
	HasGPS      bool         `json:"has_gps"`
	Samples     int          `json:"samples"` // records or track points in the file
	Laps        int          `json:"laps"`    // 0 in GPX, which has none
	pierre.Totals
}

// A Skip is a file that is not an activity.
type Skip struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
}

// Activities returns the recordings without the duplicates: one for each activity.
func (m Manifest) Activities() []Recording {
	var distinct []Recording
	for _, r := range m.Recordings {
		if r.DuplicateOf == "" {
			distinct = append(distinct, r)
		}
	}
	return distinct
}
