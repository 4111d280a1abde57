//go:build !race

package activityfile

import (
	"testing"

	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/proto"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// ratedFIT is a session that its athlete rated.
func ratedFIT(t *testing.T, rpe, feel uint8) []byte {
	s := mesgdef.NewSession(nil).SetStartTime(fitStart).SetSport(typedef.SportRunning).SetTotalElapsedTimeScaled(100).SetTotalTimerTimeScaled(100).
		SetWorkoutRpe(rpe).SetWorkoutFeel(feel).ToMesg(nil)
	id := mesgdef.NewFileId(nil).SetType(typedef.FileActivity).SetTimeCreated(fitStart).ToMesg(nil)
	return encodeFIT(t, []proto.Message{id, s}...)
}

func TestRatingOfFIT(t *testing.T) {
	for _, tt := range []struct {
		rpe, feel uint8
		want      pierre.Impression
	}{
		{70, 75, pierre.Impression{RPE: new(7.0), Feel: pierre.FeelStrong}},
		{100, 0, pierre.Impression{RPE: new(10.0), Feel: pierre.FeelVeryWeak}},
		{0, 100, pierre.Impression{Feel: pierre.FeelVeryStrong}}, // not rated
		{0xFF, 0xFF, pierre.Impression{}},
		{101, 101, pierre.Impression{}},
	} {
		results := walkBytes(t, "x.fit", ratedFIT(t, tt.rpe, tt.feel), Options{})
		if len(results) != 1 || len(results[0].Recordings) != 1 {
			t.Fatalf("got %q", brief(results))
		}
		got := results[0].Recordings[0].Impression
		if got.Feel != tt.want.Feel || (got.RPE == nil) != (tt.want.RPE == nil) || got.RPE != nil && *got.RPE != *tt.want.RPE {
			t.Errorf("%d and %d are %+v, want %+v", tt.rpe, tt.feel, got, tt.want)
		}
	}
}

func TestRatingOfGarmin(t *testing.T) {
	list := `[{"summarizedActivitiesExport":[{"activityId":1,"activityType":"running","beginTimestamp":1.7e12,"duration":3600000,"workoutRpe":80,"workoutFeel":25}]}]`
	results := walkBytes(t, "x_summarizedActivities.json", []byte(list), Options{})
	if len(results) == 0 || len(results[0].Recordings) != 1 {
		t.Fatalf("got %q", brief(results))
	}
	if got := results[0].Recordings[0].Impression; got.RPE == nil || *got.RPE != 8 || got.Feel != pierre.FeelWeak {
		t.Errorf("got %+v", got)
	}
}
