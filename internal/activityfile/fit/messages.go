package fit

import (
	"math"
	"time"

	"github.com/muktihari/fit/profile/basetype"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A session is a session message: one activity, or one leg of a multisport one.
type session struct {
	part       int  // of the chain
	all        bool // it sums up the others
	start, end float64
	sport      pierre.Sport
	name       string  // of the sport, as the profile of FIT has it
	pool       float64 // m, length of the pool; NaN
	words      pierre.Impression
	totals     pierre.Totals
}

func newSession(part int, m *mesgdef.Session) session {
	s := session{
		part: part, all: m.Sport == typedef.SportMultisport, start: timeOf(m.StartTime), sport: sportOf(m.Sport, m.SubSport), name: nameOf(m.Sport, m.SubSport), pool: m.PoolLengthScaled(),
		totals: pierre.Totals{ //nolint:dupl // sessions and laps have the same fields, but no type in common
			DistanceMeters:       draft.Positive(m.TotalDistanceScaled()),
			DurationSeconds:      draft.Positive(m.TotalTimerTimeScaled()),
			ElapsedSeconds:       draft.Positive(m.TotalElapsedTimeScaled()),
			ElevationGainMeters:  valid16(m.TotalAscent),
			ElevationLossMeters:  valid16(m.TotalDescent),
			AverageHeartRateBPM:  positive8(m.AvgHeartRate),
			MaxHeartRateBPM:      positive8(m.MaxHeartRate),
			AveragePowerWatts:    positive16(m.AvgPower),
			MaxPowerWatts:        positive16(m.MaxPower),
			NormalizedPowerWatts: positive16(m.NormalizedPower),
			AverageSpeedMPS:      draft.First(draft.Positive(m.EnhancedAvgSpeedScaled()), draft.Positive(m.AvgSpeedScaled())),
			MaxSpeedMPS:          draft.First(draft.Positive(m.EnhancedMaxSpeedScaled()), draft.Positive(m.MaxSpeedScaled())),
			AverageCadenceRPM:    positive8(m.AvgCadence),
			CaloriesKcal:         positive16(m.TotalCalories),
		},
	}
	s.start, s.end = span(s.start, timeOf(m.Timestamp), s.totals)
	if m.WorkoutRpe != basetype.Uint8Invalid {
		s.words.RPE = pierre.RPEOf(float64(m.WorkoutRpe) / 10)
	}
	if m.WorkoutFeel != basetype.Uint8Invalid {
		s.words.Feel = pierre.FeelOf(float64(m.WorkoutFeel))
	}
	return s
}

// inPool reports whether the session was swum in a pool.
func (s *session) inPool() bool { return s.pool > 0 || s.name == typedef.SubSportLapSwimming.String() }

// withoutRests takes the distances of 0 from laps of open water: only in a pool is a rest at the wall measured.
func withoutRests(laps []draft.Lap) {
	for i := range laps {
		if d := laps[i].Totals.DistanceMeters; d != nil && *d == 0 {
			laps[i].Totals.DistanceMeters = nil
		}
	}
}

func newLap(m *mesgdef.Lap) draft.Lap {
	l := draft.Lap{Totals: pierre.Totals{ //nolint:dupl // as above
		DistanceMeters:       draft.Positive(m.TotalDistanceScaled()),
		DurationSeconds:      draft.Positive(m.TotalTimerTimeScaled()),
		ElapsedSeconds:       draft.Positive(m.TotalElapsedTimeScaled()),
		ElevationGainMeters:  valid16(m.TotalAscent),
		ElevationLossMeters:  valid16(m.TotalDescent),
		AverageHeartRateBPM:  positive8(m.AvgHeartRate),
		MaxHeartRateBPM:      positive8(m.MaxHeartRate),
		AveragePowerWatts:    positive16(m.AvgPower),
		MaxPowerWatts:        positive16(m.MaxPower),
		NormalizedPowerWatts: positive16(m.NormalizedPower),
		AverageSpeedMPS:      draft.First(draft.Positive(m.EnhancedAvgSpeedScaled()), draft.Positive(m.AvgSpeedScaled())),
		MaxSpeedMPS:          draft.First(draft.Positive(m.EnhancedMaxSpeedScaled()), draft.Positive(m.MaxSpeedScaled())),
		AverageCadenceRPM:    positive8(m.AvgCadence),
		CaloriesKcal:         positive16(m.TotalCalories),
	}}
	if m.Sport == typedef.SportSwimming && m.TotalDistance == 0 {
		l.Totals.DistanceMeters = new(0.0) // a rest at the wall, if it was in a pool: see withoutRests
	}
	l.Start, l.End = span(timeOf(m.StartTime), timeOf(m.Timestamp), l.Totals)
	return l
}

// span returns when something began and ended. Devices write the message's own
// time late, early or not at all, so the elapsed time counts for more.
func span(start, written float64, t pierre.Totals) (from, to float64) {
	long := draft.First(t.ElapsedSeconds, t.DurationSeconds)
	switch {
	case long == nil:
		return start, written
	case math.IsNaN(start):
		return written - *long, written
	}
	return start, start + *long
}

// A poolLength is one length of a pool.
type poolLength struct {
	end    float64
	active bool // swum, not rested
	speed  float64
	cad    float64
}

func newLength(m *mesgdef.Length) poolLength {
	l := poolLength{active: m.LengthType != typedef.LengthTypeIdle, speed: m.AvgSpeedScaled(), cad: math.NaN()}
	if m.AvgSwimmingCadence != basetype.Uint8Invalid {
		l.cad = float64(m.AvgSwimmingCadence)
	}
	l.end = timeOf(m.Timestamp)
	if start := timeOf(m.StartTime); !math.IsNaN(start) && m.TotalElapsedTime != basetype.Uint32Invalid {
		l.end = start + m.TotalElapsedTimeScaled()
	}
	return l
}

// addLengths makes samples of the lengths if the records know no distance:
// older watches write no records in the pool.
func addLengths(samples []draft.Sample, lengths []poolLength, pool float64) []draft.Sample {
	if math.IsNaN(pool) || pool <= 0 {
		return samples
	}
	for i := range samples {
		if samples[i].Dist > 0 {
			return samples
		}
	}
	swum := 0.0
	for _, l := range lengths {
		if math.IsNaN(l.end) {
			continue
		}
		s := draft.NewSample(l.end)
		if l.active {
			swum += pool
			s.Speed, s.Cad = l.speed, l.cad
		}
		s.Dist = swum
		samples = append(samples, s)
	}
	draft.SortSamples(samples)
	return samples
}

// timeOf returns t in Unix seconds, or NaN if it was not recorded.
func timeOf(t time.Time) float64 {
	if t.IsZero() {
		return math.NaN()
	}
	return draft.Unix(t)
}

func positive8(x uint8) *float64 {
	if x == basetype.Uint8Invalid {
		return nil
	}
	return draft.Positive(float64(x))
}

func positive16(x uint16) *float64 {
	if x == basetype.Uint16Invalid {
		return nil
	}
	return draft.Positive(float64(x))
}

// valid16 returns x, which may well be 0.
func valid16(x uint16) *float64 {
	if x == basetype.Uint16Invalid {
		return nil
	}
	return new(float64(x))
}
