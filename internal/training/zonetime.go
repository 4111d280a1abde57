package training

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A ZoneKind says what zones are of.
type ZoneKind string

// The kinds.
const (
	ZonesByHeartRate ZoneKind = "heart_rate"
	ZonesByPower     ZoneKind = "power" // of rides
	ZonesByPace      ZoneKind = "pace"  // of runs, grade-adjusted
)

// ZoneKinds lists the kinds.
func ZoneKinds() []ZoneKind { return []ZoneKind{ZonesByHeartRate, ZonesByPower, ZonesByPace} }

// A ZonesQuery says of which activities the time in zones is wanted.
type ZonesQuery struct {
	Kind   ZoneKind
	Sport  pierre.Sport // and all that are compared with it; "": all of the kind
	From   pierre.Provider
	Period Days                      // both days are given
	Start  func(time.Time) time.Time // the first day of the row that a day belongs to
}

// ZonesOverTime is the time that an athlete spent in zones.
type ZonesOverTime struct {
	Clock  Clock
	Zones  Zones     // those of the last day, without times
	Thirds Zones     // likewise: low, middle and high
	Rows   []ZoneRow // oldest first, those with activities
	All    ZoneRow
}

// A ZoneRow is the time in zones of some days. An activity counts by the zones of its day.
type ZoneRow struct {
	Start      time.Time // the first day
	Activities int       // with the quantity
	Without    int       // activities of the sports that lack it
	Seconds    []float64 // in each of the zones
	Below      float64   // s
	Thirds     [3]float64
}

// Polarization returns the polarization index of the row.
func (r ZoneRow) Polarization() Value {
	p, err := fitness.Polarization(r.Thirds[0], r.Thirds[1], r.Thirds[2])
	return computed(p, err)
}

// ZonesOverTime returns the time in zones in a period.
func (s *Service) ZonesOverTime(ctx context.Context, user pierre.UserID, q ZonesQuery) (ZonesOverTime, error) {
	athlete, err := s.Athlete(ctx, user)
	if err != nil {
		return ZonesOverTime{}, err
	}
	const widest = 15 * time.Hour // that a local day may be off
	after, before := q.Period.From.Add(-widest), q.Period.To.Add(24*time.Hour+widest)
	z := &zoner{query: q, athlete: athlete, rows: map[time.Time]*ZoneRow{}}
	// They are read when the first digest is in hand, so that none is missing which was made meanwhile.
	z.details = sync.OnceValues(func() (map[pierre.ActivityID][]byte, error) {
		return s.data.DigestDetails(ctx, user, digestVersion, after, before)
	})
	z.Clock = athlete.Clock
	z.Zones, z.Thirds = zonesOf(athlete.On(q.Period.To), q.Kind)
	err = s.each(ctx, user, pierre.ActivityQuery{Sports: z.sports(), Providers: providers(q.From), After: after, Before: before, Ascending: true}, z.add)
	if err = firstOf(err, z.err); err != nil {
		return ZonesOverTime{}, err
	}
	for _, r := range z.rows {
		z.Rows = append(z.Rows, *r)
	}
	slices.SortFunc(z.Rows, func(a, b ZoneRow) int { return a.Start.Compare(b.Start) })
	return z.ZonesOverTime, nil
}

// zonesOf returns the athlete's zones and the three that they add up to.
func zonesOf(a Athlete, kind ZoneKind) (zones, three Zones) {
	switch kind {
	case ZonesByPower:
		if !a.ftp.known {
			return noZones(a.ftp.err()), noZones(a.ftp.err())
		}
		t, err := fitness.PowerThirds(a.ftp.value)
		return a.PowerZones(), newZones(t, err, a.ftp.input())
	case ZonesByPace:
		if !a.runPace.known {
			return noZones(a.runPace.err()), noZones(a.runPace.err())
		}
		speed := 1000 / a.runPace.value
		z, err := fitness.FrielPaceZones(speed)
		t, _ := fitness.PaceThirds(speed) // which fails where the zones do
		return newZones(z, err, a.runPace.input()), newZones(t, err, a.runPace.input())
	default:
		if !a.thresholdHR.known {
			return a.HeartZones(), noZones(a.thresholdHR.err())
		}
		t, err := fitness.HeartRateThirds(a.thresholdHR.value)
		return a.HeartZones(), newZones(t, err, a.thresholdHR.input())
	}
}

// A zoner goes through the activities once.
type zoner struct {
	ZonesOverTime

	query   ZonesQuery
	athlete Athlete
	details func() (map[pierre.ActivityID][]byte, error)
	rows    map[time.Time]*ZoneRow
	err     error // that ended it
}

// sports are those that the quantity is of.
func (z *zoner) sports() []pierre.Sport {
	of := pierre.Sports()
	if z.query.Sport != "" {
		of = kindOf(z.query.Sport)
	}
	return slices.DeleteFunc(of, func(s pierre.Sport) bool {
		return z.query.Kind == ZonesByPower && !s.IsRide() || z.query.Kind == ZonesByPace && !s.IsRun()
	})
}

func (z *zoner) add(a pierre.Activity, d digest) {
	day := z.Clock.DayOf(a)
	if z.err != nil || !z.query.Period.has(day) {
		return
	}
	if d.detail == nil && z.query.Kind != ZonesByHeartRate {
		if d.detail, z.err = z.detailOf(a.ID); z.err != nil {
			return
		}
	}
	start := z.query.Start(day)
	row := z.rows[start]
	if row == nil {
		row = &ZoneRow{Start: start}
		z.rows[start] = row
	}
	z.athlete = z.athlete.On(day)
	zones, three := zonesOf(z.athlete, z.query.Kind)
	times, err := z.timeIn(d, zones)
	thirds, err3 := z.timeIn(d, three)
	for _, r := range []*ZoneRow{row, &z.All} {
		if err != nil {
			r.Without++
			continue
		}
		r.Activities++
		r.Below += times.Below
		for len(r.Seconds) < len(times.Seconds) {
			r.Seconds = append(r.Seconds, 0)
		}
		for i, s := range times.Seconds {
			r.Seconds[i] += s
		}
		if err3 == nil {
			for i, s := range thirds.Seconds {
				r.Thirds[i] += s
			}
		}
	}
}

// detailOf returns the kept detail of an activity's digest.
func (z *zoner) detailOf(id pierre.ActivityID) (map[quantityKind]spent, error) {
	all, err := z.details()
	if err != nil {
		return nil, err
	}
	detail, err := decodeDetail(all[id])
	if err != nil {
		return nil, fmt.Errorf("reading the detail of the digest of %s: %w", id, err)
	}
	return detail, nil
}

// timeIn returns the time that an activity spent in the zones.
func (z *zoner) timeIn(d digest, zones Zones) (fitness.ZoneTime, error) {
	if zones.Err != nil {
		return fitness.ZoneTime{}, zones.Err
	}
	of := fitness.Zones{Method: zones.Method, Zones: zones.Zones}
	if z.query.Kind == ZonesByHeartRate {
		if d.HeartRate == nil {
			return fitness.ZoneTime{}, because("no heart rate was recorded")
		}
		hr, err := d.HeartRate.HeartRate()
		if err != nil {
			return fitness.ZoneTime{}, err
		}
		return hr.TimeIn(of)
	}
	kind := detailPower
	if z.query.Kind == ZonesByPace {
		kind = detailSpeed
	}
	return d.detail[kind].TimeIn(of)
}
