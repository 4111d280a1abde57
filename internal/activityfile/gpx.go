package activityfile

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A gpxTrack is a trk element. Points without a time are only counted.
type gpxTrack struct {
	name, kind, desc string
	points           []sample
	untimed          int
	apart            bool // the next point begins a segment
}

// recorded reports whether the track was recorded rather than drawn: most of
// its points have times, which differ.
func (t *gpxTrack) recorded() bool {
	const leastShare = 1.0 / 3
	timed := float64(len(t.points))
	return len(t.points) > 1 && t.points[0].t < t.points[len(t.points)-1].t && timed >= leastShare*(timed+float64(t.untimed))
}

// A gpxReader reads a GPX document, of version 1.0 or 1.1 and with the
// extensions of any maker: the local names of what they hold agree.
type gpxReader struct {
	*xmlReader
	maxSamples     int
	zone           zone
	name           string
	tracks         []gpxTrack
	samples        int
	routes, points int
	drawn          int // points of tracks without any time
	buf            []byte
}

// readGPX reads the rest of a document whose root has begun.
func readGPX(x *xmlReader, maxSamples int) (drafts []draft, warnings []string, err error) {
	g := &gpxReader{xmlReader: x, maxSamples: maxSamples}
	if err := x.children(g.child); err != nil {
		text, err := x.damage(err)
		if err != nil {
			return nil, nil, err
		}
		warnings = append(warnings, text)
	}
	untimed := g.drawn
	var recorded []gpxTrack
	for i := range g.tracks {
		t := &g.tracks[i]
		sortSamples(t.points)
		if t.recorded() {
			recorded = append(recorded, *t)
			untimed += t.untimed
		} else {
			untimed += len(t.points) + t.untimed
		}
	}
	if len(recorded) == 0 {
		return nil, nil, g.refuse(warnings)
	}
	if untimed > 0 {
		warnings = append(warnings, fmt.Sprintf("%d of %d points have no usable time and were left out", untimed, g.samples))
	}
	return g.drafts(recorded), warnings, nil
}

func (g *gpxReader) refuse(warnings []string) error {
	switch {
	case len(warnings) > 0:
		return lost(warnings[0])
	case g.samples > 0 && g.samples == g.untimed():
		return notActivity("no usable times: this is a route, not a recording")
	case g.samples > 0:
		return notActivity("no usable times (%d of %d points have one): this is a route, not a recording", g.samples-g.untimed(), g.samples)
	case g.routes > 0:
		return notActivity("it holds a planned route, not a recording")
	case g.points > 0:
		return notActivity("it holds only waypoints")
	}
	return notActivity("it holds no track")
}

func (g *gpxReader) untimed() int {
	n := g.drawn
	for i := range g.tracks {
		n += g.tracks[i].untimed
	}
	return n
}

func (g *gpxReader) child(e xml.StartElement) error {
	switch e.Name.Local {
	case "metadata":
		return g.children(func(e xml.StartElement) (err error) {
			if e.Name.Local == "name" {
				g.name, err = g.text()
			}
			return err
		})
	case "trk":
		return g.track()
	case "rte":
		g.routes++
	case "wpt":
		g.points++
	}
	return nil
}

// track reads a trk, and keeps it unless none of its points has a time.
func (g *gpxReader) track() error {
	var t gpxTrack
	err := g.children(func(e xml.StartElement) error { return g.trackChild(e, &t) })
	switch {
	case len(t.points) == 0:
		g.drawn += t.untimed
	case len(g.tracks) >= maxActivities:
		return full("it has more than %d tracks", maxActivities)
	default:
		g.tracks = append(g.tracks, t)
	}
	return err
}

func (g *gpxReader) trackChild(e xml.StartElement, t *gpxTrack) (err error) {
	switch e.Name.Local {
	case "name":
		t.name, err = g.text()
	case "type":
		t.kind, err = g.text()
	case "desc":
		t.desc, err = g.text()
	case "trkseg":
		t.apart = true
		err = g.children(func(e xml.StartElement) error {
			if e.Name.Local != "trkpt" {
				return nil
			}
			return g.point(e, t)
		})
	}
	return err
}

// point reads a trkpt.
func (g *gpxReader) point(e xml.StartElement, t *gpxTrack) error {
	if g.samples++; g.samples > g.maxSamples {
		return full("it has more than %d points", g.maxSamples)
	}
	s := newSample(math.NaN())
	s.place(decimal(attr(e, "lat")), decimal(attr(e, "lon")))
	err := g.leaves(&g.buf, func(name, text string) {
		switch name {
		case "time":
			s.t = g.zone.parse(text)
		case "ele":
			s.alt = decimal(text)
		case "hr", "heartrate":
			s.hr = decimal(text)
		case "cad", "cadence":
			s.cad = decimal(text)
		case "atemp", "temp", "temperature":
			s.temp = decimal(text)
		case "power", "PowerInWatts", "Watts", "watts":
			s.power = decimal(text)
		case "speed":
			s.speed = decimal(text)
		}
	})
	switch {
	case err != nil: // the document ends within the point
		g.samples--
	case math.IsNaN(s.t):
		t.untimed++
	default:
		s.apart, t.apart = t.apart, false
		t.points = append(t.points, s)
	}
	return err
}

// drafts makes one activity of tracks that follow each other, and several of
// tracks that do not: recordings of other days, of another sport, or of the
// same time on another device.
func (g *gpxReader) drafts(tracks []gpxTrack) []draft {
	const longestBreak = 3 * 3600 // s
	const overlap = 60            // s
	slices.SortStableFunc(tracks, func(a, b gpxTrack) int { return cmp.Compare(a.points[0].t, b.points[0].t) })
	var drafts []draft
	var kind string
	for _, t := range tracks {
		if n := len(drafts) - 1; n >= 0 {
			end := drafts[n].samples[len(drafts[n].samples)-1].t
			if gap := t.points[0].t - end; gap >= -overlap && gap <= longestBreak && t.kind == kind {
				drafts[n].samples = append(drafts[n].samples, t.points...)
				continue
			}
		}
		kind = t.kind
		d := newDraft(math.NaN())
		d.rec.Name, d.rec.Description = t.name, t.desc
		if d.rec.Name == "" {
			d.rec.Name = g.name
		}
		d.rec.Sport = gpxSport(t.kind)
		d.rec.UTCOffset, d.local = g.zone.offset, g.zone.absent
		d.samples = t.points
		drafts = append(drafts, d)
	}
	return drafts
}

// gpxSport maps a track's type: a word, or one of the numbers that Strava used to write.
func gpxSport(kind string) pierre.Sport {
	switch kind {
	case "1":
		return pierre.SportRide
	case "4":
		return pierre.SportHike
	case "9":
		return pierre.SportRun
	case "10":
		return pierre.SportWalk
	case "16":
		return pierre.SportSwim
	}
	return sportOf(kind)
}

// decimal returns the number in text, or NaN.
func decimal(text string) float64 {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(x, 0) {
		return math.NaN()
	}
	return x
}
