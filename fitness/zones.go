package fitness

import "math"

// A Zone is a range of intensity from Low on, up to the Low of the next zone.
type Zone struct {
	Name string
	Low  float64
	High float64 // 0: open
}

// Zones are ranges that follow each other from below to above, in bpm, watts or
// m/s. Values under the first zone are in none.
type Zones struct {
	Method Method
	Zones  []Zone
}

// scale makes zones from the shares of a threshold at which they begin.
func scale(m Method, base, threshold float64, names []string, lows []float64) Zones {
	zones := Zones{Method: m, Zones: make([]Zone, len(lows))}
	for i, low := range lows {
		zones.Zones[i] = Zone{Name: names[i], Low: math.Round(1e6*(base+low*threshold)) / 1e6} // 0.56 of 200 is 112, not a bit more
		if i > 0 {
			zones.Zones[i-1].High = zones.Zones[i].Low
		}
	}
	return zones
}

func numbered() []string { return []string{"Z1", "Z2", "Z3", "Z4", "Z5"} }

// KarvonenZones returns five heart rate zones in bpm that begin at 50, 60, 70, 80
// and 90 % of the heart rate reserve.
func KarvonenZones(r HeartRateRange) (Zones, error) {
	if err := r.check(); err != nil {
		return Zones{}, err
	}
	return scale(MethodZonesKarvonen, r.RestBPM, r.MaxBPM-r.RestBPM, numbered(), []float64{.5, .6, .7, .8, .9}), nil
}

// PercentMaxZones returns five heart rate zones in bpm that begin at 50, 60, 70,
// 80 and 90 % of the maximum heart rate.
func PercentMaxZones(maxBPM float64) (Zones, error) {
	if err := within("maximum heart rate", maxBPM, minMaximalHR, maxMaximalHR, "bpm"); err != nil {
		return Zones{}, err
	}
	return scale(MethodZonesPercentMax, 0, maxBPM, numbered(), []float64{.5, .6, .7, .8, .9}), nil
}

// CogganPowerZones returns Coggan's seven power zones in watts for a functional
// threshold power.
func CogganPowerZones(ftp float64) (Zones, error) {
	if err := checkFTP(ftp); err != nil {
		return Zones{}, err
	}
	return scale(MethodZonesCoggan, 0, ftp,
		[]string{"active recovery", "endurance", "tempo", "threshold", "VO2max", "anaerobic", "neuromuscular"},
		[]float64{0, .56, .76, .91, 1.06, 1.21, 1.51}), nil
}

// A ZoneTime says how long a recording was in each zone.
type ZoneTime struct {
	Seconds  []float64 // in each of the zones
	Below    float64   // s under the first zone
	Coverage float64   // share (0, 1] of the recorded time that had the value
}

// TimeIn returns the time in each of the zones, which must be in bpm.
func (h HeartRate) TimeIn(z Zones) (ZoneTime, error) {
	if err := h.check(); err != nil {
		return ZoneTime{}, err
	}
	return timeIn(z, h.x, h.seconds, h.coverage()), nil
}

// TimeIn returns the time in each of the zones, which must be in watts.
func (p Power) TimeIn(z Zones) (ZoneTime, error) {
	if len(p.watts.x) == 0 {
		return ZoneTime{}, unavailable("no power was recorded")
	}
	return timeIn(z, p.watts.x, func(int) float64 { return 1 }, p.coverage), nil
}

// timeIn sorts the values, and the seconds that each stands for, into the zones.
func timeIn(z Zones, x []float64, seconds func(i int) float64, coverage float64) ZoneTime {
	zt := ZoneTime{Seconds: make([]float64, len(z.Zones)), Coverage: coverage}
	for i, v := range x {
		if math.IsNaN(v) {
			continue
		}
		s := seconds(i)
		if at := z.index(v); at >= 0 {
			zt.Seconds[at] += s
		} else {
			zt.Below += s
		}
	}
	return zt
}

// index returns the zone of v, or -1 below the first.
func (z Zones) index(v float64) int {
	at := -1
	for i, zone := range z.Zones {
		if v >= zone.Low {
			at = i
		}
	}
	return at
}
