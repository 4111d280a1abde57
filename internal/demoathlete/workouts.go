package demoathlete

import "math/rand/v2"

// Workouts are steps relative to the form of the day: 1 is threshold.

func minutes(n int) int { return n * 60 }

// easyRun is steady below the first threshold.
func easyRun(mins int) []step {
	return []step{{seconds: minutes(8), intensity: 0.70}, {seconds: minutes(mins - 8), intensity: 0.76}}
}

// longRun gets a little faster in its last third.
func longRun(mins int) []step {
	return []step{
		{seconds: minutes(10), intensity: 0.70},
		{seconds: minutes(mins*2/3 - 10), intensity: 0.755},
		{seconds: minutes(mins / 3), intensity: 0.79},
	}
}

// repeats warms up, repeats work and rest with a lap for each, and cools down.
func repeats(n int, work, rest step, warm, easy float64) []step {
	work.lap, rest.lap = true, true
	steps := []step{{seconds: minutes(13), intensity: warm, lap: true}}
	for range n {
		steps = append(steps, work, rest)
	}
	return append(steps, step{seconds: minutes(9), intensity: easy, lap: true})
}

func runIntervals(rng *rand.Rand) (string, []step) {
	jog := func(seconds int) step { return step{seconds: seconds, intensity: 0.58} }
	switch rng.IntN(4) {
	case 0:
		return "8 × 400 m", repeats(8, step{meters: 400, intensity: 1.12}, jog(75), 0.72, 0.68)
	case 1:
		return "5 × 1000 m", repeats(5, step{meters: 1000, intensity: 1.05}, jog(120), 0.72, 0.68)
	case 2:
		return "4 × 2000 m", repeats(4, step{meters: 2000, intensity: 0.98}, jog(90), 0.72, 0.68)
	default:
		return "Tempo 25 min", repeats(1, step{seconds: minutes(25), intensity: 0.95}, jog(60), 0.74, 0.68)
	}
}

func rideIntervals(rng *rand.Rand) (string, []step) {
	spin := func(seconds int) step { return step{seconds: seconds, intensity: 0.50} }
	switch rng.IntN(4) {
	case 0:
		return "2 × 20 min", repeats(2, step{seconds: minutes(20), intensity: 0.92}, spin(300), 0.58, 0.48)
	case 1:
		return "4 × 8 min", repeats(4, step{seconds: minutes(8), intensity: 1.02}, spin(240), 0.58, 0.48)
	case 2:
		return "5 × 4 min", repeats(5, step{seconds: minutes(4), intensity: 1.13}, spin(210), 0.58, 0.48)
	default:
		return "30/15", repeats(24, step{seconds: 30, intensity: 1.28}, step{seconds: 15, intensity: 0.45}, 0.58, 0.48)
	}
}

// longRide rolls along with some harder stretches.
func longRide(rng *rand.Rand, mins int) []step {
	steps := []step{{seconds: minutes(12), intensity: 0.58}}
	for left := mins - 20; left > 0; {
		n := min(left, 6+rng.IntN(9))
		steps = append(steps, step{seconds: minutes(n), intensity: 0.60 + 0.22*rng.Float64()})
		left -= n
	}
	return append(steps, step{seconds: minutes(8), intensity: 0.52})
}

// poolSets is a warm-up, sets of repeats with rests, and easy lengths to end.
func poolSets(rng *rand.Rand) []step {
	steps := []step{{meters: 300, intensity: 0.86, lap: true}, {seconds: 30}}
	for _, meters := range []float64{float64(50 * (1 + rng.IntN(2))), float64(100 * (1 + rng.IntN(3)))} {
		for i := range 4 + rng.IntN(4) {
			steps = append(steps, step{meters: meters, intensity: 0.99, lap: i == 0}, step{seconds: 15 + 5*rng.IntN(3)})
		}
	}
	return append(steps, step{meters: 200, intensity: 0.84, lap: true})
}

// strengthSets alternates sets and rests.
func strengthSets(rng *rand.Rand) []step {
	steps := []step{{seconds: minutes(5), intensity: 0.35}}
	for range 12 + rng.IntN(6) {
		steps = append(steps, step{seconds: 35 + rng.IntN(15), intensity: 0.62}, step{seconds: 60 + rng.IntN(30), intensity: 0.2})
	}
	return steps
}
