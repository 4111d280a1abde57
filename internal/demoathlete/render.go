package demoathlete

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/proto"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A rendering is an outing's files and what they hold.
type rendering struct {
	loose    []file
	exported file // path is the entry's name in the account export
	whole    pierre.Totals
	truths   []Recording
}

// render does an outing and writes it.
func render(o outing) (rendering, error) {
	rng := rand.New(rand.NewPCG(o.seed, 0xa7417e7e)) //nolint:gosec // a reproducible outing, not a secret
	tracks := o.tracks(rng)
	data, truths, err := o.encode(tracks, rng)
	if err != nil {
		return rendering{}, err
	}
	r := rendering{whole: tracks[0].whole()}
	r.whole.DistanceMeters = truths[0].DistanceMeters
	if truths[0].CaloriesKcal != nil {
		r.whole.CaloriesKcal = truths[0].CaloriesKcal
	}
	if o.exported() {
		if err := r.export(&o, data, truths); err != nil {
			return rendering{}, err
		}
	}
	if o.loose() {
		name := o.fileName(o.format)
		if o.format != "fit" && o.week%2 == 1 {
			name += ".gz"
			if data, err = compressed(data); err != nil {
				return rendering{}, err
			}
		}
		r.keep(name, data, truths)
	}
	o.addTwin(&r, tracks, rng)
	return r, nil
}

func (o *outing) tracks(rng *rand.Rand) []track {
	start := o.start
	tracks := make([]track, len(o.legs))
	for i, l := range o.legs {
		tracks[i] = simulate(l, start, o.form, rng)
		start = tracks[i].at(len(tracks[i].points) - 1).Add(time.Second)
		if o.device == phone {
			tracks[i] = withoutPulse(tracks[i])
		}
	}
	return tracks
}

// encode writes the file and says what it holds.
func (o *outing) encode(tracks []track, rng *rand.Rand) ([]byte, []Recording, error) {
	switch o.format {
	case "gpx":
		truth := gpxTruth(&tracks[0])
		truth.Name = o.name
		return gpxFile(o.name, o.device, &tracks[0]), []Recording{truth}, nil
	case "tcx":
		return tcxFile(o.device, &tracks[0]), []Recording{tcxTruth(&tracks[0])}, nil
	}
	var kept [][]int
	var truths []Recording
	for i := range tracks {
		kept = append(kept, tracks[i].kept(o.smart, rng))
		truth := tracks[i].truth("fit", len(kept[i]))
		truth.Part = i
		truths = append(truths, truth)
	}
	messages := fitMessages(o.device, tracks, kept)
	if o.cut > 0 {
		data, truth, err := o.cutOff(messages, &tracks[0])
		return data, []Recording{truth}, err
	}
	data, err := encodeFIT(messages)
	return data, truths, err
}

// cutOff is the file as it is when the battery dies: a share of the messages and
// the beginning of the next one. Nothing sums it up, so the truth is that of the
// whole records in it.
func (o *outing) cutOff(messages []proto.Message, t *track) ([]byte, Recording, error) {
	n := int(float64(len(messages)) * o.cut)
	head, err := encodeFIT(messages[:n])
	if err != nil {
		return nil, Recording{}, err
	}
	all, err := encodeFIT(messages)
	if err != nil {
		return nil, Recording{}, err
	}
	const checksum, begun = 2, 5 // bytes
	data := all[:len(head)-checksum+begun]
	records, laps := 0, 0
	for _, m := range messages[:n] {
		switch m.Num {
		case typedef.MesgNumRecord:
			records++
		case typedef.MesgNumLap:
			laps++
		default:
		}
	}
	truth := t.truth("fit", records)
	truth.Totals = t.totals(0, records-1)
	truth.Laps, truth.CaloriesKcal, truth.CutAt = laps, nil, len(data)
	return data, truth, nil
}

// kept returns the points that the device writes: all, or with smart recording
// those where it turns, a lap ends or a few seconds have gone by.
func (t *track) kept(smart bool, rng *rand.Rand) []int {
	last := len(t.points) - 1
	must := map[int]bool{last: true}
	for _, lap := range t.laps {
		must[lap] = true
	}
	var kept []int
	next := 0
	for i := range t.points {
		if i >= next || must[i] {
			kept = append(kept, i)
			next = i + 1
			if smart {
				next += rng.IntN(6)
			}
		}
	}
	return kept
}

func (o *outing) fileName(extension string) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r == ' ':
			return '-'
		case r == '×':
			return 'x'
		case r == '/':
			return '-'
		}
		return -1
	}, strings.ToLower(o.name))
	return fmt.Sprintf("%s-%s.%s", o.start.Add(utcOffset).Format("2006-01-02-1504"), slug, extension)
}

// keep puts a file into the folder. What is in the rendering already is the same activity.
func (r *rendering) keep(name string, data []byte, truths []Recording) {
	r.loose = append(r.loose, file{name, data})
	var of string
	if len(r.truths) > 0 {
		of = r.truths[0].File
	}
	for _, t := range truths {
		t.File, t.DuplicateOf = name, of
		r.truths = append(r.truths, t)
	}
}

// addTwin adds the second recording of the same activity.
func (o *outing) addTwin(r *rendering, tracks []track, rng *rand.Rand) {
	switch o.twin {
	case byPhone:
		t := secondHand(withoutPulse(tracks[0]), rng)
		truth := gpxTruth(&t)
		truth.Name = "Morning activity"
		r.keep(o.fileName("gpx"), gpxFile(truth.Name, phone, &t), []Recording{truth})
	case byWatch:
		t := secondHand(tracks[0], rng)
		t.power = false
		for i := range t.points {
			t.points[i].distance = math.Round(t.points[i].distance*100.4) / 100
		}
		r.keep(o.fileName("tcx"), tcxFile(newWatch, &t), []Recording{tcxTruth(&t)})
	case copied:
		original := r.loose[0]
		r.keep(strings.TrimSuffix(original.path, ".fit")+" (1).fit", original.data, r.truths)
	case noTwin:
	}
}

// withoutPulse is the track as a phone sees it.
func withoutPulse(t track) track {
	t.points = append([]point{}, t.points...)
	for i := range t.points {
		t.points[i].hr, t.points[i].cadence = 0, 0
	}
	return t
}

// secondHand is the track as another device on the same athlete records it: it is
// started later, stopped earlier, and stands elsewhere by a few metres.
func secondHand(t track, rng *rand.Rand) track {
	const late, early = 9, 6
	points := append([]point{}, t.points[late:len(t.points)-early]...)
	north, east := noise{spread: 1.2, memory: 0.99}, noise{spread: 1.2, memory: 0.99}
	first := points[0]
	for i := range points {
		p := &points[i]
		p.second -= first.second
		p.distance = math.Round((p.distance-first.distance)*100) / 100
		p.lat += semicircles(north.next(rng) / metersPerDegree)
		p.lon += semicircles(east.next(rng) / metersPerDegree)
		p.altitude += 3.4
	}
	t.start = t.start.Add(time.Duration(first.second) * time.Second)
	t.pause.after -= late
	laps := []int{0}
	for _, lap := range t.laps {
		if moved := lap - late; moved > 0 && moved < len(points)-1 {
			laps = append(laps, moved)
		}
	}
	t.points, t.laps = points, laps
	return t
}

// compressed is deterministic: no name, no time.
func compressed(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}
