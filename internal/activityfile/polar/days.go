package polar

import (
	"encoding/json"
	"io"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/days"
	"github.com/pierre-mcp/pierre/internal/activityfile/jsondoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// exported is the name of a file of an account export: what it holds, of when, and an identifier of the export.
var exported = regexp.MustCompile(`^(247ohr_|account-data-|account-profile-|activity-|calendar-items-|favourite-targets-|fitness-test-results-|` +
	`nightly_recovery_blob_|nightly_recovery_|orthostatic-test-result-|planned-route-|ppi_samples_|products-devices-|programs-|` +
	`sleep_result_|sleep_score_|sleep_wake_|sport-profiles-|training-session[-_]|training-target-)` +
	`.*[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.json$`)

// family returns what the file at the path holds by its name, as the names of an export begin; "" if it is of none.
func family(name string) string {
	if m := exported.FindStringSubmatch(strings.ToLower(path.Base(name))); m != nil {
		return m[1]
	}
	return ""
}

// Exported reports whether the file at the path is one of an account export.
func Exported(name string) bool { return family(name) != "" }

// Unread reports whether the file at the path is one of an account export that holds neither a session nor values of days.
func Unread(name string) bool {
	f := family(name)
	return f != "" && !strings.HasPrefix(f, "training-session")
}

// maxDocument bounds a file that is one document: there is one for each day and each test, and one for what was entered in all years.
const maxDocument = 8 << 20

// DaysReader returns what reads the file at the path into a book, nil if it holds no values of days that are read.
func DaysReader(name string, b *days.Book) func(io.Reader) error {
	switch family(name) {
	case "activity-":
		return func(r io.Reader) error { return jsondoc.Whole(r, maxDocument, func(a activity) { a.give(b) }) }
	case "sleep_result_":
		return func(r io.Reader) error { return jsondoc.Stream(r, func(n night) { n.give(b) }) }
	case "sleep_score_":
		return func(r io.Reader) error { return jsondoc.Stream(r, func(n nightScore) { n.give(b) }) }
	case "nightly_recovery_":
		return func(r io.Reader) error { return jsondoc.Stream(r, func(n recovery) { n.give(b) }) }
	case "calendar-items-":
		return func(r io.Reader) error { return jsondoc.Whole(r, maxDocument, func(c calendar) { c.give(b) }) }
	case "fitness-test-results-":
		return func(r io.Reader) error { return jsondoc.Whole(r, maxDocument, func(f fitnessTest) { f.give(b) }) }
	default:
		return nil
	}
}

// give hands values of a day, which text begins with, to the book.
func give(b *days.Book, text string, values map[pierre.WellnessKind]*float64) {
	day, err := time.Parse(time.DateOnly, text[:min(len(text), len(time.DateOnly))])
	if err != nil {
		b.Undated()
		return
	}
	for kind, v := range values {
		b.Give(day, kind, v)
	}
}

// An activity is a day's. Its energy is that of the whole day, rest included, and is not read.
type activity struct {
	Day     string `json:"date"`
	Summary struct {
		Steps *jsondoc.Number `json:"stepCount"`
	} `json:"summary"`
}

func (a activity) give(b *days.Book) {
	if steps := a.Summary.Steps.Positive(1); steps != nil { // 0: not worn
		give(b, a.Day, map[pierre.WellnessKind]*float64{pierre.WellnessSteps: steps})
	}
}

// A night is an element of sleep_result_….json. Watches that do not tell stages apart have none, or all of them 0.
type night struct {
	Day        string `json:"night"`
	Evaluation struct {
		Asleep        string `json:"asleepDuration"`
		Interruptions struct {
			Total string `json:"totalDuration"`
		} `json:"interruptions"`
		Phases struct {
			REM   string `json:"rem"`
			Light string `json:"light"`
			Deep  string `json:"deep"`
		} `json:"phaseDurations"`
	} `json:"evaluation"`
	Result struct {
		Hypnogram struct {
			Start string `json:"sleepStart"`
			End   string `json:"sleepEnd"`
		} `json:"hypnogram"`
	} `json:"sleepResult"`
}

func (n night) give(b *days.Book) {
	e := n.Evaluation
	asleep := seconds(e.Asleep)
	if asleep == nil {
		return
	}
	values := map[pierre.WellnessKind]*float64{
		pierre.WellnessSleep: asleep, pierre.WellnessAwake: duration(e.Interruptions.Total),
		pierre.WellnessBedtime: sinceMidnight(n.Day, n.Result.Hypnogram.Start), pierre.WellnessWakeTime: sinceMidnight(n.Day, n.Result.Hypnogram.End),
	}
	if seconds(e.Phases.REM) != nil || seconds(e.Phases.Deep) != nil {
		values[pierre.WellnessREMSleep], values[pierre.WellnessLightSleep], values[pierre.WellnessDeepSleep] = duration(e.Phases.REM), duration(e.Phases.Light), duration(e.Phases.Deep)
	}
	give(b, n.Day, values)
}

// sinceMidnight returns the seconds from the beginning of a day to a time, both on the clock that the time is of.
func sinceMidnight(day, text string) *float64 {
	midnight, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			_, offset := t.Zone()
			return new(t.Sub(midnight).Seconds() + float64(offset))
		}
	}
	return nil
}

// A nightScore is an element of sleep_score_….json.
type nightScore struct {
	Day    string `json:"night"`
	Result struct {
		Score *jsondoc.Number `json:"sleepScore"`
	} `json:"sleepScoreResult"`
}

func (n nightScore) give(b *days.Book) {
	give(b, n.Day, map[pierre.WellnessKind]*float64{pierre.WellnessSleepScore: n.Result.Score.Positive(1)})
}

// A recovery is an element of nightly_recovery_….json: means of four hours asleep, the intervals in ms. The heart rate of these
// hours is no resting heart rate.
type recovery struct {
	Day    string          `json:"night"`
	RMSSD  *jsondoc.Number `json:"meanNightlyRecoveryRmssd"`
	Breath *jsondoc.Number `json:"meanNightlyRecoveryRespirationInterval"`
}

func (n recovery) give(b *days.Book) {
	values := map[pierre.WellnessKind]*float64{pierre.WellnessHRV: n.RMSSD.Positive(1)}
	if interval := n.Breath.Positive(1); interval != nil {
		const minute = 60_000 // ms
		values[pierre.WellnessRespiration] = new(minute / *interval)
	}
	give(b, n.Day, values)
}

// A calendar holds what the athlete entered. Each change of the profile has a weight, which is that of an earlier day unless it is
// what has changed.
type calendar struct {
	Weights  json.RawMessage `json:"weights"`
	Profiles json.RawMessage `json:"physicalInformations"`
}

func (c calendar) give(b *days.Book) {
	type profile map[string]json.RawMessage // a tag cannot name a member with a comma
	type weight struct {
		Day    string          `json:"date"`
		Weight *jsondoc.Number `json:"weight"`
	}
	before := 0.0
	_ = jsondoc.Each(c.Profiles, func(p profile) bool { // the text has been found to be JSON
		var (
			at     string
			weight *jsondoc.Number
		)
		if jsondoc.Decode(p["dateTime"], &at) != nil || jsondoc.Decode(p["weight, kg"], &weight) != nil {
			return true
		}
		if kg := weight.Positive(1); kg != nil && *kg != before {
			before = *kg
			give(b, at, map[pierre.WellnessKind]*float64{pierre.WellnessWeight: kg})
		}
		return true
	})
	_ = jsondoc.Each(c.Weights, func(w weight) bool {
		give(b, w.Day, map[pierre.WellnessKind]*float64{pierre.WellnessWeight: w.Weight.Positive(1)})
		return true
	})
}

// A fitnessTest is Polar's test at rest, whose OwnIndex is an estimate of the maximum oxygen uptake.
type fitnessTest struct {
	Start  string `json:"startTime"`
	Result struct {
		OwnIndex *jsondoc.Number `json:"ownIndex"`
	} `json:"fitnessTestResult"`
}

func (f fitnessTest) give(b *days.Book) {
	give(b, f.Start, map[pierre.WellnessKind]*float64{pierre.WellnessVO2Max: f.Result.OwnIndex.Positive(1)})
}
