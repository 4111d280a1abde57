package fitbit

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"path"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/jsondoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// IsExercises reports whether the file at the path lists exercises.
func IsExercises(name string) bool {
	base := strings.ToLower(path.Base(name))
	return strings.HasPrefix(base, "exercise-") && strings.HasSuffix(base, ".json")
}

// An Exercise is an activity of the list: totals alone.
type Exercise struct {
	ID    string
	Sum   [32]byte
	Draft draft.Draft
}

type exercise struct {
	ID       json.Number     `json:"logId"`
	Name     string          `json:"activityName"`
	Start    string          `json:"startTime"`
	Active   *jsondoc.Number `json:"activeDuration"` // ms
	Duration *jsondoc.Number `json:"duration"`       // ms
	Distance *jsondoc.Number `json:"distance"`
	Unit     string          `json:"distanceUnit"`
	Calories *jsondoc.Number `json:"calories"`
	Rate     *jsondoc.Number `json:"averageHeartRate"`
}

// Exercises hands the activities of a list to take one by one, up to most, until it returns an error. Their times have no zone.
func Exercises(r io.Reader, most int, take func(Exercise) error) error {
	n := 0
	var failed error
	err := jsondoc.Stream(r, func(e exercise) {
		start, bad := time.Parse(clock, e.Start)
		if n++; bad != nil || n > most || failed != nil {
			return
		}
		failed = take(e.make(start))
	})
	switch {
	case failed != nil:
		return failed
	case err == nil && n > most:
		return draft.Unreadable("it has more than %d activities: the rest was not read", most)
	}
	return err
}

func (e exercise) make(start time.Time) Exercise {
	d := draft.New(draft.Unix(start))
	d.Local = true
	d.Rec.Sport = draft.SportOf(e.Name)
	draft.Called(&d.Rec.Activity, e.Name)
	factor := map[string]float64{"Kilometer": 1000, "Mile": 1609.344, "Meter": 1}[e.Unit]
	d.Rec.Totals = pierre.Totals{
		DurationSeconds: draft.First(e.Active.Positive(0.001), e.Duration.Positive(0.001)), ElapsedSeconds: e.Duration.Positive(0.001),
		DistanceMeters: e.Distance.Positive(factor), CaloriesKcal: e.Calories.Positive(1), AverageHeartRateBPM: e.Rate.Positive(1),
	}
	id := draft.Clip(e.ID.String(), draft.MaxTitle)
	return Exercise{ID: id, Sum: sha256.Sum256([]byte("fitbit\x00" + id + "\x00" + e.Start)), Draft: d}
}
