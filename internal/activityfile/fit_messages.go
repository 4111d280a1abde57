package activityfile

import (
	"math"
	"time"

	"github.com/muktihari/fit/profile/basetype"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A fitSession is a session message: one activity, or one leg of a multisport one.
type fitSession struct {
	part       int  // of the chain
	all        bool // it sums up the others
	start, end float64
	sport      pierre.Sport
	pool       float64 // m, length of the pool; NaN
	totals     pierre.Totals
}

func newFITSession(part int, m *mesgdef.Session) fitSession {
	s := fitSession{
		part: part, all: m.Sport == typedef.SportMultisport, start: fitTime(m.StartTime), sport: fitSport(m.Sport, m.SubSport), pool: m.PoolLengthScaled(),
		totals: pierre.Totals{ //nolint:dupl // sessions and laps have the same fields, but no type in common
			DistanceMeters:       positive(m.TotalDistanceScaled()),
			DurationSeconds:      positive(m.TotalTimerTimeScaled()),
			ElapsedSeconds:       positive(m.TotalElapsedTimeScaled()),
			ElevationGainMeters:  valid16(m.TotalAscent),
			ElevationLossMeters:  valid16(m.TotalDescent),
			AverageHeartRateBPM:  positive8(m.AvgHeartRate),
			MaxHeartRateBPM:      positive8(m.MaxHeartRate),
			AveragePowerWatts:    positive16(m.AvgPower),
			MaxPowerWatts:        positive16(m.MaxPower),
			NormalizedPowerWatts: positive16(m.NormalizedPower),
			AverageSpeedMPS:      first(positive(m.EnhancedAvgSpeedScaled()), positive(m.AvgSpeedScaled())),
			MaxSpeedMPS:          first(positive(m.EnhancedMaxSpeedScaled()), positive(m.MaxSpeedScaled())),
			AverageCadenceRPM:    positive8(m.AvgCadence),
			CaloriesKcal:         positive16(m.TotalCalories),
		},
	}
	s.start, s.end = span(s.start, fitTime(m.Timestamp), s.totals)
	return s
}

func newFITLap(m *mesgdef.Lap) lap {
	l := lap{totals: pierre.Totals{ //nolint:dupl // as above
		DistanceMeters:       positive(m.TotalDistanceScaled()),
		DurationSeconds:      positive(m.TotalTimerTimeScaled()),
		ElapsedSeconds:       positive(m.TotalElapsedTimeScaled()),
		ElevationGainMeters:  valid16(m.TotalAscent),
		ElevationLossMeters:  valid16(m.TotalDescent),
		AverageHeartRateBPM:  positive8(m.AvgHeartRate),
		MaxHeartRateBPM:      positive8(m.MaxHeartRate),
		AveragePowerWatts:    positive16(m.AvgPower),
		MaxPowerWatts:        positive16(m.MaxPower),
		NormalizedPowerWatts: positive16(m.NormalizedPower),
		AverageSpeedMPS:      first(positive(m.EnhancedAvgSpeedScaled()), positive(m.AvgSpeedScaled())),
		MaxSpeedMPS:          first(positive(m.EnhancedMaxSpeedScaled()), positive(m.MaxSpeedScaled())),
		AverageCadenceRPM:    positive8(m.AvgCadence),
		CaloriesKcal:         positive16(m.TotalCalories),
	}}
	l.start, l.end = span(fitTime(m.StartTime), fitTime(m.Timestamp), l.totals)
	return l
}

// span returns when something began and ended. Devices write the message's own
// time late, early or not at all, so the elapsed time counts for more.
func span(start, written float64, t pierre.Totals) (from, to float64) {
	long := first(t.ElapsedSeconds, t.DurationSeconds)
	switch {
	case long == nil:
		return start, written
	case math.IsNaN(start):
		return written - *long, written
	}
	return start, start + *long
}

// A fitLength is one length of a pool.
type fitLength struct {
	end    float64
	active bool // swum, not rested
	speed  float64
	cad    float64
}

func newFITLength(m *mesgdef.Length) fitLength {
	l := fitLength{active: m.LengthType != typedef.LengthTypeIdle, speed: m.AvgSpeedScaled(), cad: math.NaN()}
	if m.AvgSwimmingCadence != basetype.Uint8Invalid {
		l.cad = float64(m.AvgSwimmingCadence)
	}
	l.end = fitTime(m.Timestamp)
	if start := fitTime(m.StartTime); !math.IsNaN(start) && m.TotalElapsedTime != basetype.Uint32Invalid {
		l.end = start + m.TotalElapsedTimeScaled()
	}
	return l
}

// addLengths makes samples of the lengths if the records know no distance:
// older watches write no records in the pool.
func addLengths(samples []sample, lengths []fitLength, pool float64) []sample {
	if math.IsNaN(pool) || pool <= 0 {
		return samples
	}
	for i := range samples {
		if samples[i].dist > 0 {
			return samples
		}
	}
	swum := 0.0
	for _, l := range lengths {
		if math.IsNaN(l.end) {
			continue
		}
		s := newSample(l.end)
		if l.active {
			swum += pool
			s.speed, s.cad = l.speed, l.cad
		}
		s.dist = swum
		samples = append(samples, s)
	}
	sortSamples(samples)
	return samples
}

// fitTime returns t in Unix seconds, or NaN if it was not recorded.
func fitTime(t time.Time) float64 {
	if t.IsZero() {
		return math.NaN()
	}
	return unix(t)
}

// positive returns x, or nil for what devices write if they did not measure: 0 or nothing.
func positive(x float64) *float64 {
	if x > 0 && !math.IsInf(x, 1) {
		return &x
	}
	return nil
}

func positive8(x uint8) *float64 {
	if x == basetype.Uint8Invalid {
		return nil
	}
	return positive(float64(x))
}

func positive16(x uint16) *float64 {
	if x == basetype.Uint16Invalid {
		return nil
	}
	return positive(float64(x))
}

// valid16 returns x, which may well be 0.
func valid16(x uint16) *float64 {
	if x == basetype.Uint16Invalid {
		return nil
	}
	return new(float64(x))
}

// first returns the first value that is known.
func first(values ...*float64) *float64 {
	for _, v := range values {
		if v != nil {
			return v
		}
	}
	return nil
}
