package training

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Comparison is what an activity is compared with, and how it compares.
type Comparison struct {
	Method string            // which activities, and how they are summed up
	Count  int               // of the others
	Newest []pierre.Activity // of the others, at most [NewestCompared]
	Fields []Difference      // of what the activity and at least one other recorded
}

// NewestCompared is how many of the others a comparison names.
const NewestCompared = 10

// A Difference compares one field of the totals.
type Difference struct {
	Field      string // its JSON name
	Own        float64
	Reference  float64
	Activities int               // that the reference rests on
	Which      pierre.ActivityID // that has the reference; "" for a mean
}

// Percent returns by how much percent the activity has more than the reference.
func (d Difference) Percent() float64 { return 100 * (d.Own - d.Reference) / d.Reference }

// A ComparisonKind says which activities one is compared with.
type ComparisonKind string

// The kinds.
const (
	CompareSimilar ComparisonKind = "similar_activities" // of the same kind and about as long
	CompareBest    ComparisonKind = "personal_best"      // the highest of all of the same kind
	CompareAverage ComparisonKind = "average"            // of a year before
	CompareRecent  ComparisonKind = "recent"             // the last before
	CompareGiven   ComparisonKind = "given_activities"
)

const (
	recentCompared = 5
	similarMost    = 10
	similarWithin  = 0.1 // of the distance, or of the duration if there is none
	averageDays    = 365
)

// Compare compares an activity with others of the same kind of sport, of one source or of all. What is likely another recording of
// it or of one of them is not among them.
func (s *Service) Compare(
	ctx context.Context, user pierre.UserID, act pierre.Activity, kind ComparisonKind, from pierre.Provider,
) (Comparison, error) {
	q := pierre.ActivityQuery{Sports: kindOf(act.Sport), Providers: providers(from)}
	most := math.MaxInt
	switch kind {
	case CompareRecent:
		q.Before, most = act.Start, recentCompared
	case CompareAverage:
		q.Before, q.After = act.Start, act.Start.AddDate(0, 0, -averageDays)
	case CompareSimilar:
		most = similarMost
	case CompareBest, CompareGiven:
	}
	rows, err := s.rows(ctx, user, q)
	if err != nil {
		return Comparison{}, err
	}
	c := newComparer(act, kind)
	for _, o := range rows {
		if o.ID != act.ID && o.ID != act.Twin && c.count < most && (kind != CompareSimilar || similar(act, o.Activity)) {
			c.add(o.Activity)
		}
	}
	return c.comparison(), nil
}

// CompareWith compares an activity with given ones.
func CompareWith(act pierre.Activity, others []pierre.Activity) Comparison {
	c := newComparer(act, CompareGiven)
	for _, o := range others {
		c.add(o)
	}
	return c.comparison()
}

// kindOf returns the sports that are compared with each other.
func kindOf(s pierre.Sport) []pierre.Sport {
	for _, same := range []func(pierre.Sport) bool{pierre.Sport.IsRun, pierre.Sport.IsRide} {
		if same(s) {
			return slices.DeleteFunc(pierre.Sports(), func(o pierre.Sport) bool { return !same(o) })
		}
	}
	return []pierre.Sport{s}
}

func similar(a, b pierre.Activity) bool {
	va, vb := lengths(a, b)
	return va != nil && vb != nil && math.Abs(*va-*vb) <= similarWithin**va
}

// atLeastAsLong reports whether o is not so much shorter than act that its intensity says nothing.
func atLeastAsLong(o, act pierre.Activity) bool {
	va, vo := lengths(act, o)
	return vo != nil && va != nil && *vo >= (1-similarWithin)**va
}

// lengths returns the distances of two activities, or their durations if the first has no distance.
func lengths(a, b pierre.Activity) (of, other *float64) {
	if a.DistanceMeters == nil {
		return a.DurationSeconds, b.DurationSeconds
	}
	return a.DistanceMeters, b.DistanceMeters
}

// ComparedFields names the fields of [pierre.Totals] that activities are compared by.
func ComparedFields() []string {
	return []string{
		"distance_meters", "duration_seconds", "average_speed_mps", "elevation_gain_meters", "average_heart_rate_bpm",
		"average_power_watts", "normalized_power_watts", "average_cadence_rpm", "calories_kcal",
	}
}

// compared returns the fields of t that activities are compared by, in the order of [ComparedFields].
func compared(t pierre.Totals) []*float64 {
	t.AverageSpeedMPS = speedOf(t)
	fields, names := t.Fields(), ComparedFields()
	values := make([]*float64, len(names))
	for i, name := range names {
		if at := slices.IndexFunc(fields, func(f pierre.Total) bool { return f.Name == name }); at >= 0 {
			values[i] = *fields[at].Value
		}
	}
	return values
}

// speedOf returns the mean speed, from distance and duration if it was not recorded itself.
func speedOf(t pierre.Totals) *float64 {
	if t.AverageSpeedMPS == nil && t.DistanceMeters != nil && t.DurationSeconds != nil && *t.DurationSeconds > 0 {
		return new(*t.DistanceMeters / *t.DurationSeconds)
	}
	return t.AverageSpeedMPS
}

// A comparer goes through the others once.
type comparer struct {
	act    pierre.Activity
	kind   ComparisonKind
	count  int
	newest []pierre.Activity
	sums   []Difference // for each of [ComparedFields]; Reference is the sum, or the highest
}

func newComparer(act pierre.Activity, kind ComparisonKind) *comparer {
	c := &comparer{act: act, kind: kind}
	for _, name := range ComparedFields() {
		c.sums = append(c.sums, Difference{Field: name})
	}
	return c
}

func (c *comparer) add(o pierre.Activity) {
	c.count++
	if len(c.newest) < NewestCompared {
		c.newest = append(c.newest, o)
	}
	for i, v := range compared(o.Totals) {
		sum := &c.sums[i]
		switch {
		case v == nil:
		case c.kind != CompareBest:
			sum.Activities++
			sum.Reference += *v
		case isBetterHigh(sum.Field) && (!isIntensity(sum.Field) || atLeastAsLong(o, c.act)):
			sum.Activities++
			if *v > sum.Reference {
				sum.Reference, sum.Which = *v, o.ID
			}
		}
	}
}

// isBetterHigh reports whether more of a field is better.
func isBetterHigh(field string) bool {
	return field != "average_heart_rate_bpm" && field != "average_cadence_rpm"
}

func isIntensity(field string) bool {
	return strings.HasSuffix(field, "_mps") || strings.HasSuffix(field, "_watts")
}

func (c *comparer) comparison() Comparison {
	result := Comparison{Method: c.method(), Count: c.count, Newest: c.newest}
	for i, own := range compared(c.act.Totals) {
		d := c.sums[i]
		if own == nil || d.Activities == 0 || d.Reference == 0 {
			continue
		}
		if c.kind != CompareBest {
			d.Reference /= float64(d.Activities)
		}
		d.Own = *own
		result.Fields = append(result.Fields, d)
	}
	return result
}

func (c *comparer) method() string {
	switch c.kind {
	case CompareGiven:
		return "the mean of the given activities"
	case CompareRecent:
		return fmt.Sprintf("the mean of the %d before it of the same kind of sport", recentCompared)
	case CompareAverage:
		return fmt.Sprintf("the mean of the %d days before it, the same kind of sport", averageDays)
	case CompareBest:
		return "the highest of all others of the same kind of sport; speed and power only of those at least 90 % as long"
	default:
		return fmt.Sprintf("the mean of the newest %d of the same kind of sport within 10 %% of its distance, or of its duration if it has no distance", similarMost)
	}
}
