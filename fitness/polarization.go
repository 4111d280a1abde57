package fitness

import "math"

// leastZone is what stands for a middle zone that is empty, as a share.
const leastZone = 0.01

// Polarization returns the polarization index of the times in three zones, low, middle and high: log10(low/middle·high·100) of
// their shares. Above 2 the training is polarized. It is not defined without time in the high zone or with more there than
// in the low one. See [MethodPolarization].
func Polarization(low, middle, high float64) (Result, error) {
	all := low + middle + high
	switch {
	case !(low >= 0 && middle >= 0 && high >= 0 && all > 0) || math.IsInf(all, 0):
		return Result{}, unavailable("there is no time in the zones")
	case high == 0:
		return Result{}, unavailable("there is no time in zone 3")
	case high > low:
		return Result{}, unavailable("there is more time in zone 3 than in zone 1")
	}
	low, middle, high = low/all, middle/all, high/all
	if middle == 0 {
		middle, high = leastZone, high-leastZone
	}
	if high <= 0 {
		return Result{}, unavailable("there is hardly any time in zone 3")
	}
	return result(math.Log10(low/middle*high*100), MethodPolarization, 0)
}

// FrielPaceZones returns Friel's seven zones of running in m/s for a threshold speed: slower than 129, 114, 106, 100, 97 and
// 90 % of the threshold pace, and faster.
func FrielPaceZones(thresholdMPS float64) (Zones, error) {
	if err := within("threshold speed", thresholdMPS, 1, 8, "m/s"); err != nil {
		return Zones{}, err
	}
	return scale(MethodZonesFrielPace, 0, thresholdMPS, []string{"1", "2", "3", "4", "5a", "5b", "5c"},
		[]float64{0, 1 / 1.29, 1 / 1.14, 1 / 1.06, 1, 1 / 0.97, 1 / 0.90}), nil
}

// Three zones, below, between and above the two thresholds, follow from the others' limits.

// HeartRateThirds returns three zones in bpm: Friel's 1 and 2, 3 and 4, and 5, which begin at 90 and 100 % of the threshold.
func HeartRateThirds(thresholdBPM float64) (Zones, error) {
	if err := within("threshold heart rate", thresholdBPM, minMaximalHR/2, maxMaximalHR, "bpm"); err != nil {
		return Zones{}, err
	}
	return thirds(MethodZonesFrielHR, thresholdBPM, .9, 1), nil
}

// PowerThirds returns three zones in watts: Coggan's 1 and 2, 3 and 4, and 5 to 7.
func PowerThirds(ftp float64) (Zones, error) {
	if err := checkFTP(ftp); err != nil {
		return Zones{}, err
	}
	return thirds(MethodZonesCoggan, ftp, .76, 1.06), nil
}

// PaceThirds returns three zones in m/s: Friel's 1 and 2, 3 and 4, and 5.
func PaceThirds(thresholdMPS float64) (Zones, error) {
	if _, err := FrielPaceZones(thresholdMPS); err != nil {
		return Zones{}, err
	}
	return thirds(MethodZonesFrielPace, thresholdMPS, 1/1.14, 1), nil
}

func thirds(m Method, threshold, second, third float64) Zones {
	return scale(m, 0, threshold, []string{"low", "middle", "high"}, []float64{0, second, third})
}
