package demoathlete

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"time"
)

const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// gpxFile writes a track as GPX 1.1, with the extensions that Garmin and Strava use.
func gpxFile(name, device string, t *track) []byte {
	var b bytes.Buffer
	b.WriteString(xmlHeader + `<gpx creator="` + device + `" version="1.1" xmlns="http://www.topografix.com/GPX/1/1"` +
		` xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">` + "\n")
	fmt.Fprintf(&b, " <metadata><time>%s</time></metadata>\n <trk>\n  <name>%s</name>\n  <type>%s</type>\n  <trkseg>\n",
		t.start.Format(time.RFC3339), escaped(name), t.gpx)
	for i, p := range t.points {
		fmt.Fprintf(&b, "   <trkpt lat=\"%.7f\" lon=\"%.7f\"><ele>%.1f</ele><time>%s</time>",
			degrees(p.lat), degrees(p.lon), p.altitude, t.at(i).Format(time.RFC3339))
		if p.hr > 0 || t.power {
			b.WriteString("<extensions>")
			if t.power {
				fmt.Fprintf(&b, "<power>%d</power>", p.power)
			}
			b.WriteString("<gpxtpx:TrackPointExtension>")
			if p.hr > 0 {
				fmt.Fprintf(&b, "<gpxtpx:hr>%d</gpxtpx:hr>", p.hr)
			}
			fmt.Fprintf(&b, "<gpxtpx:cad>%d</gpxtpx:cad></gpxtpx:TrackPointExtension></extensions>", p.cadence)
		}
		b.WriteString("</trkpt>\n")
	}
	b.WriteString("  </trkseg>\n </trk>\n</gpx>\n")
	return b.Bytes()
}

// gpxTruth leaves out what a GPX file does not say. Time without points is a pause.
func gpxTruth(t *track) Recording {
	r := t.truth("gpx", len(t.points))
	r.AverageSpeedMPS, r.MaxSpeedMPS, r.CaloriesKcal, r.Laps = nil, nil, nil, 0
	r.DistanceMeters = new(wayAlong(t.points))
	return r
}

func escaped(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic(err) //nolint:forbidigo // a buffer takes everything
	}
	return b.String()
}
