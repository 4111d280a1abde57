package fitness

import (
	"fmt"
	"math"
)

// Pace returns the seconds that a speed in m/s takes over metres, usually 1000 or
// [Mile]. It is false for a speed of less than 0.1 m/s, which has no sensible pace.
func Pace(speed, meters float64) (seconds float64, ok bool) {
	if !(speed >= 0.1) || !finite(speed) || !(meters > 0) || !finite(meters) {
		return 0, false
	}
	return meters / speed, true
}

// Clock writes seconds as m:ss, or h:mm:ss from an hour on, rounded to the second:
// 245 is 4:05. It is "" for what is no time.
func Clock(seconds float64) string {
	if !(seconds >= 0) || seconds > 60*maxMinutes {
		return ""
	}
	s := int(math.Round(seconds))
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}
