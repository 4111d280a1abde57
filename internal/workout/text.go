package workout

import (
	"fmt"
	"math"
	"strconv"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	metersPerMile = 1609.344
	metersPerYard = 0.9144
)

// Length writes the length of a step.
func Length(sport pierre.Sport, s pierre.WorkoutStep) string {
	switch {
	case s.Seconds > 0:
		return Duration(s.Seconds)
	case s.Meters >= 1000 && sport != pierre.SportSwim:
		return number(s.Meters/1000) + "km"
	case s.Meters > 0:
		return number(s.Meters) + " meters"
	}
	return "open"
}

// Duration writes seconds such as 1h30min or 45s.
func Duration(seconds float64) string {
	whole := int64(math.Round(seconds))
	h, m, s := whole/3600, whole/60%60, whole%60
	text := ""
	if h > 0 {
		text = fmt.Sprintf("%dh", h)
	}
	if m > 0 {
		text += fmt.Sprintf("%dmin", m)
	}
	if s > 0 || text == "" {
		text += fmt.Sprintf("%ds", s)
	}
	return text
}

// Target writes what is to be kept during a step.
func Target(sport pierre.Sport, t pierre.StepTarget) string {
	switch t.By {
	case pierre.TargetWatts:
		return between(t.Low, t.High) + "W"
	case pierre.TargetPercentFTP:
		return between(t.Low, t.High) + "% FTP"
	case pierre.TargetBPM:
		return between(t.Low, t.High) + "bpm"
	case pierre.TargetPercentLTHR:
		return between(t.Low, t.High) + "% LTHR"
	case pierre.TargetPercentHRMax:
		return between(t.Low, t.High) + "% HRmax"
	case pierre.TargetPercentPace:
		return between(t.Low, t.High) + "% threshold pace"
	case pierre.TargetRPE:
		return "rpe " + between(t.Low, t.High)
	case pierre.TargetPace:
	}
	if sport.IsRide() {
		return between(3600/t.High, 3600/t.Low) + "km/h"
	}
	per, unit := 1.0, "/km"
	if sport == pierre.SportSwim {
		per, unit = 0.1, "/100m"
	}
	low, high := clock(t.Low*per), clock(t.High*per)
	if low == high {
		return low + unit
	}
	return low + "-" + high + unit
}

func between(low, high float64) string {
	a, b := number(low), number(high)
	if a == b {
		return a
	}
	return a + "-" + b
}

// number writes at most two decimals.
func number(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

func clock(seconds float64) string {
	whole := int64(math.Round(seconds))
	return fmt.Sprintf("%d:%02d", whole/60, whole%60)
}
