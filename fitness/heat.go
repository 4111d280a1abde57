package fitness

import "math"

// WBGT estimates the wet-bulb globe temperature in °C of an air temperature in °C and a relative humidity in percent, for
// a moderately strong sun and light wind. See [MethodWBGT].
func WBGT(temperature, humidity float64) (Result, error) {
	if err := first(
		within("air temperature", temperature, -60, 60, "°C"),
		within("relative humidity", humidity, 0, 100, "%"),
	); err != nil {
		return Result{}, err
	}
	pressure := humidity / 100 * 6.105 * math.Exp(17.27*temperature/(237.7+temperature)) // hPa, of water vapour
	r, err := result(0.567*temperature+0.393*pressure+3.94, MethodWBGT, 0)
	r.Note = "for a moderately strong sun and light wind; at night, in shade or in wind it is less"
	return r, err
}

// A HeatRisk is a step of the risk of heat illness in races on foot, by [MethodHeatRisk].
type HeatRisk string

// The steps.
const (
	HeatLow      HeatRisk = "low"
	HeatRising   HeatRisk = "rising"
	HeatHigh     HeatRisk = "high"
	HeatVeryHigh HeatRisk = "very_high"
	HeatExtreme  HeatRisk = "extreme"
)

// HeatRisks lists the steps, the lowest first.
func HeatRisks() []HeatRisk {
	return []HeatRisk{HeatLow, HeatRising, HeatHigh, HeatVeryHigh, HeatExtreme}
}

// HeatRiskOf returns the step of a wet-bulb globe temperature in °C. See [MethodHeatRisk].
func HeatRiskOf(wbgt float64) HeatRisk {
	switch {
	case wbgt < 18.4:
		return HeatLow
	case wbgt < 22.3:
		return HeatRising
	case wbgt < 25.7:
		return HeatHigh
	case wbgt < 27.9:
		return HeatVeryHigh
	}
	return HeatExtreme
}

// A MarathonLoss is how much slower than the course record the first three men of marathons were, on average, in a range of
// wet-bulb globe temperatures. See [MethodMarathonHeat].
type MarathonLoss struct {
	From, To float64 // °C
	Percent  float64
}

// MarathonLossAt returns the row of [MethodMarathonHeat] for a wet-bulb globe temperature in °C. ok is false where it has none.
func MarathonLossAt(wbgt float64) (row MarathonLoss, ok bool) {
	for _, row := range []MarathonLoss{{5, 10, 1.7}, {10, 15, 2.5}, {15, 20, 3.3}, {20, 25, 4.5}} {
		if wbgt > row.From && wbgt <= row.To {
			return row, true
		}
	}
	return MarathonLoss{}, false
}

// lapseRate is how much colder the air is with each metre up, in °C. See [MethodLapseRate].
const lapseRate = 0.0065

// AtAltitude returns an air temperature in °C of one altitude in metres at another one. See [MethodLapseRate].
func AtAltitude(temperature, from, to float64) float64 { return temperature - lapseRate*(to-from) }
