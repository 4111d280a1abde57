package demoathlete

import (
	"math"
	"math/rand/v2"
)

// Courses start at one point of an island that no map shows: the open Atlantic
// west of Cape Verde.
const (
	homeLat = 15.6000  // degrees
	homeLon = -27.9000 // degrees

	metersPerDegree = 111_195.0
)

// A course is a closed smooth loop with a smooth profile.
type course struct {
	length float64 // m
	turns  []vertex
	hills  []wave
	base   float64 // m above the sea at the start
}

// A vertex is a point of the loop: metres east and north of the start, after along metres.
type vertex struct{ along, east, north float64 }

// A wave is a part of the height profile: height·(1 − cos(2π·cycles·x + phase)).
type wave struct{ height, cycles, phase float64 }

// A route names a course: each seed is another landscape. relief is about the
// height from the lowest to the highest point; 0 is the sea.
type route struct {
	seed           uint64
	length, relief float64 // m
}

func newCourse(r route) course {
	rng := rand.New(rand.NewPCG(r.seed, 0xc0025e)) //nolint:gosec // a reproducible landscape, not a secret
	const harmonics, vertices = 4, 720
	var shape [harmonics]wave
	for k := range shape {
		shape[k] = wave{0.28 * rng.Float64() / float64(k+1), float64(k + 2), 2 * math.Pi * rng.Float64()}
	}
	heading := 2 * math.Pi * rng.Float64()
	c := course{length: r.length, turns: make([]vertex, vertices+1)}
	for i := range c.turns {
		angle := 2 * math.Pi * float64(i%vertices) / vertices
		radius := 1.0
		for _, w := range shape {
			radius += w.height * math.Cos(w.cycles*angle+w.phase)
		}
		c.turns[i] = vertex{0, radius * math.Cos(angle+heading), radius * math.Sin(angle+heading)}
	}
	c.scale()
	if r.relief == 0 {
		return c
	}
	lowest := 0.0
	for k := range 3 {
		c.hills = append(c.hills, wave{r.relief / float64(k*k+1), float64(k*2 + 1), 2 * math.Pi * rng.Float64()})
	}
	for _, v := range c.turns {
		lowest = min(lowest, c.height(v.along))
	}
	c.base = 5 + 10*rng.Float64() - lowest
	return c
}

// scale moves the start to 0, 0 and stretches the loop to its length.
func (c *course) scale() {
	start := c.turns[0]
	perimeter := 0.0
	for i := range c.turns {
		c.turns[i].east -= start.east
		c.turns[i].north -= start.north
		if i > 0 {
			perimeter += math.Hypot(c.turns[i].east-c.turns[i-1].east, c.turns[i].north-c.turns[i-1].north)
		}
		c.turns[i].along = perimeter
	}
	for i := range c.turns {
		v := &c.turns[i]
		v.along, v.east, v.north = v.along*c.length/perimeter, v.east*c.length/perimeter, v.north*c.length/perimeter
	}
}

// at returns the place after dist metres, offset by noise metres.
func (c *course) at(dist, noiseEast, noiseNorth float64) (lat, lon float64) {
	d := math.Mod(dist, c.length)
	i := int(d / c.length * float64(len(c.turns)-1))
	for i > 0 && c.turns[i].along > d {
		i--
	}
	for i < len(c.turns)-2 && c.turns[i+1].along <= d {
		i++
	}
	a, b := c.turns[i], c.turns[i+1]
	f := (d - a.along) / (b.along - a.along)
	east := a.east + f*(b.east-a.east) + noiseEast
	north := a.north + f*(b.north-a.north) + noiseNorth
	return homeLat + north/metersPerDegree, homeLon + east/(metersPerDegree*math.Cos(homeLat*math.Pi/180))
}

// height returns the height above the sea after dist metres.
func (c *course) height(dist float64) float64 {
	h := c.base
	for _, w := range c.hills {
		h += w.height / 2 * (math.Cos(w.phase) - math.Cos(2*math.Pi*w.cycles*dist/c.length+w.phase))
	}
	return h
}

// grade returns the slope after dist metres, as rise over run.
func (c *course) grade(dist float64) float64 {
	g := 0.0
	for _, w := range c.hills {
		k := 2 * math.Pi * w.cycles / c.length
		g += w.height / 2 * k * math.Sin(k*dist+w.phase)
	}
	return g
}
