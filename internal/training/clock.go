package training

import (
	"time"
	_ "time/tzdata" // time zones by name also where the system has no database of them

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Clock turns instants into the athlete's days: by the offset that a recording brought along,
// else by the time zone of the profile, else in UTC.
type Clock struct {
	Now     time.Time // in Zone
	Zone    *time.Location
	Default bool // the profile has no zone
}

func newClock(now time.Time, p pierre.Profile) Clock {
	if zone, err := time.LoadLocation(p.TimeZone); err == nil && p.TimeZone != "" {
		return Clock{Now: now.In(zone), Zone: zone}
	}
	return Clock{Now: now.UTC(), Zone: time.UTC, Default: true}
}

// Local returns when a started, on the athlete's clock.
func (c Clock) Local(a pierre.Activity) time.Time {
	if t, ok := a.LocalStart(); ok {
		return t
	}
	return a.Start.In(c.Zone)
}

// Today returns the current day.
func (c Clock) Today() time.Time { return day(c.Now) }

// DayOf returns the athlete's day on which a started, as midnight UTC, so that days can be counted.
func (c Clock) DayOf(a pierre.Activity) time.Time { return day(c.Local(a)) }

func day(local time.Time) time.Time {
	y, m, d := local.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
