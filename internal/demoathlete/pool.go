package demoathlete

import (
	"math"
	"math/rand/v2"
	"time"
)

// A length is one crossing of the pool, or a rest at its wall.
type length struct {
	start, seconds int
	strokes        uint16 // 0: a rest
}

const poolMeters = 25.0

// swimLengths swims in a pool. The watch sees no satellites, and no pulse under
// water: it notes each length when it is done. A step with intensity 0 is a rest.
func swimLengths(l leg, start time.Time, f form, rng *rand.Rand) track {
	t := track{traits: l.discipline.traits(), start: start, points: []point{{}}, laps: []int{0}}
	ease := noise{spread: 0.03, memory: 0.8}
	now, distance := 0, 0.0
	for i, st := range l.steps {
		if st.lap && i > 0 {
			t.laps = append(t.laps, len(t.points)-1)
		}
		if st.intensity == 0 {
			t.lengths = append(t.lengths, length{start: now, seconds: st.seconds})
			now += st.seconds
			t.points = append(t.points, point{second: now, distance: distance})
			continue
		}
		for range int(st.meters / poolMeters) {
			pace := f.swim * st.intensity * (1 + ease.next(rng))
			seconds := max(1, int(math.Round(poolMeters/pace)))
			t.lengths = append(t.lengths, length{now, seconds, uint16(16 + rng.IntN(5))})
			now += seconds
			distance += poolMeters
			t.points = append(t.points, point{second: now, distance: distance, speed: math.Round(poolMeters/float64(seconds)*1000) / 1000})
		}
	}
	return t
}
