package tools

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/internal/training"
)

// A zoneView says by which clock an answer counts days.
type zoneView struct {
	Name   string      `json:"name" jsonschema:"IANA name, or an offset such as UTC+02:00"`
	Source clockSource `json:"source" jsonschema:"user: from the profile; recorded: of the newest recording; default: neither has one"`
}

// A clockSource says where a time zone came from.
type clockSource string

const (
	clockUser     clockSource = "user"
	clockRecorded clockSource = "recorded"
	clockDefault  clockSource = "default"
)

func viewClock(c training.Clock) zoneView {
	return zoneView{c.Zone.String(), clockSource(cmp.Or(string(c.Source), string(clockDefault)))}
}

type heartZones struct {
	Zones []heartZone `json:"zones,omitempty" jsonschema:"each from its lower limit up to the next one's"`
	Below *float64    `json:"below_seconds,omitempty" jsonschema:"time below the first zone, likewise"`
	evidence
}

type heartZone struct {
	Name    string   `json:"name"`
	From    *float64 `json:"from_bpm"`
	To      *float64 `json:"to_bpm,omitempty" jsonschema:"absent: open"`
	Seconds *float64 `json:"seconds,omitempty" jsonschema:"time in the zone, where an activity is looked at"`
}

type powerZones struct {
	Zones []powerZone `json:"zones,omitempty" jsonschema:"each from its lower limit up to the next one's"`
	Below *float64    `json:"below_seconds,omitempty" jsonschema:"time below the first zone, likewise"`
	evidence
}

type powerZone struct {
	Name    string   `json:"name"`
	From    *float64 `json:"from_watts"`
	To      *float64 `json:"to_watts,omitempty" jsonschema:"absent: open"`
	Seconds *float64 `json:"seconds,omitempty" jsonschema:"time in the zone, where an activity is looked at"`
}

func viewHeartZones(z training.Zones) heartZones {
	v := heartZones{evidence: viewEvidence(z.Evidence)}
	for i, zone := range z.Zones {
		v.Zones = append(v.Zones, heartZone{zone.Name, rounded(zone.Low, 0), upper(zone.High), secondsIn(z, i)})
	}
	v.Below = secondsBelow(z)
	return v
}

func viewPowerZones(z training.Zones) powerZones {
	v := powerZones{evidence: viewEvidence(z.Evidence)}
	for i, zone := range z.Zones {
		v.Zones = append(v.Zones, powerZone{zone.Name, rounded(zone.Low, 0), upper(zone.High), secondsIn(z, i)})
	}
	v.Below = secondsBelow(z)
	return v
}

// upper is a zone's upper limit, nil if it is open.
func upper(limit float64) *float64 {
	if limit == 0 {
		return nil
	}
	return rounded(limit, 0)
}

// secondsIn is the time in a zone, nil where no activity is looked at.
func secondsIn(z training.Zones, zone int) *float64 {
	if z.Time == nil {
		return nil
	}
	return rounded(z.Time.Seconds[zone], 0)
}

func secondsBelow(z training.Zones) *float64 {
	if z.Time == nil {
		return nil
	}
	return rounded(z.Time.Below, 0)
}

func (z heartZones) text() string {
	parts := []string{zonesText("heart rate zones (bpm"+z.partly()+"): ", z.NotAvailable, z.Below)}
	for _, zone := range z.Zones {
		parts = append(parts, zoneText(zone.Name, zone.From, zone.To)+timeText(zone.Seconds))
	}
	return strings.Join(parts, " ")
}

func (z powerZones) text() string {
	parts := []string{zonesText("power zones (watts"+z.partly()+"): ", z.NotAvailable, z.Below)}
	for _, zone := range z.Zones {
		parts = append(parts, zoneText(zone.Name, zone.From, zone.To)+timeText(zone.Seconds))
	}
	return strings.Join(parts, " ")
}

func zonesText(name, notAvailable string, below *float64) string {
	if below != nil && *below > 0 {
		return name + "below " + clockTime(*below)
	}
	return strings.TrimSuffix(name+notAvailable, " ")
}

func zoneText(name string, from, to *float64) string {
	if to == nil {
		return fmt.Sprintf("%s from %s", name, plain(*from))
	}
	return fmt.Sprintf("%s %s-%s", name, plain(*from), plain(*to))
}

func timeText(seconds *float64) string {
	if seconds == nil {
		return ""
	}
	return " " + clockTime(*seconds)
}
