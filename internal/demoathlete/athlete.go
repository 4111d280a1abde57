package demoathlete

import (
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The athlete's body. It does not change much in a year.
const (
	restingHR   = 48.0  // bpm
	thresholdHR = 168.0 // bpm, of about an hour all out
	maxHR       = 187.0 // bpm
	weightKg    = 71.5
	bikeKg      = 9.0
	age         = 38 // years, at the end
	zone        = "Atlantic/Cape_Verde"
	utcOffset   = -time.Hour // all year round
)

// A form is what the athlete can do for about an hour at a time of the year.
type form struct {
	ftp  float64 // W
	run  float64 // m/s
	swim float64 // m/s
}

// Athlete returns the profile that fits the recordings of the year that ends on that day.
func Athlete(until time.Time) pierre.Profile {
	f := formOn(daysInYear - 1)
	return pierre.Profile{
		FTPWatts:            new(f.ftp),
		MaxHeartRateBPM:     new(maxHR),
		RestingHeartRateBPM: new(restingHR),
		ThresholdHRBPM:      new(thresholdHR),
		WeightKg:            new(weightKg),
		HeightCm:            new(179.0),
		BirthYear:           new(until.Year() - age),
		Sex:                 pierre.SexMale,
		TimeZone:            zone,
	}
}

// formOn rises to the main race, sinks after it, and dips after illness and holiday.
func formOn(day int) form {
	rise := 0.92 + 0.08*min(1, float64(day)/raceDay)
	if day > raceDay {
		rise -= 0.03 * float64(day-raceDay) / (daysInYear - raceDay)
	}
	for _, pause := range []struct {
		end  int
		loss float64
	}{{illnessEnd, 0.04}, {holidayEnd, 0.025}} {
		const recovery = 35 // days
		if since := day - pause.end; since >= 0 && since < recovery {
			rise -= pause.loss * (1 - float64(since)/recovery)
		}
	}
	return form{ftp: float64(int(265 * rise)), run: 4.15 * rise, swim: 0.98 * (0.5 + 0.5*rise)}
}
