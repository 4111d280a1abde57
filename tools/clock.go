package tools

import (
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A clock turns instants into the athlete's days: by the offset that a recording brought along,
// else by the time zone of the profile, else in UTC.
type clock struct {
	now    time.Time
	zone   *time.Location
	source string // of zone: user, or default
}

func newClock(now time.Time, p pierre.Profile) clock {
	if zone, err := time.LoadLocation(p.TimeZone); err == nil && p.TimeZone != "" {
		return clock{now.In(zone), zone, "user"}
	}
	return clock{now.UTC(), time.UTC, "default"}
}

// local returns when a started, on the athlete's clock.
func (c clock) local(a pierre.Activity) time.Time {
	if t, ok := a.LocalStart(); ok {
		return t
	}
	return a.Start.In(c.zone)
}

// today returns the current day.
func (c clock) today() time.Time { return day(c.now) }

// day returns the calendar day of a local time, as midnight UTC, so that days can be counted.
func day(local time.Time) time.Time {
	y, m, d := local.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// A zoneView says by which clock an answer counts days.
type zoneView struct {
	Name   string `json:"name"`
	Source string `json:"source"`
}

func (c clock) view() zoneView { return zoneView{c.zone.String(), c.source} }

func zoneSchema() schema {
	return object("Days are those of the offset recorded with each activity; for activities without one, of this zone.",
		req("name", str("IANA name")),
		req("source", choice("user: from the profile; default: no time zone is set in the profile", "user", "default")))
}
