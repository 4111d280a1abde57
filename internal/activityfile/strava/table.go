// Package strava reads the list of activities of a Strava account export, in any language.
package strava

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

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Row is one activity of a Strava export's activities.csv.
type Row struct {
	ID     string
	Label  string    // the id, or else the number of the row
	Date   string    // as written
	Start  time.Time // zero: not readable
	name   string
	desc   string
	kind   string // in the owner's language
	File   string // relative to the table, "" for activities that were entered by hand
	Sum    [32]byte
	race   bool
	words  pierre.Impression
	totals pierre.Totals
}

// columns says in which column each value stands; -1 if in none.
type columns struct {
	id, date, name, kind, desc, file                        int
	elapsed, moving, distance, gain, loss, maxSpeed         int
	cadence, maxHR, averageHR, maxPower, averagePower, kcal int
	race, note, gear, rpe                                   int

	once bool // the distance is given once, for people
}

// findColumns recognises the columns of a table. The header grew from 10 to
// over 100 columns, is in the language of its owner, and has some names twice:
// the second one is the machine-readable value. So English names are looked up,
// with their occurrence. For other languages the twins are the landmarks: the
// first thirteen columns have kept their places since 2019, and elapsed time,
// distance and maximum heart rate among them have a twin further on, whose
// neighbours are known.
func findColumns(header []string) (columns, bool) {
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
	gear := at("activity gear")
	if gear < 0 && len(names) < 13 {
		gear = at("gear") // which in longer lists is a number
	}
	if id := at("activity id", "id"); id >= 0 && at("filename") >= 0 {
		return columns{
			id: id, date: at("activity date", "date"), name: at("activity name", "name"), desc: at("activity description", "description"),
			kind: slices.IndexFunc(names, func(n string) bool { return n == "activity type" || n == "type" }),
			file: at("filename"), elapsed: at("elapsed time"), moving: at("moving time"), distance: at("distance"),
			gain: at("elevation gain"), loss: at("elevation loss"), maxSpeed: at("max speed"), cadence: at("average cadence"),
			maxHR: at("max heart rate"), averageHR: at("average heart rate"), maxPower: at("max watts"), averagePower: at("average watts"),
			kcal: at("calories"), race: at("competition"),
			note: at("activity private note"), gear: gear, rpe: at("perceived exertion"), once: at("distance") == slices.Index(names, "distance"),
		}, true
	}
	if len(names) >= 10 && len(names) < 13 {
		return oldColumns(), true
	}
	if len(names) < 35 {
		return columns{}, false
	}
	elapsed, distance, maxHR := at(names[5]), at(names[6]), at(names[7])
	if elapsed <= 12 || distance != elapsed+2 || maxHR <= distance+4 || maxHR+4 >= len(names) {
		elapsed, distance, maxHR = 15, 17, 30 // where they have been so far
	}
	return columns{
		id: 0, date: 1, name: 2, kind: 3, desc: 4, file: 12,
		elapsed: elapsed, moving: elapsed + 1, distance: distance, maxSpeed: distance + 1, gain: distance + 3, loss: distance + 4,
		cadence: maxHR - 1, maxHR: maxHR, averageHR: maxHR + 1, maxPower: maxHR + 2, averagePower: maxHR + 3, kcal: maxHR + 4, race: -1,
		note: 10, gear: 11, rpe: maxHR + 13, // which stands between the seconds of other motion and the type
	}, true
}

// oldColumns are those of the lists before 2019: ten, in the order that they had in every language.
func oldColumns() columns {
	return columns{
		id: 0, date: 1, name: 2, kind: 3, desc: 4, elapsed: 5, distance: 6, file: 9,
		moving: -1, gain: -1, loss: -1, maxSpeed: -1, cadence: -1, maxHR: -1, averageHR: -1, maxPower: -1, averagePower: -1, kcal: -1, race: -1, note: -1, gear: 8, rpe: -1, once: true,
	}
}

// A Table is a Strava export's list of activities.
type Table struct {
	Rows    []Row
	Warning string
}

// Read reads an activities.csv of at most maxRows rows.
func Read(r io.Reader, maxRows int) (Table, error) {
	var t Table
	window := &xmldoc.TokenReader{Src: r} // of one row, all of which is kept in memory
	c := csv.NewReader(window)
	c.FieldsPerRecord, c.LazyQuotes, c.ReuseRecord = -1, true, true
	header, err := c.Read()
	if err != nil {
		return t, draft.ErrNoTable
	}
	cols, ok := findColumns(header)
	if !ok {
		return t, draft.ErrNoTable
	}
	if err := t.readRows(c, window, cols, maxRows); err != nil {
		return t, err
	}
	if cols.once {
		metersFromKilometers(t.Rows)
	}
	dates := make([]string, len(t.Rows))
	for i, row := range t.Rows {
		dates[i] = row.Date
	}
	reader := newDateReader(dates)
	for i := range t.Rows {
		if start, ok := reader.parse(t.Rows[i].Date); ok {
			t.Rows[i].Start = start
		}
	}
	return t, nil
}

// readRows reads the rows below the header, up to the first one that is damaged.
func (t *Table) readRows(c *csv.Reader, window *xmldoc.TokenReader, cols columns, maxRows int) error {
	for {
		window.Since = 0
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			if _, ok := errors.AsType[*csv.ParseError](err); !ok && draft.CutShort(err, 0) == "" {
				return err
			}
			t.Warning = "the list of activities is damaged after row " + strconv.Itoa(len(t.Rows)) + ": the rest was not read"
			return nil
		}
		if len(t.Rows) >= maxRows {
			t.Warning = "the list has more than " + strconv.Itoa(maxRows) + " activities: the rest was not read"
			return nil
		}
		row := cols.row(fields)
		if strings.Trim(row.ID, "0123456789") != "" {
			return draft.ErrNoTable // some other table of that name, such as Garmin Connect's
		}
		row.Label = cmp.Or(row.ID, fmt.Sprintf("row-%d", len(t.Rows)+1))
		t.Rows = append(t.Rows, row)
	}
}

// metersFromKilometers converts the distances of a list that gives each once, if they are too short for their times to be
// in metres: such lists have km, as people read them.
func metersFromKilometers(rows []Row) {
	const slowest = 0.1 // m/s, on average
	var speeds []float64
	for i := range rows {
		if t := &rows[i].totals; t.DistanceMeters != nil && t.ElapsedSeconds != nil {
			speeds = append(speeds, *t.DistanceMeters / *t.ElapsedSeconds)
		}
	}
	if len(speeds) == 0 {
		return
	}
	slices.Sort(speeds)
	if speeds[len(speeds)/2] > slowest {
		return
	}
	for i := range rows {
		if t := &rows[i].totals; t.DistanceMeters != nil {
			*t.DistanceMeters *= 1000
		}
	}
}

// row reads one row.
func (c columns) row(fields []string) Row {
	text := func(col int) string {
		if col < 0 || col >= len(fields) {
			return ""
		}
		return draft.Clip(strings.TrimSpace(fields[col]), draft.MaxDescription)
	}
	value := func(col int) *float64 { return draft.Positive(xmldoc.Decimal(text(col))) }
	var joined bytes.Buffer
	for _, f := range fields {
		joined.WriteString(f)
		joined.WriteByte(0x1F)
	}
	r := Row{
		ID: text(c.id), Date: text(c.date), name: text(c.name), desc: text(c.desc), kind: text(c.kind),
		File: strings.TrimPrefix(strings.ReplaceAll(text(c.file), `\`, "/"), "./"), Sum: sha256.Sum256(joined.Bytes()),
		totals: pierre.Totals{
			ElapsedSeconds: value(c.elapsed), DurationSeconds: value(c.moving), DistanceMeters: value(c.distance),
			ElevationGainMeters: value(c.gain), ElevationLossMeters: value(c.loss), MaxSpeedMPS: value(c.maxSpeed),
			AverageCadenceRPM: value(c.cadence), MaxHeartRateBPM: value(c.maxHR), AverageHeartRateBPM: value(c.averageHR),
			MaxPowerWatts: value(c.maxPower), AveragePowerWatts: value(c.averagePower), CaloriesKcal: value(c.kcal),
		},
		race:  value(c.race) != nil,
		words: pierre.Impression{Note: text(c.note), Gear: text(c.gear), RPE: pierre.RPEOf(xmldoc.Decimal(text(c.rpe)))},
	}
	return r
}

// Draft makes an activity of the row alone.
func (r *Row) Draft() draft.Draft {
	d := draft.New(draft.Unix(r.Start))
	d.Rec.Name, d.Rec.Description, d.Rec.Sport, d.Rec.Totals = r.name, r.desc, draft.SportOf(r.kind), r.totals
	r.describe(&d)
	r.say(&d)
	return d
}

// describe notes what the row says of the sport.
func (r *Row) describe(d *draft.Draft) {
	draft.Called(&d.Rec.Activity, r.kind)
	d.Rec.Race = d.Rec.Race || r.race
}

// say notes what the owner says of the activity.
func (r *Row) say(d *draft.Draft) {
	words := r.words
	words.Complete(d.Rec.Impression)
	d.Rec.Impression = words
}

// Enrich adds to the activity of the row's file what its owner and Strava know
// about it. What the file says itself counts for more, except the sport. If d
// is not alone in the file, the row's numbers are not its own.
func (r *Row) Enrich(d *draft.Draft, alone bool) {
	if r.name != "" {
		d.Rec.Name = r.name
	}
	d.Rec.Description = r.desc
	r.say(d)
	if !alone {
		return
	}
	d.Rec.Sport = draft.Refine(d.Rec.Sport, draft.SportOf(r.kind))
	r.describe(d)
	d.Rec.Totals.Complete(r.totals)
	if (d.Unset || d.Local) && !r.Start.IsZero() {
		draft.SortSamples(d.Samples)
		from := d.Start
		if math.IsNaN(from) {
			from = d.Samples[0].T
		}
		d.Shift(draft.Unix(r.Start) - from)
		d.Unset, d.Local = false, false
	}
}
