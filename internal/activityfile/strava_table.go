package activityfile

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A stravaRow is one activity of a Strava export's activities.csv.
type stravaRow struct {
	id     string
	label  string    // the id, or else the number of the row
	date   string    // as written
	start  time.Time // zero: not readable
	name   string
	desc   string
	kind   string // in the owner's language
	file   string // relative to the table, "" for activities that were entered by hand
	sum    [32]byte
	totals pierre.Totals
}

// stravaColumns says in which column each value stands; -1 if in none.
type stravaColumns struct {
	id, date, name, kind, desc, file                        int
	elapsed, moving, distance, gain, loss, maxSpeed         int
	cadence, maxHR, averageHR, maxPower, averagePower, kcal int
}

// findColumns recognises the columns of a table. The header grew from 10 to
// over 100 columns, is in the language of its owner, and has some names twice:
// the second one is the machine-readable value. So English names are looked up,
// with their occurrence. For other languages the twins are the landmarks: the
// first thirteen columns have kept their places since 2019, and elapsed time,
// distance and maximum heart rate among them have a twin further on, whose
// neighbours are known.
func findColumns(header []string) (stravaColumns, bool) {
	names := make([]string, len(header))
	markup := regexp.MustCompile(`<[^>]*>`) // headers of 2020 hold the HTML of missing translations
	for i, h := range header {
		h = markup.ReplaceAllString(strings.TrimPrefix(h, "\uFEFF"), "")
		names[i] = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(h)), "_", " ")
	}
	at := func(options ...string) int {
		found := -1
		for i, n := range names {
			if slices.Contains(options, n) {
				found = i
			}
		}
		return found
	}
	if id := at("activity id", "id"); id >= 0 && at("filename") >= 0 {
		return stravaColumns{
			id: id, date: at("activity date", "date"), name: at("activity name", "name"), desc: at("activity description", "description"),
			kind: slices.IndexFunc(names, func(n string) bool { return n == "activity type" || n == "type" }),
			file: at("filename"), elapsed: at("elapsed time"), moving: at("moving time"), distance: at("distance"),
			gain: at("elevation gain"), loss: at("elevation loss"), maxSpeed: at("max speed"), cadence: at("average cadence"),
			maxHR: at("max heart rate"), averageHR: at("average heart rate"), maxPower: at("max watts"), averagePower: at("average watts"),
			kcal: at("calories"),
		}, true
	}
	if len(names) < 35 {
		return stravaColumns{}, false
	}
	elapsed, distance, maxHR := at(names[5]), at(names[6]), at(names[7])
	if elapsed <= 12 || distance != elapsed+2 || maxHR <= distance+4 || maxHR+4 >= len(names) {
		elapsed, distance, maxHR = 15, 17, 30 // where they have been so far
	}
	return stravaColumns{
		id: 0, date: 1, name: 2, kind: 3, desc: 4, file: 12,
		elapsed: elapsed, moving: elapsed + 1, distance: distance, maxSpeed: distance + 1, gain: distance + 3, loss: distance + 4,
		cadence: maxHR - 1, maxHR: maxHR, averageHR: maxHR + 1, maxPower: maxHR + 2, averagePower: maxHR + 3, kcal: maxHR + 4,
	}, true
}

// A stravaTable is a Strava export's list of activities.
type stravaTable struct {
	rows    []stravaRow
	warning string
}

var errNoTable = errors.New("not a list of activities")

// readStravaTable reads an activities.csv of at most maxRows rows.
func readStravaTable(r io.Reader, maxRows int) (stravaTable, error) {
	var t stravaTable
	c := csv.NewReader(r)
	c.FieldsPerRecord, c.LazyQuotes, c.ReuseRecord = -1, true, true
	header, err := c.Read()
	if err != nil {
		return t, errNoTable
	}
	cols, ok := findColumns(header)
	if !ok {
		return t, errNoTable
	}
	var dates []string
	for {
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if _, ok := errors.AsType[*csv.ParseError](err); !ok && cutShort(err, 0) == "" {
				return t, err
			}
			t.warning = "the list of activities is damaged after row " + strconv.Itoa(len(t.rows)) + ": the rest was not read"
			break
		}
		if len(t.rows) >= maxRows {
			t.warning = "the list has more than " + strconv.Itoa(maxRows) + " activities: the rest was not read"
			break
		}
		row := cols.row(fields)
		if strings.Trim(row.id, "0123456789") != "" {
			return t, errNoTable // some other table of that name, such as Garmin Connect's
		}
		row.label = cmp.Or(row.id, fmt.Sprintf("row-%d", len(t.rows)+1))
		t.rows = append(t.rows, row)
		dates = append(dates, t.rows[len(t.rows)-1].date)
	}
	reader := newDateReader(dates)
	for i := range t.rows {
		if start, ok := reader.parse(t.rows[i].date); ok {
			t.rows[i].start = start
		}
	}
	return t, nil
}

// row reads one row.
func (c stravaColumns) row(fields []string) stravaRow {
	text := func(col int) string {
		if col < 0 || col >= len(fields) {
			return ""
		}
		return clip(strings.TrimSpace(fields[col]), maxDescription)
	}
	value := func(col int) *float64 { return positive(decimal(text(col))) }
	var joined bytes.Buffer
	for _, f := range fields {
		joined.WriteString(f)
		joined.WriteByte(0x1F)
	}
	r := stravaRow{
		id: text(c.id), date: text(c.date), name: text(c.name), desc: text(c.desc), kind: text(c.kind),
		file: strings.TrimPrefix(strings.ReplaceAll(text(c.file), `\`, "/"), "./"), sum: sha256.Sum256(joined.Bytes()),
		totals: pierre.Totals{
			ElapsedSeconds: value(c.elapsed), DurationSeconds: value(c.moving), DistanceMeters: value(c.distance),
			ElevationGainMeters: value(c.gain), ElevationLossMeters: value(c.loss), MaxSpeedMPS: value(c.maxSpeed),
			AverageCadenceRPM: value(c.cadence), MaxHeartRateBPM: value(c.maxHR), AverageHeartRateBPM: value(c.averageHR),
			MaxPowerWatts: value(c.maxPower), AveragePowerWatts: value(c.averagePower), CaloriesKcal: value(c.kcal),
		},
	}
	return r
}

// draft makes an activity of the row alone.
func (r *stravaRow) draft() draft {
	d := newDraft(unix(r.start))
	d.rec.Name, d.rec.Description, d.rec.Sport, d.rec.Totals = r.name, r.desc, sportOf(r.kind), r.totals
	return d
}

// enrich adds to the activity of the row's file what its owner and Strava know
// about it. What the file says itself counts for more, except the sport. If d
// is not alone in the file, the row's numbers are not its own.
func (r *stravaRow) enrich(d *draft, alone bool) {
	if r.name != "" {
		d.rec.Name = r.name
	}
	d.rec.Description = r.desc
	if !alone {
		return
	}
	d.rec.Sport = refine(d.rec.Sport, sportOf(r.kind))
	d.rec.Totals.Complete(r.totals)
	if (d.unset || d.local) && !r.start.IsZero() {
		sortSamples(d.samples)
		from := d.start
		if math.IsNaN(from) {
			from = d.samples[0].t
		}
		d.shift(unix(r.start) - from)
		d.unset, d.local = false, false
	}
}

// refine returns the sport by its owner's word, unless the file is more precise.
func refine(file, owner pierre.Sport) pierre.Sport {
	switch {
	case file == "" || file == pierre.SportOther:
		return owner
	case owner == pierre.SportOther, owner == pierre.SportWorkout,
		owner == pierre.SportRun && file.IsRun(), owner == pierre.SportRide && file.IsRide():
		return file
	}
	return owner
}
