// Package fitbit reads the files of Fitbit in a Google Takeout archive.
package fitbit

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"path"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/days"
	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/jsondoc"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Folder is the folder of an export that holds its lists.
const Folder = "Global Export Data"

// An Export reads the files of one export into one book: those of steps are by months of UTC, so that a day may be in two of them.
type Export struct {
	Days *days.Book
	Zone *time.Location // the athlete's; nil: not known, and taken for UTC
}

// NewExport returns a reader of an export.
func NewExport() *Export { return &Export{Days: days.NewBook(pierre.ProviderFitbit)} }

// Reader returns what reads the file at the path, nil if it holds no values of days that are read.
func (x *Export) Reader(name string) func(io.Reader) error {
	base := strings.ToLower(path.Base(name))
	has := func(prefix, suffix string) bool {
		return strings.HasPrefix(base, prefix) && strings.HasSuffix(base, suffix)
	}
	switch {
	case has("steps-", ".json"):
		return func(r io.Reader) error { return jsondoc.Stream(r, x.steps) }
	case has("resting_heart_rate-", ".json"):
		return func(r io.Reader) error { return jsondoc.Stream(r, x.resting) }
	case has("sleep-", ".json"):
		return func(r io.Reader) error { return jsondoc.Stream(r, x.sleep) }
	case has("weight-", ".json"):
		return func(r io.Reader) error { return jsondoc.Stream(r, x.weight) }
	case has("daily heart rate variability summary", ".csv"):
		return x.table(pierre.WellnessHRV, "rmssd")
	case has("daily respiratory rate summary", ".csv"):
		return x.table(pierre.WellnessRespiration, "daily_respiratory_rate")
	case has("daily spo2", ".csv"):
		return x.table(pierre.WellnessOxygen, "average_value")
	default:
		return nil
	}
}

// IsProfile reports whether the file at the path says in which time zone the athlete lives.
func IsProfile(name string) bool {
	return strings.EqualFold(path.Base(name), "Profile.csv") && strings.EqualFold(path.Base(path.Dir(name)), "Your Profile")
}

// Profile reads the time zone.
func (x *Export) Profile(r io.Reader) error {
	return rows(r, func(row map[string]string) {
		if zone, err := time.LoadLocation(row["timezone"]); err == nil && row["timezone"] != "" {
			x.Zone = zone
		}
	})
}

// maxRows bounds a table: a row is a day.
const maxRows = 100_000

// rows hands the rows of a table to take, by the names of its columns in lower case.
func rows(r io.Reader, take func(map[string]string)) error {
	table := csv.NewReader(&xmldoc.TokenReader{Src: io.LimitReader(r, xmldoc.MaxToken)})
	table.FieldsPerRecord, table.LazyQuotes, table.ReuseRecord = -1, true, true
	head, err := table.Read()
	if err != nil {
		return errors.Join(draft.NotActivity("an empty table"), plain(err))
	}
	var names []string
	for _, name := range head {
		names = append(names, strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\xEF\xBB\xBF"))))
	}
	for range maxRows {
		fields, err := table.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return plain(err)
		}
		row := map[string]string{}
		for i, field := range fields[:min(len(fields), len(names))] {
			row[names[i]] = field
		}
		take(row)
	}
	return nil
}

// plain returns err unless it says that the table is no table.
func plain(err error) error {
	if _, ok := errors.AsType[*csv.ParseError](err); ok || draft.IsEOF(err) {
		return nil
	}
	return err
}

// table reads a column of a table whose rows begin with the day.
func (x *Export) table(kind pierre.WellnessKind, column string) func(io.Reader) error {
	return func(r io.Reader) error {
		return rows(r, func(row map[string]string) {
			day, err := time.Parse(time.DateOnly, row["timestamp"][:min(len(row["timestamp"]), len(time.DateOnly))])
			if err != nil {
				x.Days.Undated()
				return
			}
			if v := draft.Positive(xmldoc.Decimal(row[column])); v != nil {
				x.Days.Give(day, kind, v)
			}
		})
	}
}

const (
	clock = "01/02/06 15:04:05"
	date  = "01/02/06"
)

// steps takes the steps of a minute, whose times are UTC.
func (x *Export) steps(s struct {
	At    string      `json:"dateTime"`
	Value json.Number `json:"value"`
},
) {
	at, err := time.Parse(clock, s.At)
	n := xmldoc.Decimal(s.Value.String())
	if err != nil {
		x.Days.Undated()
		return
	}
	if n == 0 {
		return
	}
	offset := 0
	if x.Zone != nil {
		_, offset = at.In(x.Zone).Zone()
	}
	t := draft.Unix(at)
	x.Days.Read(days.Reading{Kind: pierre.WellnessSteps, Value: n, Start: t, End: t, Offset: offset})
}

// resting takes the resting heart rate of a day. A day without one has a 0.
func (x *Export) resting(r struct {
	Value struct {
		Date  string          `json:"date"`
		Value *jsondoc.Number `json:"value"`
	} `json:"value"`
},
) {
	v := r.Value.Value.Positive(1)
	if v == nil {
		return
	}
	day, err := time.Parse(date, r.Value.Date)
	if err != nil {
		x.Days.Undated()
		return
	}
	x.Days.Give(day, pierre.WellnessRestingHeartRate, v)
}

// A sleep is an element of sleep-….json, with times of the athlete's clock. A nap is none of the day's values.
type sleep struct {
	Day    string          `json:"dateOfSleep"`
	Start  string          `json:"startTime"`
	End    string          `json:"endTime"`
	Main   *bool           `json:"mainSleep"`
	Asleep *jsondoc.Number `json:"minutesAsleep"`
	InBed  *jsondoc.Number `json:"timeInBed"`
	Levels struct {
		Summary struct{ Deep, Light, REM, Wake level } `json:"summary"`
	} `json:"levels"`
}

type level struct {
	Minutes *jsondoc.Number `json:"minutes"`
	Count   *jsondoc.Number `json:"count"`
}

func (x *Export) sleep(s sleep) {
	if s.Main != nil && !*s.Main {
		return
	}
	day, err := time.Parse(time.DateOnly, s.Day)
	if err != nil {
		x.Days.Undated()
		return
	}
	const minute = 60 // s
	give := func(kind pierre.WellnessKind, n *jsondoc.Number) {
		if v := n.Known(); v != nil {
			x.Days.Give(day, kind, new(*v*minute))
		}
	}
	give(pierre.WellnessSleep, s.Asleep)
	give(pierre.WellnessInBed, s.InBed)
	if sum := s.Levels.Summary; sum.Deep.Minutes != nil || sum.REM.Minutes != nil {
		give(pierre.WellnessDeepSleep, sum.Deep.Minutes)
		give(pierre.WellnessLightSleep, sum.Light.Minutes)
		give(pierre.WellnessREMSleep, sum.REM.Minutes)
		give(pierre.WellnessAwake, sum.Wake.Minutes)
	}
	for kind, text := range map[pierre.WellnessKind]string{pierre.WellnessBedtime: s.Start, pierre.WellnessWakeTime: s.End} {
		if at, err := time.Parse("2006-01-02T15:04:05", text[:min(len(text), 19)]); err == nil {
			x.Days.Give(day, kind, new(at.Sub(day).Seconds()))
		}
	}
}

// weight takes what was weighed, in the account's unit, which the file does not name. The body mass index, which is by kg and m,
// tells: by it one is between 1.40 and 2.07 m tall.
func (x *Export) weight(w struct {
	Weight *jsondoc.Number `json:"weight"`
	BMI    *jsondoc.Number `json:"bmi"`
	Fat    *jsondoc.Number `json:"fat"`
	Date   string          `json:"date"`
	Time   string          `json:"time"`
},
) {
	at, err := time.Parse(clock, w.Date+" "+w.Time)
	if err != nil {
		x.Days.Undated()
		return
	}
	const mostInKg = 4.3 // m² = kg / BMI
	read := func(kind pierre.WellnessKind, v *float64, unit string) {
		if v == nil {
			return
		}
		if value, ok := x.Days.Convert(kind, *v, unit); ok {
			x.Days.Read(days.Reading{Kind: kind, Value: value, Start: draft.Unix(at), End: draft.Unix(at)})
		}
	}
	read(pierre.WellnessBodyFat, w.Fat.Positive(1), "%")
	unit := "kg"
	switch ratio := w.Weight.Value() / w.BMI.Value(); {
	case !(ratio > 0):
		unit = "kg or lb"
	case ratio > mostInKg:
		unit = "lb"
	}
	read(pierre.WellnessWeight, w.Weight.Positive(1), unit)
}
