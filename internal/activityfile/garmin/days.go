package garmin

import (
	"io"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/days"
	"github.com/pierre-mcp/pierre/internal/activityfile/jsondoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Days reads the files of an account export that hold values of days. It remembers by which clock the athlete lived on each day:
// only the daily summaries say so, which are to be read first.
type Days struct {
	offsets map[time.Time]time.Duration
}

// maxOffsets bounds what is remembered: a hundred years.
const maxOffsets = 36_525

// NewDays returns a reader of the files of one export.
func NewDays() *Days { return &Days{offsets: map[time.Time]time.Duration{}} }

// A DaysReader reads one file of an export into a book.
type DaysReader func(r io.Reader, b *days.Book) error

// Summaries reports whether the file of that name holds daily summaries.
func Summaries(name string) bool { return strings.HasPrefix(strings.ToLower(name), "udsfile") }

// Reader returns what reads the file of that name, nil if it holds no values of days that are read.
func (d *Days) Reader(name string) DaysReader {
	name = strings.ToLower(name)
	switch {
	case !strings.HasSuffix(name, ".json"):
		return nil
	case Summaries(name):
		return each(d.summary)
	case strings.HasSuffix(name, "sleepdata.json"):
		return each(d.sleep)
	case strings.HasSuffix(name, "userbiometrics.json"):
		return each(biometrics)
	case strings.HasSuffix(name, "healthstatusdata.json"):
		return each(healthStatus)
	case strings.HasPrefix(name, "metricsmaxmetdata"):
		return (&maxMets{}).read
	default:
		return nil
	}
}

// each reads a list of records that each say of which day they are.
func each[T any](take func(b *days.Book, record T)) DaysReader {
	return func(r io.Reader, b *days.Book) error {
		return jsondoc.Stream(r, func(record T) { take(b, record) })
	}
}

// A date is a day: "2024-05-01", or with a time behind it. Early exports wrap it, and write "May 1, 2024 12:00:00 AM".
type date struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler. What is no date is the zero time.
func (d *date) UnmarshalJSON(text []byte) error {
	var wrapped struct {
		Date string `json:"date"`
	}
	s := strings.Trim(string(text), `"`)
	if strings.HasPrefix(s, "{") && jsondoc.Decode(text, &wrapped) == nil {
		s = wrapped.Date
	}
	day, err := time.Parse(time.DateOnly, s[:min(len(s), len(time.DateOnly))])
	if err != nil {
		day, err = time.Parse("Jan 2, 2006 3:04:05 PM", s)
	}
	if err == nil {
		d.Time = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
	}
	return nil
}

// give hands values of a day to the book.
func give(b *days.Book, day date, values map[pierre.WellnessKind]*float64) {
	if day.IsZero() {
		b.Undated()
		return
	}
	for kind, v := range values {
		b.Give(day.Time, kind, v)
	}
}

// A summary is an element of UDSFile_….json.
type summary struct {
	Day     date            `json:"calendarDate"`
	Steps   *jsondoc.Number `json:"totalSteps"`
	Active  *jsondoc.Number `json:"activeKilocalories"`
	Resting *jsondoc.Number `json:"restingHeartRate"`
	Local   string          `json:"wellnessStartTimeLocal"`
	GMT     string          `json:"wellnessStartTimeGmt"`
}

func (d *Days) summary(b *days.Book, s summary) {
	give(b, s.Day, map[pierre.WellnessKind]*float64{
		pierre.WellnessSteps: s.Steps.Positive(1), pierre.WellnessActiveEnergy: s.Active.Positive(1), pierre.WellnessRestingHeartRate: s.Resting.Positive(1),
	})
	local, gmt := clock(s.Local), clock(s.GMT)
	offset := local.Sub(gmt)
	if !local.IsZero() && !gmt.IsZero() && offset.Abs() <= 14*time.Hour && len(d.offsets) < maxOffsets {
		d.offsets[s.Day.Time] = offset
	}
}

// clock reads a time such as "2024-04-30T21:05:00.0", of which another member says the zone. It is zero if there is none.
func clock(text string) time.Time {
	const layout = "2006-01-02T15:04:05"
	t, err := time.Parse(layout, text[:min(len(text), len(layout))])
	if err != nil {
		return time.Time{}
	}
	return t
}

// A night is an element of …_sleepData.json. One when the watch was not worn has no stages.
type night struct {
	Day         date            `json:"calendarDate"`
	Start       string          `json:"sleepStartTimestampGMT"`
	End         string          `json:"sleepEndTimestampGMT"`
	Deep        *jsondoc.Number `json:"deepSleepSeconds"`
	Light       *jsondoc.Number `json:"lightSleepSeconds"`
	REM         *jsondoc.Number `json:"remSleepSeconds"`
	Awake       *jsondoc.Number `json:"awakeSleepSeconds"`
	Awakenings  *jsondoc.Number `json:"awakeCount"`
	Respiration *jsondoc.Number `json:"averageRespiration"`
	Scores      struct {
		Overall *jsondoc.Number `json:"overallScore"`
	} `json:"sleepScores"`
	Oxygen struct {
		Average *jsondoc.Number `json:"averageSPO2"`
	} `json:"spo2SleepSummary"`
}

func (d *Days) sleep(b *days.Book, n night) {
	asleep := 0.0
	for _, stage := range []*jsondoc.Number{n.Deep, n.Light, n.REM} {
		if v := stage.Known(); v != nil {
			asleep += *v
		}
	}
	if asleep <= 0 {
		return
	}
	values := map[pierre.WellnessKind]*float64{
		pierre.WellnessSleep: &asleep, pierre.WellnessDeepSleep: n.Deep.Known(), pierre.WellnessLightSleep: n.Light.Known(), pierre.WellnessREMSleep: n.REM.Known(),
		pierre.WellnessAwake: n.Awake.Known(), pierre.WellnessAwakenings: n.Awakenings.Known(), pierre.WellnessRespiration: n.Respiration.Positive(1),
		pierre.WellnessSleepScore: n.Scores.Overall.Positive(1), pierre.WellnessOxygen: n.Oxygen.Average.Positive(1),
	}
	if offset, ok := d.offsets[n.Day.Time]; ok {
		for kind, text := range map[pierre.WellnessKind]string{pierre.WellnessBedtime: n.Start, pierre.WellnessWakeTime: n.End} {
			if t := clock(text); !t.IsZero() {
				values[kind] = new(t.Add(offset).Sub(n.Day.Time).Seconds())
			}
		}
	}
	give(b, n.Day, values)
}

// biometric is an element of …_userBioMetrics.json: what was weighed or typed in. Weights are in g.
type biometric struct {
	Meta struct {
		Day date `json:"calendarDate"`
	} `json:"metaData"`
	Weight *struct {
		Weight  *jsondoc.Number `json:"weight"`
		BodyFat *jsondoc.Number `json:"bodyFat"`
	} `json:"weight"`
}

func biometrics(b *days.Book, m biometric) {
	if m.Weight == nil {
		return
	}
	give(b, m.Meta.Day, map[pierre.WellnessKind]*float64{
		pierre.WellnessWeight: m.Weight.Weight.Positive(0.001), pierre.WellnessBodyFat: m.Weight.BodyFat.Positive(1),
	})
}

// A status is an element of …_healthStatusData.json: what a watch measured in the night.
type status struct {
	Day     date `json:"calendarDate"`
	Metrics []struct {
		Type  string          `json:"type"`
		Value *jsondoc.Number `json:"value"`
	} `json:"metrics"`
}

func healthStatus(b *days.Book, s status) {
	values := map[pierre.WellnessKind]*float64{}
	for _, m := range s.Metrics {
		switch m.Type {
		case "HRV":
			values[pierre.WellnessHRV] = m.Value.Positive(1)
		case "SPO2":
			values[pierre.WellnessOxygen] = m.Value.Positive(1)
		case "RESPIRATION":
			values[pierre.WellnessRespiration] = m.Value.Positive(1)
		}
	}
	give(b, s.Day, values)
}

// maxMets reads MetricsMaxMetData_….json. Of a day with one of running and one of cycling, that of running counts.
type maxMets struct{ ran map[time.Time]bool }

type maxMet struct {
	Day    date            `json:"calendarDate"`
	Sport  string          `json:"sport"`
	VO2Max *jsondoc.Number `json:"vo2MaxValue"`
}

func (m *maxMets) read(r io.Reader, b *days.Book) error {
	m.ran = map[time.Time]bool{}
	return jsondoc.Stream(r, func(v maxMet) {
		running := strings.EqualFold(v.Sport, "running")
		if m.ran[v.Day.Time] && !running {
			return
		}
		if running && len(m.ran) < maxOffsets {
			m.ran[v.Day.Time] = true
		}
		give(b, v.Day, map[pierre.WellnessKind]*float64{pierre.WellnessVO2Max: v.VO2Max.Positive(1)})
	})
}
