package fitness

import "slices"

// A track is what a receiver recorded. A point is an index of its columns.
type track struct {
	t, lat, lon []float64
	maxSpeed    float64 // m/s
}

// A trackPart is a part of a track, in which each point can be reached from the one before.
type trackPart struct {
	points []int
	jumped bool // it cannot be reached from the end of the part before

	value    int // of the best track that ends with this part: see pointValue
	previous int // the part before it in that track, -1: none
}

func (p trackPart) last() int { return p.points[len(p.points)-1] }

// What a way through the parts is worth: each point that it keeps, less what it leaves out between two parts, less a jump
// to where nobody gets in that time. So a few points that happen to be within reach do not become part of the way.
const (
	pointValue = 2
	mostSkips  = 10 // what left-out points cost at most, between two parts
	jumpCost   = 20
	lookBack   = 8 // how many of the last parts are tried as the one before
)

// credible returns the parts of the track that belong together: those of the way through the parts that keeps the most
// points and leaves out the others as errors.
func (k track) credible() []trackPart {
	parts := k.parts()
	best := -1 // the part with the highest value so far
	for i := range parts {
		p := &parts[i]
		own := pointValue * len(p.points)
		p.value, p.previous = own, -1
		consider := func(j int) {
			before := parts[j]
			cost, jumped := min(p.points[0]-before.last()-1, mostSkips), false
			if !k.reaches(before.last(), p.points[0]) {
				cost, jumped = jumpCost, true
			}
			if v := before.value + own - cost; v > p.value {
				p.value, p.previous, p.jumped = v, j, jumped
			}
		}
		for j := max(0, i-lookBack); j < i; j++ {
			consider(j)
		}
		if best >= 0 {
			consider(best)
		}
		if best < 0 || p.value > parts[best].value {
			best = i
		}
	}
	var kept []trackPart
	for ; best >= 0; best = parts[best].previous {
		kept = append(kept, parts[best])
	}
	slices.Reverse(kept)
	return kept
}

// parts splits the track where a point cannot be reached from the one before.
func (k track) parts() []trackPart {
	var parts []trackPart
	for i := range k.t {
		if !onEarth(k.lat[i], k.lon[i]) || !finite(k.t[i]) {
			continue
		}
		if n := len(parts) - 1; n >= 0 && k.reaches(parts[n].last(), i) {
			parts[n].points = append(parts[n].points, i)
			continue
		}
		parts = append(parts, trackPart{points: []int{i}})
	}
	return parts
}

// step returns the metres from point i to point j.
func (k track) step(i, j int) float64 { return Haversine(k.lat[i], k.lon[i], k.lat[j], k.lon[j]) }

func (k track) reaches(i, j int) bool {
	return k.step(i, j) <= k.maxSpeed*(max(k.t[j]-k.t[i], 0)+1)
}
