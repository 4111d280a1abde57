package fitness

import "math"

// A Climb is a part of a recording that goes up.
type Climb struct {
	StartSeconds float64 // after the start of the recording
	Seconds      float64 // elapsed
	StartMeters  float64 // of distance
	Meters       float64
	GainMeters   float64 // from the foot to the top
}

// Grade returns the mean slope in percent.
func (c Climb) Grade() float64 { return 100 * c.GainMeters / c.Meters }

// VAM returns the vertical metres per hour.
func (c Climb) VAM() float64 { return 3600 * c.GainMeters / c.Seconds }

// Category returns the category of the climb by its length in metres times its grade in percent, as Strava has it: "HC" from
// 80 000 on, then "1" to "4" from 64 000, 32 000, 16 000 and 8000, and "" below. See [MethodClimbs].
func (c Climb) Category() string {
	score := c.Meters * c.Grade()
	for _, of := range [...]struct {
		least float64
		name  string
	}{{80_000, "HC"}, {64_000, "1"}, {32_000, "2"}, {16_000, "3"}, {8000, "4"}} {
		if score >= of.least {
			return of.name
		}
	}
	return ""
}

// What is a climb.
const (
	climbGrade  = 0.03 // at least, on the whole
	climbMeters = 500  // of distance, at least
	climbScore  = 3500 // length in m times grade in %, at least
	falseFlat   = 0.01 // what is less steep at the ends of a climb is not of it
	leastDip    = 10.0 // m of descent that may interrupt a climb,
	dipShare    = 0.1  // or this share of what was climbed
	longestFlat = 1000 // m without a new highest point that end a climb
)

// Climbs finds the climbs in a recording by the times in s, the cumulative distance in m and the altitude in m, which is
// averaged over 15 s, or over 90 s if only satellites measured it. A climb has at least 500 m of distance, 3 % of grade and a
// length times grade of 3500. It ends where the way goes down by 10 m or a tenth of what was climbed, or does not go higher
// for 1 km. See [MethodClimbs].
func Climbs(t, distance, altitude []float64) ([]Climb, error) {
	c, err := hold("altitude", t, altitude, -500, 9000)
	if err != nil {
		return nil, err
	}
	if len(distance) != len(t) {
		return nil, unavailable("no distance was recorded")
	}
	return climbsOf(profileOf(c, distance)), nil
}

// A vertex is a point of the profile of a way.
type vertex struct{ t, d, a float64 }

// profileOf returns the profile, of which the points are some metres apart.
func profileOf(c column, distance []float64) []vertex {
	const apart = 10 // m
	seconds := float64(barometerSeconds)
	if c.noise() > gpsNoise {
		seconds = gpsSeconds
	}
	smoothed, next := c.smooth(seconds), 0
	var way []vertex
	for i, v := range c.x {
		if math.IsNaN(v) {
			continue
		}
		a := smoothed[next]
		next++
		if d := distance[i]; finite(d) && (len(way) == 0 || d >= way[len(way)-1].d+apart) {
			way = append(way, vertex{c.t[i], d, a})
		}
	}
	return way
}

func climbsOf(way []vertex) []Climb {
	var climbs []Climb
	base, top := 0, 0
	end := func() {
		if c, ok := climbOf(way[base : top+1]); ok {
			climbs = append(climbs, c)
		}
	}
	for i := range way {
		switch gained := way[top].a - way[base].a; {
		case way[i].a <= way[base].a && gained < leastDip:
			base, top = i, i
		case way[i].a >= way[top].a:
			top = i
		case way[top].a-way[i].a > max(leastDip, dipShare*gained), way[i].d-way[top].d > longestFlat:
			end()
			base, top = i, i
		}
	}
	if len(way) > 0 {
		end()
	}
	return climbs
}

// climbOf cuts off what is flat at both ends of a part that goes up, and reports whether the rest is a climb.
func climbOf(way []vertex) (Climb, bool) {
	first, last := steepest(way)
	foot, top := way[first], way[last]
	c := Climb{StartSeconds: foot.t, Seconds: top.t - foot.t, StartMeters: foot.d, Meters: top.d - foot.d, GainMeters: top.a - foot.a}
	return c, c.Meters >= climbMeters && c.Seconds > sliver && c.GainMeters >= climbGrade*c.Meters && c.Meters*c.Grade() >= climbScore
}

// steepest returns the part that rises the most above a false flat (Kadane's maximal sum).
func steepest(way []vertex) (first, last int) {
	best, from, sum := 0.0, 0, 0.0
	for i := 1; i < len(way); i++ {
		sum += way[i].a - way[i-1].a - falseFlat*(way[i].d-way[i-1].d)
		if sum <= 0 {
			sum, from = 0, i
		}
		if sum > best {
			best, first, last = sum, from, i
		}
	}
	return first, last
}
