package training

import (
	"testing"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The version is a checksum over the specimens' digests, so these must have all that a digest can hold.
func TestSpecimensExerciseEveryPart(t *testing.T) {
	lengths, distances, notes := map[float64]bool{}, map[float64]bool{}, map[bool]bool{}
	for i, rec := range specimens() {
		d := newDigest(rec)
		if d.HeartRate == nil || d.PeakHR == 0 || d.Power == nil || d.HeartRate.Recorded == 0 || d.Power.Coverage >= 1 {
			t.Fatalf("the digest of specimen %d lacks something: %+v", i, d)
		}
		notes[d.Power.Note != ""] = true
		for _, e := range d.Power.Best {
			lengths[e.Seconds] = true
		}
		for _, e := range d.Efforts {
			distances[e.Meters] = true
		}
	}
	if len(lengths) != len(bestSeconds()) || len(distances) != len(raceDistances()) || len(notes) != 2 {
		t.Errorf("the specimens have %d lengths, %d distances and %d kinds of note", len(lengths), len(distances), len(notes))
	}
}

// Every number of a digest counts in the version.
func TestDigestVersionFollowsTheFormulas(t *testing.T) {
	version := digestVersion(newDigest)
	if version < 1 || version != digestVersion(newDigest) {
		t.Fatalf("the version is %d, and then %d", version, digestVersion(newDigest))
	}
	const slightly = 1 + 1e-9
	for name, change := range map[string]func(*digest){
		"peak":        func(d *digest) { d.PeakHR *= slightly },
		"histogram":   func(d *digest) { d.HeartRate.Seconds[3] += 0.1 },
		"recorded":    func(d *digest) { d.HeartRate.Recorded *= slightly },
		"normalized":  func(d *digest) { d.Power.Normalized *= slightly },
		"seconds":     func(d *digest) { d.Power.Seconds++ },
		"coverage":    func(d *digest) { d.Power.Coverage *= slightly },
		"note":        func(d *digest) { d.Power.Note += "." },
		"best":        func(d *digest) { d.Power.Best[0].Watts *= slightly },
		"no efforts":  func(d *digest) { d.Efforts = nil },
		"another one": func(d *digest) { d.Efforts = append(d.Efforts, Stretch{Meters: 800, Seconds: 150}) },
	} {
		changed := digestVersion(func(rec pierre.Recording) digest {
			d := newDigest(rec)
			change(&d)
			return d
		})
		if changed == version {
			t.Errorf("another %s does not change the version", name)
		}
	}
}

// Digests are kept as JSON, which must not lose anything.
func TestPowerDigestKeepsTheResult(t *testing.T) {
	rec := specimens()[0]
	p, err := fitness.NewPower(rec.Series.Time, rec.Series.Power)
	if err != nil {
		t.Fatal(err)
	}
	np, err := p.Normalized()
	if err != nil {
		t.Fatal(err)
	}
	if got := newDigest(rec).Power.normalized(); got != np {
		t.Errorf("the normalized power %+v became %+v", np, got)
	}
}
