package demoathlete

import (
	"bytes"
	"fmt"
	"time"
)

// tcxFile writes a track as TCX 2 with the activity extensions for cadence of runs and power.
func tcxFile(device string, t *track) []byte {
	var b bytes.Buffer
	b.WriteString(xmlHeader + `<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"` +
		` xmlns:ns3="http://www.garmin.com/xmlschemas/ActivityExtension/v2" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` + "\n")
	fmt.Fprintf(&b, "<Activities><Activity Sport=%q><Id>%s</Id>\n", t.tcx, t.start.Format(time.RFC3339))
	for i := range t.laps {
		from, to := t.lapPoints(i)
		t.tcxLap(&b, from, to)
	}
	fmt.Fprintf(&b, `<Creator xsi:type="Device_t"><Name>%s</Name></Creator></Activity></Activities></TrainingCenterDatabase>`+"\n", device)
	return b.Bytes()
}

// tcxTruth adds the calories up as the laps have them, rounded.
func tcxTruth(t *track) Recording {
	r := t.truth("tcx", len(t.points))
	r.CaloriesKcal = new(0.0)
	for i := range t.laps {
		*r.CaloriesKcal += *t.totals(t.lapPoints(i)).CaloriesKcal
	}
	return r
}

// tcxLap writes the points after from up to to; the first lap has the first point, too.
func (t *track) tcxLap(b *bytes.Buffer, from, to int) {
	sum := t.totals(from, to)
	fmt.Fprintf(b, "<Lap StartTime=%q><TotalTimeSeconds>%.1f</TotalTimeSeconds><DistanceMeters>%.2f</DistanceMeters><MaximumSpeed>%.3f</MaximumSpeed><Calories>%.0f</Calories>",
		t.at(from).Format(time.RFC3339), *sum.DurationSeconds, *sum.DistanceMeters, *sum.MaxSpeedMPS, *sum.CaloriesKcal)
	if sum.AverageHeartRateBPM != nil {
		fmt.Fprintf(b, "<AverageHeartRateBpm><Value>%.0f</Value></AverageHeartRateBpm><MaximumHeartRateBpm><Value>%.0f</Value></MaximumHeartRateBpm>",
			*sum.AverageHeartRateBPM, *sum.MaxHeartRateBPM)
	}
	b.WriteString("<Intensity>Active</Intensity><TriggerMethod>Manual</TriggerMethod><Track>\n")
	first := from + 1
	if from == 0 {
		first = 0
	}
	for i := first; i <= to; i++ {
		t.tcxPoint(b, i)
	}
	b.WriteString("</Track></Lap>\n")
}

func (t *track) tcxPoint(b *bytes.Buffer, i int) {
	p := t.points[i]
	fmt.Fprintf(b, "<Trackpoint><Time>%s</Time><Position><LatitudeDegrees>%.7f</LatitudeDegrees><LongitudeDegrees>%.7f</LongitudeDegrees></Position><AltitudeMeters>%.1f</AltitudeMeters><DistanceMeters>%.2f</DistanceMeters>",
		t.at(i).Format(time.RFC3339), degrees(p.lat), degrees(p.lon), p.altitude, p.distance)
	if p.hr > 0 {
		fmt.Fprintf(b, "<HeartRateBpm><Value>%d</Value></HeartRateBpm>", p.hr)
	}
	run := t.sport.IsRun()
	if !run {
		fmt.Fprintf(b, "<Cadence>%d</Cadence>", p.cadence)
	}
	fmt.Fprintf(b, "<Extensions><ns3:TPX><ns3:Speed>%.3f</ns3:Speed>", p.speed)
	if run {
		fmt.Fprintf(b, "<ns3:RunCadence>%d</ns3:RunCadence>", p.cadence)
	}
	if t.power {
		fmt.Fprintf(b, "<ns3:Watts>%d</ns3:Watts>", p.power)
	}
	b.WriteString("</ns3:TPX></Extensions></Trackpoint>\n")
}
