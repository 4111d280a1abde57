package training

import (
	"context"
	"time"
	_ "time/tzdata" // time zones by name also where the system has no database of them

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Clock turns instants into the athlete's days: by the offset that a recording brought along or that holds at its place,
// else by the time zone of the profile, else by the offset of the newest recording that has one, else in UTC.
type Clock struct {
	Now    time.Time // in Zone
	Zone   *time.Location
	Source Source // of Zone: User if the profile has it, Recorded if the newest recording has it, or "" for UTC
}

// newestWithOffset is among how many of the newest recordings an offset is looked for.
const newestWithOffset = 20

// clock returns the clock of a user with the profile p.
func (s *Service) clock(ctx context.Context, user pierre.UserID, p pierre.Profile) (Clock, error) {
	if zone, err := time.LoadLocation(p.TimeZone); err == nil && p.TimeZone != "" {
		return Clock{s.now().In(zone), zone, User}, nil
	}
	newest, err := s.data.Activities(ctx, user, pierre.ActivityQuery{Limit: newestWithOffset, Uncounted: true})
	if err != nil {
		return Clock{}, err
	}
	for _, a := range newest.Activities {
		if a.UTCOffset != nil {
			zone := offsetZone(*a.UTCOffset)
			return Clock{s.now().In(zone), zone, Recorded}, nil
		}
	}
	return Clock{Now: s.now().UTC(), Zone: time.UTC}, nil
}

// offsetZone names a zone by its offset in seconds, such as UTC+05:45.
func offsetZone(offset int) *time.Location {
	at := time.Unix(0, 0).In(time.FixedZone("", offset))
	return time.FixedZone(at.Format("UTC-07:00"), offset)
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

// until returns a day, or the current one if that is earlier or no day is given.
func (c Clock) until(day time.Time) time.Time {
	if today := c.Today(); day.IsZero() || day.After(today) {
		return today
	}
	return day
}

// DayOf returns the athlete's day on which a started, as midnight UTC, so that days can be counted.
func (c Clock) DayOf(a pierre.Activity) time.Time { return day(c.Local(a)) }

func day(local time.Time) time.Time {
	y, m, d := local.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
