package demoathlete

import (
	"math"
	"math/rand/v2"
	"time"
)

// A leg is one sport of an outing, as it is meant to be done.
type leg struct {
	discipline discipline
	route      route
	steps      []step
	pause      pause
	dropout    bool // the heart rate strap loses contact for a while
}

// A step lasts for seconds or for meters.
type step struct {
	seconds   int
	meters    float64
	intensity float64 // of the form: threshold power, threshold speed; 0 rests
	lap       bool    // the lap button is pressed at its start
}

// A pause stops the timer once it has run for after seconds.
type pause struct{ after, seconds int }

// A point is what the devices measure at one second, in the resolution of FIT.
type point struct {
	second   int     // after the leg's start, pauses included
	lat, lon int32   // semicircles
	altitude float64 // m, in fifths
	distance float64 // m, to the cm
	speed    float64 // m/s, to the mm/s
	power    uint16
	hr       uint8 // 0: none
	cadence  uint8 // runs: strides of one leg
}

// A track is a leg as it went.
type track struct {
	traits
	start   time.Time
	points  []point
	laps    []int // the points at which laps start, the first one's being 0
	lengths []length
	pause   pause
	celsius int8
}

// ended reports whether the step that began at the given point is over.
func (s step) ended(from, now point) bool {
	if s.meters > 0 {
		return now.distance-from.distance >= s.meters
	}
	return now.second-from.second >= s.seconds
}

// A simulation runs a leg second by second.
type simulation struct {
	leg
	form   form
	rng    *rand.Rand
	course course

	heart       heart
	bike        bicycle
	ease        noise // how far the athlete strays from the plan
	east, north noise // how far the receiver strays from the athlete
	coasting    int   // s left
	speed       float64
	power       float64
	load        float64 // power as the heart feels it
	distance    float64
	timer       int
	track       track
}

func simulate(l leg, start time.Time, f form, rng *rand.Rand) track {
	if l.discipline == poolSwimming {
		return swimLengths(l, start, f, rng)
	}
	s := simulation{
		leg: l, form: f, rng: rng, heart: newHeart(), course: newCourse(l.route),
		ease: noise{spread: 0.04, memory: 0.93},
		east: noise{spread: 1, memory: 0.99}, north: noise{spread: 1, memory: 0.99},
		track: track{traits: l.discipline.traits(), start: start, pause: l.pause, celsius: int8(19 + rng.IntN(9))},
	}
	s.record(0)
	s.track.laps = []int{0}
	for i, st := range l.steps {
		from := s.last()
		if st.lap && i > 0 {
			s.lap()
		}
		for !st.ended(from, s.last()) {
			s.second(st.intensity)
		}
	}
	if n := len(s.track.points) - 1; len(s.track.laps) > 1 && s.track.laps[len(s.track.laps)-1] == n {
		s.track.laps = s.track.laps[:len(s.track.laps)-1]
	}
	return s.track
}

func (s *simulation) last() point { return s.track.points[len(s.track.points)-1] }

func (s *simulation) lap() { s.track.laps = append(s.track.laps, len(s.track.points)-1) }

// second lets one second of timer time go by.
func (s *simulation) second(intensity float64) {
	s.timer++
	grade := s.course.grade(s.distance)
	cadence := 0.0
	ease := 1 + s.ease.next(s.rng)
	switch s.discipline {
	case riding, indoorRiding:
		cadence = s.ride(intensity, ease, grade)
	case strength:
		s.load = intensity * ease
	case hiking:
		s.speed += (1.35*intensity/(1+4*math.Abs(grade))*ease - s.speed) / 4
		s.load = 0.4 + max(0, 4*grade)
	case openWater:
		s.speed += (s.form.swim*intensity*ease - s.speed) / 4
		s.load = intensity
		cadence = 27 + 4*intensity
	default:
		s.speed += (s.form.run*intensity/(1+2.8*grade)*ease - s.speed) / 3
		s.load = intensity * ease
		cadence = 76 + 3.4*s.speed
	}
	s.distance += s.speed
	s.record(cadence + 1.5*s.rng.NormFloat64())
	if lap := s.track.lap; lap > 0 && !s.pressesLaps() && math.Floor(s.distance/lap) > math.Floor((s.distance-s.speed)/lap) {
		s.lap()
	}
}

func (s *simulation) pressesLaps() bool {
	for _, st := range s.steps {
		if st.lap {
			return true
		}
	}
	return false
}

// ride returns the cadence. On the road the rider pushes up hills, rests down
// them, and stops pedalling for junctions; indoors the trainer holds the power.
func (s *simulation) ride(intensity, ease, grade float64) float64 {
	goal := s.form.ftp * intensity * ease
	if s.discipline == riding {
		goal *= min(max(1+7*grade, 0.25), 1.3) * (1 + 0.08*s.rng.NormFloat64())
		if s.coasting == 0 && intensity < 0.85 && s.rng.IntN(200) == 0 {
			s.coasting = 6 + s.rng.IntN(16)
		}
		if s.coasting > 0 || s.bike.speed > 14 {
			goal = 0
		}
		s.coasting = max(0, s.coasting-1)
	}
	s.power += (goal - s.power) * 0.6
	if s.power < 20 {
		s.power = 0
	}
	s.speed = s.bike.roll(s.power, grade)
	s.load += (s.power/s.form.ftp - s.load) / 8
	if s.power == 0 {
		return 0
	}
	return min(92, 70+18*intensity+s.speed/3)
}

// record adds the point of this second.
func (s *simulation) record(cadence float64) {
	t := s.track.traits
	p := point{second: s.timer}
	if s.pause.seconds > 0 && s.timer > s.pause.after {
		p.second += s.pause.seconds
	}
	if t.gps {
		lat, lon := s.course.at(s.distance, s.east.next(s.rng), s.north.next(s.rng))
		p.lat, p.lon = semicircles(lat), semicircles(lon)
		p.altitude = math.Round(s.course.height(s.distance)*5) / 5
	}
	if t.moves {
		p.distance, p.speed = math.Round(s.distance*100)/100, math.Round(s.speed*1000)/1000
	}
	if t.power {
		p.power = uint16(math.Round(s.power))
	}
	if cadence > 10 {
		p.cadence = uint8(math.Round(cadence))
	}
	if hr := s.heart.beat(s.rng, s.load, t.effort, s.timer); !s.dropout || s.timer%1900 < 1750 {
		p.hr = hr
	}
	s.track.points = append(s.track.points, p)
}

func semicircles(degrees float64) int32 { return int32(math.Round(degrees * (1 << 31) / 180)) }

func degrees(semicircles int32) float64 { return float64(semicircles) * 180 / (1 << 31) }
