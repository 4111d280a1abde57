package demoathlete

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// ExportFile is the name of the account export in the folder.
const ExportFile = "export_48151623.zip"

// stravaColumns is the header of activities.csv as English accounts get it in 2026.
// Some names occur twice.
const stravaColumns = `Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,Distance,Max Heart Rate,Relative Effort,Commute,` +
	`Activity Private Note,Activity Gear,Filename,Athlete Weight,Bike Weight,Elapsed Time,Moving Time,Distance,Max Speed,Average Speed,` +
	`Elevation Gain,Elevation Loss,Elevation Low,Elevation High,Max Grade,Average Grade,Average Positive Grade,Average Negative Grade,Max Cadence,Average Cadence,` +
	`Max Heart Rate,Average Heart Rate,Max Watts,Average Watts,Calories,Max Temperature,Average Temperature,Relative Effort,Total Work,Number of Runs,` +
	`Uphill Time,Downhill Time,Other Time,Perceived Exertion,Type,Start Time,Weighted Average Power,Power Count,Prefer Perceived Exertion,Perceived Relative Effort,` +
	`Commute,Total Weight Lifted,From Upload,Grade Adjusted Distance,Weather Observation Time,Weather Condition,Weather Temperature,Apparent Temperature,Dewpoint,Humidity,` +
	`Weather Pressure,Wind Speed,Wind Gust,Wind Bearing,Precipitation Intensity,Sunrise Time,Sunset Time,Moon Phase,Bike,Gear,` +
	`Precipitation Probability,Precipitation Type,Cloud Cover,Weather Visibility,UV Index,Weather Ozone,Jump Count,Total Grit,Average Flow,Flagged,` +
	`Average Elapsed Speed,Dirt Distance,Newly Explored Distance,Newly Explored Dirt Distance,Activity Count,Total Steps,Carbon Saved,Pool Length,Training Load,Intensity,` +
	`Average Grade Adjusted Pace,Timer Time,Total Cycles,Recovery,With Pet,Competition,Long Run,For a Cause,With Kid,Downhill Distance,` +
	`Total Sets,Total Reps,Media`

// The ids of a year: its activities', then its uploads', which are not the same. Another seed and another
// end are other activities, so they have other ids.
const (
	idsPerYear  = 6_000_000
	firstUpload = idsPerYear / 2
	maxSeeds    = 1 << 12 // with ids of their own; all stay below 2⁵³, as a number in JSON must
	maxDays     = 1 << 16 // since 1970
)

// firstID returns the first id of the year that the options choose.
func firstID(opts Options) int {
	day := opts.Until.Unix() / int64((24 * time.Hour).Seconds())
	year := int(opts.Seed%maxSeeds)*maxDays + int(day%maxDays)
	return year * idsPerYear
}

func (o *outing) activityID() string { return strconv.Itoa(o.firstID + o.day*7919) }

func (o *outing) uploadID() string { return strconv.Itoa(o.firstID + firstUpload + o.day*7927) }

// export puts the outing's file into the account export. Of the formats only plain
// GPX, which the phone's app records, is left uncompressed there.
func (r *rendering) export(o *outing, data []byte, truths []Recording) error {
	name := "activities/" + o.uploadID() + "." + o.format
	if o.format == "tcx" {
		data = append([]byte("          "), data...) // a habit of Strava's
	}
	if o.format != "gpx" {
		name += ".gz"
		var err error
		if data, err = compressed(data); err != nil {
			return err
		}
	}
	r.exported = file{name, data}
	for _, t := range truths {
		t.File, t.Name, t.Totals = ExportFile+"/"+name, o.name, r.whole
		r.truths = append(r.truths, t)
	}
	return nil
}

// An export collects what the account export holds.
type export struct {
	header   []string
	rows     [][]string
	files    []file
	manual   Recording
	manualID string
}

func newExport(opts Options) *export {
	return &export{
		header:   strings.Split(stravaColumns, ","),
		manualID: strconv.Itoa(firstID(opts) + 3),
		manual: Recording{
			Format: "csv", Name: "Garden yoga", Sport: "yoga", Start: opts.Until.AddDate(0, 0, -daysInYear+manualDay).Add(18 * time.Hour),
			Totals: pierre.Totals{ElapsedSeconds: new(2700.0), DurationSeconds: new(2700.0), CaloriesKcal: new(120.0)},
		},
	}
}

// manualDay is when the athlete typed an activity in, which therefore has no file.
const manualDay = 41

func (e *export) add(o *outing, r rendering) {
	t := Recording{Name: o.name, Start: o.start, Totals: r.whole}
	e.rows = append(e.rows, e.row(o.activityID(), o.legs[0].discipline.traits().strava, r.exported.path, o.note, t))
	e.files = append(e.files, r.exported)
}

// write returns the archive, and what is in it beside the outings.
func (e *export) write() (file, Manifest, error) {
	e.rows = append(e.rows, e.row(e.manualID, "Yoga", "", "", e.manual))
	e.manual.File = ExportFile + "/activities.csv#" + e.manualID
	var table bytes.Buffer
	w := csv.NewWriter(&table)
	if err := w.WriteAll(append([][]string{e.header}, e.rows...)); err != nil {
		return file{}, Manifest{}, err
	}
	photo, err := picture()
	if err != nil {
		return file{}, Manifest{}, err
	}
	const route, shot = "routes/1.gpx", "media/sunrise.jpg"
	e.files = append(
		e.files, file{"activities.csv", table.Bytes()}, file{route, plannedRoute()}, file{shot, photo},
		file{"bikes.csv", []byte("Bike Name,Bike Brand,Bike Model,Bike Default Sport Types\nFable,,,Ride\n")},
	)
	data, err := zipped(e.files)
	return file{ExportFile, data}, Manifest{
		Recordings: []Recording{e.manual},
		Skipped: []Skip{
			{ExportFile + "/activities.csv", "the table of the export's activities"},
			{ExportFile + "/" + route, "a planned route, without times"},
			{ExportFile + "/" + shot, "a picture"},
			{ExportFile + "/bikes.csv", "a table of other things"},
		},
	}, err
}

// row fills the columns that Strava fills for an uploaded activity.
func (e *export) row(id, kind, filename, note string, t Recording) []string {
	row := tableRow{e.header, make([]string, len(e.header))}
	put, number := row.put, row.number
	put("Activity ID", 1, id)
	put("Activity Date", 1, t.Start.Format("Jan 2, 2006, 3:04:05 PM"))
	put("Activity Name", 1, t.Name)
	put("Activity Type", 1, kind)
	put("Activity Description", 1, note)
	put("Filename", 1, filename)
	put("Elapsed Time", 1, strconv.Itoa(int(*t.ElapsedSeconds)))
	number("Elapsed Time", 2, t.ElapsedSeconds)
	number("Moving Time", 1, t.DurationSeconds)
	if t.DistanceMeters != nil {
		put("Distance", 1, displayed(kind, *t.DistanceMeters))
		put("Distance", 2, strconv.FormatFloat(*t.DistanceMeters, 'f', 2, 64))
	}
	for occurrence := 1; occurrence <= 2; occurrence++ {
		number("Max Heart Rate", occurrence, t.MaxHeartRateBPM)
		put("Commute", occurrence, []string{"false", "0.0"}[occurrence-1])
	}
	number("Average Heart Rate", 1, t.AverageHeartRateBPM)
	number("Max Speed", 1, t.MaxSpeedMPS)
	number("Average Speed", 1, t.AverageSpeedMPS)
	number("Elevation Gain", 1, t.ElevationGainMeters)
	number("Elevation Loss", 1, t.ElevationLossMeters)
	number("Average Cadence", 1, t.AverageCadenceRPM)
	number("Max Watts", 1, t.MaxPowerWatts)
	number("Average Watts", 1, t.AveragePowerWatts)
	number("Weighted Average Power", 1, t.NormalizedPowerWatts)
	number("Calories", 1, t.CaloriesKcal)
	put("Athlete Weight", 1, strconv.FormatFloat(weightKg, 'f', 1, 64))
	if filename != "" {
		put("From Upload", 1, "1.0")
	}
	return row.cells
}

// A tableRow is a row of the export's table.
type tableRow struct{ header, cells []string }

// put writes a value into the column of that name; some names occur twice.
func (r tableRow) put(name string, occurrence int, value string) {
	for i, column := range r.header {
		if column == name {
			if occurrence--; occurrence == 0 {
				r.cells[i] = value
				return
			}
		}
	}
}

func (r tableRow) number(name string, occurrence int, value *float64) {
	if value != nil {
		r.put(name, occurrence, strconv.FormatFloat(*value, 'f', 1, 64))
	}
}

// displayed is the distance as the site shows it: kilometres, of swims metres with a comma.
func displayed(kind string, meters float64) string {
	if kind != "Swim" {
		return strconv.FormatFloat(meters/1000, 'f', 2, 64)
	}
	m := int(math.Round(meters))
	if m < 1000 {
		return strconv.Itoa(m)
	}
	return fmt.Sprintf("%d,%03d", m/1000, m%1000)
}

// plannedRoute is a track without times, as the route planner writes it.
func plannedRoute() []byte {
	c := newCourse(route{5, 38_000, 180})
	var b bytes.Buffer
	b.WriteString(xmlHeader + `<gpx creator="Fable Routes" version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><name>Around the island</name><trkseg>` + "\n")
	for along := 0.0; along < c.length; along += 100 {
		lat, lon := c.at(along, 0, 0)
		fmt.Fprintf(&b, "<trkpt lat=\"%.6f\" lon=\"%.6f\"><ele>%.1f</ele></trkpt>\n", lat, lon, c.height(along))
	}
	b.WriteString("</trkseg></trk></gpx>\n")
	return b.Bytes()
}

func picture() ([]byte, error) {
	img := image.NewGray(image.Rect(0, 0, 32, 24))
	for y := range 24 {
		for x := range 32 {
			img.SetGray(x, y, color.Gray{Y: uint8(8 * y)})
		}
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, nil)
	return b.Bytes(), err
}

func zipped(files []file) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		method := zip.Deflate
		if strings.HasSuffix(f.path, ".gz") || strings.HasSuffix(f.path, ".jpg") {
			method = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.path, Method: method})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}
