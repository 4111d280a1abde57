package demoathlete

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"testing"
	"time"
)

// Whatever day the year ends on and whatever chance does, what the demo relies on is there.
func TestEveryYearHasItsEvents(t *testing.T) {
	for weekday := range 7 {
		for seed := range uint64(20) {
			until := time.Date(2026, 11, 16+weekday, 0, 0, 0, 0, time.UTC)
			have := map[string]int{}
			for _, o := range plan(Options{Until: until, Seed: seed}) {
				have[o.name]++
				have["twin"+string(rune('0'+o.twin))]++
				if o.cut > 0 {
					have["cut"]++
				}
				if o.legs[0].dropout {
					have["dropout"]++
				}
				if o.exported() && o.loose() {
					have["in export and folder"]++
				}
				if o.note != "" {
					have["note"]++
				}
				if end := o.start.Add(5 * time.Hour); end.After(until.Add(5 * time.Hour)) {
					t.Errorf("an outing starts at %v, after the year", o.start)
				}
			}
			for what, want := range map[string]int{
				"Island triathlon": 1, "10 km race": 1, "Half marathon": 1, "twin1": 1, "twin2": 1, "twin3": 1, "cut": 1, "dropout": 1,
			} {
				if have[what] != want {
					t.Errorf("until %s, seed %d: %s %d times, want %d", until.Weekday(), seed, what, have[what], want)
				}
			}
			for what, least := range map[string]int{"Ridge hike": 3, "Swim": 20, "Swim in the bay": 2, "Long ride": 25, "Strength": 8, "in export and folder": 4} {
				if have[what] < least {
					t.Errorf("until %s, seed %d: %s %d times, want at least %d", until.Weekday(), seed, what, have[what], least)
				}
			}
		}
	}
}

func TestAnotherSeedIsAnotherYear(t *testing.T) {
	until := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	one, two := plan(Options{Until: until, Seed: 1})[0], plan(Options{Until: until, Seed: 2})[0]
	first, err := render(one)
	if err != nil {
		t.Fatal(err)
	}
	second, err := render(two)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(first.exported.data, second.exported.data) {
		t.Error("two seeds give the same first activity")
	}
}

// Several outings are rendered at once, which changes none of them.
func TestOutingsAreRenderedAtOnce(t *testing.T) {
	outings := plan(Options{Until: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Seed: 1})[:12]
	rendered, err := renderAll(t.TempDir(), outings)
	if err != nil || len(rendered) != len(outings) {
		t.Fatalf("%d of %d outings are rendered: %v", len(rendered), len(outings), err)
	}
	for i, o := range outings {
		alone, err := render(o)
		if err != nil || len(alone.truths) == 0 || !reflect.DeepEqual(rendered[i].truths, alone.truths) || !bytes.Equal(rendered[i].exported.data, alone.exported.data) {
			t.Errorf("%q of %s is another one than alone: %v", o.name, o.start.Format(time.DateOnly), err)
		}
	}
}

func TestNormalizedPower(t *testing.T) {
	powers := func(seconds int, watts func(i int) uint16) []point {
		points := make([]point, seconds)
		for i := range points {
			points[i].power = watts(i)
		}
		return points
	}
	steady := func(int) uint16 { return 200 }
	// The mean of any 30 s is 150 W, so nothing varies for the formula.
	alternating := func(i int) uint16 { return uint16(100 + 100*(i/15%2)) }
	// Half an hour each at 100 and 300 W: ((100⁴+300⁴)/2)^¼ = 253.0 W, but for 30 s around the change.
	halves := func(i int) uint16 { return uint16(100 + 200*(i/1800)) }
	for _, c := range []struct {
		name   string
		points []point
		want   float64
	}{
		{"steady", powers(600, steady), 200},
		{"alternating", powers(600, alternating), 150},
		{"halves", powers(3600, halves), 253.0},
	} {
		if got := normalizedPower(c.points); got == nil || math.Abs(*got-c.want) > 0.5 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := normalizedPower(powers(29, steady)); got != nil {
		t.Errorf("of 29 s: %v, want none", *got)
	}
}

func TestCourseIsAClosedLoopOfItsLength(t *testing.T) {
	for seed := range uint64(10) {
		c := newCourse(route{seed, 5000, 40})
		way, highest, lowest := 0.0, 0.0, 1000.0
		var last [2]float64
		for along := 0.0; along <= c.length; along += 5 {
			lat, lon := c.at(along, 0, 0)
			x, y := (lon-homeLon)*metersPerDegree*math.Cos(homeLat*math.Pi/180), (lat-homeLat)*metersPerDegree
			if along > 0 {
				way += math.Hypot(x-last[0], y-last[1])
			}
			last = [2]float64{x, y}
			highest, lowest = max(highest, c.height(along)), min(lowest, c.height(along))
			if slope := (c.height(along+0.5) - c.height(along-0.5)) / 1; math.Abs(slope-c.grade(along)) > 0.001 {
				t.Fatalf("seed %d: the grade at %v is %v, but the height changes by %v", seed, along, c.grade(along), slope)
			}
		}
		if math.Abs(way-c.length) > 5 || math.Hypot(last[0], last[1]) > 5 {
			t.Errorf("seed %d: a way of %.1f m ends %.1f m from its start, want %v and 0", seed, way, math.Hypot(last[0], last[1]), c.length)
		}
		if lowest < 0 || highest-lowest > 100 || highest-lowest < 15 {
			t.Errorf("seed %d: heights from %.1f to %.1f m", seed, lowest, highest)
		}
	}
}

// Real exports of one athlete do not give an id twice, whatever the year.
func TestYearsHaveIDsOfTheirOwn(t *testing.T) {
	owner := map[string]string{}
	for _, until := range []time.Time{time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), time.Date(2025, 11, 22, 0, 0, 0, 0, time.UTC)} {
		for _, seed := range []uint64{1, 2, 3, maxSeeds - 1} {
			opts := Options{Until: until, Seed: seed}
			year := fmt.Sprintf("until %s, seed %d", until.Format(time.DateOnly), seed)
			ids := []string{newExport(opts).manualID}
			for _, o := range plan(opts) {
				ids = append(ids, o.activityID(), o.uploadID())
			}
			for _, id := range ids {
				if n, err := strconv.ParseInt(id, 10, 64); err != nil || n <= 0 || n >= 1<<53 {
					t.Fatalf("%s: the id is %s", year, id)
				}
				if owner[id] != "" {
					t.Fatalf("%s has the id %s of %s", year, id, owner[id])
				}
				owner[id] = year
			}
		}
	}
}
