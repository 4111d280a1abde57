package fitness

import "math"

// RunningPower returns Skiba's estimate in watts of the power of running at a
// steady speed in m/s on a slope (rise over run), for a runner of the weight in kg
// and the height in cm: (air resistance + slope cost·efficiency)·speed·weight. The
// model's kinetic term is 0 at a steady speed. It is not comparable with the watts
// of running power meters.
func RunningPower(speed, slope, weightKg, heightCm float64) (Result, error) {
	if err := first(
		within("speed", speed, 0, 8, "m/s"),
		within("slope", slope, -1, 1, ""),
		checkWeight(weightKg),
		checkHeight(heightCm),
	); err != nil {
		return Result{}, err
	}
	area, efficiency := frontalArea(weightKg, heightCm/100), runningEfficiency(speed)
	const airDensity, drag = 1.2, 0.9 // kg/m³, dimensionless
	air := 0.5 * airDensity * drag * area * speed * speed / weightKg
	return result((air+minettiRun(slope)*efficiency)*speed*weightKg, MethodRunningPower, 0)
}

// frontalArea is 26.6 % of Du Bois' body surface, in m².
func frontalArea(weightKg, heightM float64) float64 {
	return 0.2025 * math.Pow(heightM, 0.725) * math.Pow(weightKg, 0.425) * 0.266
}

func runningEfficiency(speed float64) float64 {
	return (0.25 + 0.054*speed) * (1 - 0.5*speed/8.33)
}

const (
	minWeightKg, maxWeightKg = 25, 300
	minHeightCm, maxHeightCm = 100, 250
)

func checkWeight(kg float64) error {
	return within("body weight", kg, minWeightKg, maxWeightKg, "kg")
}

func checkHeight(cm float64) error {
	return within("height", cm, minHeightCm, maxHeightCm, "cm")
}
