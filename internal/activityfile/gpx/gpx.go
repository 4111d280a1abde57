// Package gpx reads GPX documents, of version 1.0 or 1.1 and with the extensions of any maker.
package gpx

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"math"
	"slices"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A track is a trk element. Points without a time are only counted.
type track struct {
	name, kind, desc string
	points           []draft.Sample
	untimed          int
	apart            bool // the next point begins a segment
}

// recorded reports whether the track was recorded rather than drawn: most of
// its points have times, which differ.
func (t *track) recorded() bool {
	const leastShare = 1.0 / 3
	timed := float64(len(t.points))
	return len(t.points) > 1 && t.points[0].T < t.points[len(t.points)-1].T && timed >= leastShare*(timed+float64(t.untimed))
}

// A reader reads a GPX document, of version 1.0 or 1.1 and with the
// extensions of any maker: the local names of what they hold agree.
type reader struct {
	*xmldoc.Reader
	maxSamples     int
	zone           xmldoc.Zone
	name           string
	tracks         []track
	samples        int
	routes, points int
	drawn          int // points of tracks without any time
	buf            []byte
}

// Read reads the rest of a document whose root has begun.
func Read(x *xmldoc.Reader, maxSamples int) (drafts []draft.Draft, warnings []string, err error) {
	g := &reader{Reader: x, maxSamples: maxSamples}
	if err := x.Children(g.child); err != nil {
		text, err := x.Damage(err)
		if err != nil {
			return nil, nil, err
		}
		warnings = append(warnings, text)
	}
	untimed := g.drawn
	var recorded []track
	for i := range g.tracks {
		t := &g.tracks[i]
		draft.SortSamples(t.points)
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

func (g *reader) refuse(warnings []string) error {
	switch {
	case len(warnings) > 0:
		return draft.Lost(warnings[0])
	case g.samples > 0 && g.samples == g.untimed():
		return draft.NotActivity("no usable times: this is a route, not a recording")
	case g.samples > 0:
		return draft.NotActivity("no usable times (%d of %d points have one): this is a route, not a recording", g.samples-g.untimed(), g.samples)
	case g.routes > 0:
		return draft.NotActivity("it holds a planned route, not a recording")
	case g.points > 0:
		return draft.NotActivity("it holds only waypoints")
	}
	return draft.NotActivity("it holds no track")
}

func (g *reader) untimed() int {
	n := g.drawn
	for i := range g.tracks {
		n += g.tracks[i].untimed
	}
	return n
}

func (g *reader) child(e xml.StartElement) error {
	switch e.Name.Local {
	case "metadata":
		return g.Children(func(e xml.StartElement) (err error) {
			if e.Name.Local == "name" {
				g.name, err = g.Text()
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
func (g *reader) track() error {
	var t track
	err := g.Children(func(e xml.StartElement) error { return g.trackChild(e, &t) })
	switch {
	case len(t.points) == 0:
		g.drawn += t.untimed
	case len(g.tracks) >= draft.MaxActivities:
		return draft.Full("it has more than %d tracks", draft.MaxActivities)
	default:
		g.tracks = append(g.tracks, t)
	}
	return err
}

func (g *reader) trackChild(e xml.StartElement, t *track) (err error) {
	switch e.Name.Local {
	case "name":
		t.name, err = g.Text()
	case "type":
		t.kind, err = g.Text()
	case "desc":
		t.desc, err = g.Text()
	case "trkseg":
		t.apart = true
		err = g.Children(func(e xml.StartElement) error {
			if e.Name.Local != "trkpt" {
				return nil
			}
			return g.point(e, t)
		})
	}
	return err
}

// point reads a trkpt.
func (g *reader) point(e xml.StartElement, t *track) error {
	if g.samples++; g.samples > g.maxSamples {
		return draft.Full("it has more than %d points", g.maxSamples)
	}
	s := draft.NewSample(math.NaN())
	s.Place(xmldoc.Decimal(xmldoc.Attr(e, "lat")), xmldoc.Decimal(xmldoc.Attr(e, "lon")))
	err := g.Leaves(&g.buf, func(name, text string) {
		switch name {
		case "time":
			s.T = g.zone.Parse(text)
		case "ele":
			s.Alt = xmldoc.Decimal(text)
		case "hr", "heartrate":
			s.HR = xmldoc.Decimal(text)
		case "cad", "cadence":
			s.Cad = xmldoc.Decimal(text)
		case "atemp", "temp", "temperature":
			s.Temp = xmldoc.Decimal(text)
		case "power", "PowerInWatts", "Watts", "watts":
			s.Power = xmldoc.Decimal(text)
		case "speed":
			s.Speed = xmldoc.Decimal(text)
		}
	})
	switch {
	case err != nil: // the document ends within the point
		g.samples--
	case math.IsNaN(s.T):
		t.untimed++
	default:
		s.Apart, t.apart = t.apart, false
		t.points = append(t.points, s)
	}
	return err
}

// drafts makes one activity of tracks that follow each other, and several of
// tracks that do not: recordings of other days, of another sport, or of the
// same time on another device.
func (g *reader) drafts(tracks []track) []draft.Draft {
	const longestBreak = 3 * 3600 // s
	const overlap = 60            // s
	slices.SortStableFunc(tracks, func(a, b track) int { return cmp.Compare(a.points[0].T, b.points[0].T) })
	var drafts []draft.Draft
	var kind string
	for _, t := range tracks {
		if n := len(drafts) - 1; n >= 0 {
			end := drafts[n].Samples[len(drafts[n].Samples)-1].T
			if gap := t.points[0].T - end; gap >= -overlap && gap <= longestBreak && t.kind == kind {
				drafts[n].Samples = append(drafts[n].Samples, t.points...)
				continue
			}
		}
		kind = t.kind
		d := draft.New(math.NaN())
		d.Rec.Name, d.Rec.Description = t.name, t.desc
		if d.Rec.Name == "" {
			d.Rec.Name = g.name
		}
		d.Rec.Sport = sportOf(t.kind)
		draft.Called(&d.Rec.Activity, t.kind)
		d.Rec.UTCOffset, d.Local = g.zone.Offset, g.zone.Absent
		d.Samples = t.points
		drafts = append(drafts, d)
	}
	return drafts
}

// sportOf maps a track's type: a word, or one of the numbers that Strava used to write.
func sportOf(kind string) pierre.Sport {
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
	return draft.SportOf(kind)
}
