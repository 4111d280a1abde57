package demoathlete

import (
	"math"
	"math/rand/v2"
)

// A noise wanders around 0 with the given spread; memory close to 1 makes it slow.
type noise struct {
	spread, memory float64
	value          float64
}

func (n *noise) next(rng *rand.Rand) float64 {
	n.value = n.memory*n.value + n.spread*math.Sqrt(1-n.memory*n.memory)*rng.NormFloat64()
	return n.value
}

// A heart follows the load with a lag, and drifts upwards in long efforts.
type heart struct {
	rate   float64
	jitter noise
}

func newHeart() heart { return heart{rate: restingHR + 32, jitter: noise{spread: 1.2, memory: 0.9}} }

// Time constants of the heart rate's rise and fall, and the drift per hour, as a
// share of the reserve in use.
const (
	riseSeconds  = 26.0
	fallSeconds  = 42.0
	driftPerHour = 0.045
)

// beat returns the heart rate after one more second at load, which is 1 at threshold.
func (h *heart) beat(rng *rand.Rand, load, effort float64, second int) uint8 {
	reserve := (thresholdHR - restingHR) * effort * (0.30 + 0.70*load)
	if load == 0 {
		reserve = 35
	}
	if drifting := second - 20*60; drifting > 0 {
		reserve *= 1 + driftPerHour*min(load, 1)*float64(drifting)/3600
	}
	goal := min(restingHR+reserve, maxHR-2)
	lag := fallSeconds
	if goal > h.rate {
		lag = riseSeconds
	}
	h.rate += (goal - h.rate) / lag
	return uint8(math.Round(min(h.rate+h.jitter.next(rng), maxHR)))
}

// A bicycle turns power into speed.
type bicycle struct{ speed float64 }

// On flat road without wind: air density · CdA / 2, rolling resistance, drive train.
const (
	airDrag    = 0.5 * 1.2 * 0.33 // kg/m
	rolling    = 0.0050
	efficiency = 0.97
	gravity    = 9.81   // m/s²
	mass       = 1.01 * // the wheels turn, too
		(weightKg + bikeKg)
	slowest = 1.5  // m/s: below, a rider would get off
	fastest = 17.0 // m/s: above, this one brakes
)

func (b *bicycle) roll(power, grade float64) float64 {
	force := efficiency*power/max(b.speed, slowest) - airDrag*b.speed*b.speed - mass*gravity*(rolling+grade)
	b.speed = min(max(b.speed+force/mass, slowest), fastest)
	return b.speed
}
