package weather

import (
	"math"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Spread is the mean of a quantity over a time, and its least and greatest value.
type Spread struct{ Mean, Least, Most float64 }

// A Summary is the weather over a time. What is not known for at least half of it is nil.
type Summary struct {
	Temperature   *Spread  // °C
	Apparent      *Spread  // °C, as it feels
	Humidity      *float64 // %, mean
	DewPoint      *float64 // °C, mean
	Precipitation *float64 // mm, in all
	WindSpeed     *float64 // m/s at 10 m, mean
	WindGust      *float64 // m/s, strongest
	WindFrom      *float64 // degrees, direction of the mean wind; nil also if it blew from everywhere
	Code          *int     // of the weather, WMO table 4677: the highest, which is the most notable
}

const (
	mostSteps = 600
	enough    = 0.5 // share of the time of which a quantity has to be known
	steady    = 0.2 // length of the mean wind against the mean speed, below which it has no direction
)

// Over sums up the weather from one time to another: between full hours values are interpolated.
func (r Report) Over(from, to time.Time) Summary {
	step := max(time.Minute, to.Sub(from)/mostSteps)
	var temperature, apparent, humidity, dew, speed, east, north samples
	steps := 0
	for at := from; !at.After(to); at = at.Add(step) {
		h, _ := r.At(at)
		steps++
		temperature.add(h.Temperature)
		apparent.add(h.Apparent)
		humidity.add(h.Humidity)
		dew.add(h.DewPoint)
		speed.add(h.WindSpeed)
		e, n := vector(h)
		east.add(e)
		north.add(n)
	}
	s := Summary{
		Temperature: temperature.spread(steps), Apparent: apparent.spread(steps), Humidity: humidity.mean(steps), DewPoint: dew.mean(steps),
		WindSpeed: speed.mean(steps), Precipitation: r.fallen(from, to),
	}
	if e, n := east.mean(steps), north.mean(steps); e != nil && n != nil && math.Hypot(*e, *n) > steady**s.WindSpeed {
		s.WindFrom = new(direction(*e, *n))
	}
	for _, h := range r.Hours {
		if h.Time.After(from.Add(-time.Hour)) && h.Time.Before(to.Add(time.Hour)) {
			s.WindGust = greater(s.WindGust, h.WindGust)
			if h.Code != nil && (s.Code == nil || int(*h.Code) > *s.Code) {
				s.Code = new(int(*h.Code))
			}
		}
	}
	return s
}

// At returns the weather at a time, interpolated, without what is known by the hour alone. ok is false if nothing is known.
func (r Report) At(at time.Time) (h pierre.WeatherHour, ok bool) {
	for n, next := range r.Hours {
		if next.Time.Before(at) {
			continue
		}
		before := next
		if n > 0 && !next.Time.Equal(at) {
			before = r.Hours[n-1]
		}
		gap := next.Time.Sub(before.Time)
		if gap > time.Hour || at.Before(before.Time) {
			return h, false
		}
		share := 0.0
		if gap > 0 {
			share = float64(at.Sub(before.Time)) / float64(gap)
		}
		return between(before.WeatherHour, next.WeatherHour, share), true
	}
	return h, false
}

// between interpolates: share 0 is a, 1 is b.
func between(a, b pierre.WeatherHour, share float64) pierre.WeatherHour {
	mix := func(x, y *float64) *float64 {
		if x == nil || y == nil {
			return nil
		}
		return new(*x + share*(*y-*x))
	}
	h := pierre.WeatherHour{
		Temperature: mix(a.Temperature, b.Temperature), Humidity: mix(a.Humidity, b.Humidity), DewPoint: mix(a.DewPoint, b.DewPoint),
		Apparent: mix(a.Apparent, b.Apparent), WindSpeed: mix(a.WindSpeed, b.WindSpeed),
	}
	ae, an := vector(a)
	be, bn := vector(b)
	if e, n := mix(ae, be), mix(an, bn); e != nil && n != nil && math.Hypot(*e, *n) > 0 {
		h.WindFrom = new(direction(*e, *n))
	}
	return h
}

// vector returns where the wind comes from, as its parts in m/s from the east and from the north.
func vector(h pierre.WeatherHour) (east, north *float64) {
	if h.WindSpeed == nil || h.WindFrom == nil {
		return nil, nil
	}
	sin, cos := math.Sincos(*h.WindFrom * math.Pi / 180)
	return new(*h.WindSpeed * sin), new(*h.WindSpeed * cos)
}

// direction returns the degrees from north of a vector.
func direction(east, north float64) float64 {
	return math.Mod(math.Atan2(east, north)*180/math.Pi+360, 360)
}

// fallen adds up precipitation, which is given for the hour before.
func (r Report) fallen(from, to time.Time) *float64 {
	var sum float64
	var known time.Duration
	for _, h := range r.Hours {
		part := earlier(h.Time, to).Sub(later(h.Time.Add(-time.Hour), from))
		if part > 0 && h.Precipitation != nil {
			sum += *h.Precipitation * part.Hours()
			known += part
		}
	}
	if all := to.Sub(from); all <= 0 || known.Hours() < enough*all.Hours() {
		return nil
	}
	return &sum
}

func greater(a, b *float64) *float64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

// samples are values of one quantity.
type samples struct {
	n                int
	sum, least, most float64
}

func (s *samples) add(v *float64) {
	if v == nil {
		return
	}
	if s.n == 0 {
		s.least, s.most = *v, *v
	}
	s.n++
	s.sum += *v
	s.least, s.most = min(s.least, *v), max(s.most, *v)
}

// spread returns nil if too few of so many steps have a value.
func (s *samples) spread(steps int) *Spread {
	if s.n == 0 || float64(s.n) < enough*float64(steps) {
		return nil
	}
	return &Spread{s.sum / float64(s.n), s.least, s.most}
}

func (s *samples) mean(steps int) *float64 {
	if sp := s.spread(steps); sp != nil {
		return &sp.Mean
	}
	return nil
}
