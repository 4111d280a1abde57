// Package demoathlete writes the recordings of an invented athlete: a plausible year of
// training as genuine FIT, GPX and TCX files and a Strava-style account export,
// with the oddities that real collections have, and what a watch, a phone and a scale say of the days. It also says what each file
// truly holds, from plain formulas of its own, so that imported and computed
// numbers can be checked against it.
//
// The place is open sea, the devices do not exist, and nothing was recorded by
// anybody. The same options give the same bytes.
//
// The way from a year to files: plan.go says what is done on which day, workouts.go
// how hard, simulate.go what the body and the bicycle make of it second by
// second, truth.go sums it up, and fit.go, gpx.go, tcx.go and strava.go write it; days.go
// says how the days were, which follow from what was done.
package demoathlete

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options choose the year.
type Options struct {
	Until time.Time // midnight UTC after the year's last day; zero: 2026-01-01
	Seed  uint64    // another seed is another year of the same athlete; zero: 1
}

// Write writes the recordings into dir, which is made if it is missing, and
// returns what they hold. The manifest itself is not written.
func Write(dir string, opts Options) (Manifest, error) {
	if opts.Until.IsZero() {
		opts.Until = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if opts.Seed == 0 {
		opts.Seed = 1
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return Manifest{}, err
	}
	outings := plan(opts)
	rendered, err := renderAll(dir, outings)
	if err != nil {
		return Manifest{}, err
	}
	m := Manifest{Athlete: Athlete(opts.Until), From: outings[0].start, Until: opts.Until}
	archive := newExport(opts)
	for i, r := range rendered {
		m.Recordings = append(m.Recordings, r.truths...)
		if outings[i].exported() {
			archive.add(&outings[i], r)
		}
	}
	export, more, err := archive.write()
	if err != nil {
		return Manifest{}, fmt.Errorf("writing the account export: %w", err)
	}
	m.Recordings = append(m.Recordings, more.Recordings...)
	m.Skipped = append(m.Skipped, more.Skipped...)
	settings, err := settingsFile(opts.Until)
	if err != nil {
		return Manifest{}, fmt.Errorf("writing the settings file: %w", err)
	}
	m.Skipped = append(m.Skipped, Skip{settings.path, "device settings, not an activity"})
	m.Days, m.DaysFile = days(opts, efforts(outings, rendered)), HealthFile+"/"+healthDocument
	health, err := healthFile(opts, m.Days)
	if err != nil {
		return Manifest{}, fmt.Errorf("writing the values of days: %w", err)
	}
	return m, writeAll(dir, []file{export, settings, health})
}

// renderAll makes the recordings of the outings, and writes those that are not in the export.
func renderAll(dir string, outings []outing) ([]rendering, error) {
	rendered := make([]rendering, len(outings))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, o := range outings {
		g.Go(func() error {
			var err error
			if rendered[i], err = render(o); err != nil {
				return fmt.Errorf("writing %q of %s: %w", o.name, o.start.Format(time.DateOnly), err)
			}
			files := rendered[i].loose
			rendered[i].loose = nil // they are many
			return writeAll(dir, files)
		})
	}
	return rendered, g.Wait()
}

// A file is what is to be written at a path below the target folder.
type file struct {
	path string
	data []byte
}

func writeAll(dir string, files []file) error {
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.path), f.data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
