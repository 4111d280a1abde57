package days

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Values returns the values of days, by day and kind.
func (b *Book) Values() []pierre.Wellness {
	all := map[key]float64{}
	for _, some := range []map[key]float64{b.addedUp(), b.measured(), b.nights(), b.given} {
		maps.Copy(all, some)
	}
	values := make([]pierre.Wellness, 0, len(all))
	for k, v := range all {
		if r := b.ranges[k.kind]; r.Holds(v) {
			values = append(values, pierre.Wellness{Day: time.Unix(int64(k.day)*daySeconds, 0).UTC(), Kind: r.Kind, Source: b.source, Value: round(v)})
		} else {
			b.refused[k.kind]++
		}
	}
	slices.SortFunc(values, func(a, c pierre.Wellness) int {
		return cmp.Or(a.Day.Compare(c.Day), cmp.Compare(b.kinds[a.Kind], b.kinds[c.Kind]))
	})
	return values
}

// round drops digits that no device measures, and that the order of additions would change.
func round(v float64) float64 { return math.Round(v*1000) / 1000 }

// addedUp returns the sums of days: of each hour what the device says that counted most, for devices that were carried
// together count the same.
func (b *Book) addedUp() map[key]float64 {
	most := map[key]*[24]float32{}
	for k, hours := range b.hours {
		k.device = 0
		if most[k] == nil {
			most[k] = new([24]float32)
		}
		for h, v := range hours {
			most[k][h] = max(most[k][h], v)
		}
	}
	sums := make(map[key]float64, len(most))
	for k, hours := range most {
		total := 0.0
		for _, v := range hours {
			total += float64(v)
		}
		if total > 0 { // a day of zeros is one on which nothing was worn
			sums[k] = total
		}
	}
	return sums
}

// measured returns the last readings of days, or the means of the device with the most.
func (b *Book) measured() map[key]float64 {
	best := map[key]key{}
	for k, c := range b.cells {
		day := key{day: k.day, kind: k.kind}
		other, ok := best[day]
		if n := b.cells[other].n; !ok || c.n > n || c.n == n && k.device < other.device {
			best[day] = k
		}
	}
	values := make(map[key]float64, len(best))
	for day, k := range best {
		c := b.cells[k]
		values[day] = c.last
		if ruleOf(b.ranges[k.kind].Kind) == mean {
			values[day] = c.sum / float64(c.n)
		}
	}
	return values
}

// Notes says what was left out, and why. Call it after [Book.Values].
func (b *Book) Notes() []string {
	var notes []string
	for i, n := range b.refused {
		if n == 0 {
			continue
		}
		r := b.ranges[i]
		notes = append(notes, strings.TrimSpace(fmt.Sprintf("%s of %s left out: outside of %g to %g %s", human.Plural(n, "value"), r.Kind, r.Min, r.Max, r.Unit)))
	}
	for _, unit := range slices.Sorted(maps.Keys(b.units)) {
		notes = append(notes, fmt.Sprintf("%s left out: the unit %q is not known", human.Plural(b.units[unit], "value"), unit))
	}
	if b.undated > 0 {
		notes = append(notes, human.Plural(b.undated, "value")+" of days without a readable date left out")
	}
	if b.beyond > 0 {
		notes = append(notes, human.Plural(b.beyond, "value")+" left out: there are more days, devices or stretches of sleep than are read of one file")
	}
	return notes
}
