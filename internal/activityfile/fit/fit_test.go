package fit

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

var innerStart = time.Date(2024, 5, 1, 6, 0, 0, 0, time.UTC)

func TestFITSports(t *testing.T) {
	for _, tt := range []struct {
		sport typedef.Sport
		sub   typedef.SubSport
		want  pierre.Sport
	}{
		{typedef.SportRunning, typedef.SubSportTreadmill, pierre.SportRun},
		{typedef.SportRunning, typedef.SubSportTrail, pierre.SportTrailRunning},
		{typedef.SportRunning, typedef.SubSportVirtualActivity, pierre.SportVirtualRun},
		{typedef.SportCycling, typedef.SubSportIndoorCycling, pierre.SportRide},
		{typedef.SportCycling, typedef.SubSportVirtualActivity, pierre.SportVirtualRide},
		{typedef.SportCycling, typedef.SubSportGravelCycling, pierre.SportGravelRide},
		{typedef.SportEBiking, typedef.SubSportGeneric, pierre.SportEBikeRide},
		{typedef.SportSwimming, typedef.SubSportLapSwimming, pierre.SportSwim},
		{typedef.SportTraining, typedef.SubSportStrengthTraining, pierre.SportStrengthTraining},
		{typedef.SportTraining, typedef.SubSportYoga, "yoga"},
		{typedef.SportTraining, typedef.SubSportCardioTraining, pierre.SportWorkout},
		{typedef.SportFitnessEquipment, typedef.SubSportIndoorRowing, "rowing"},
		{typedef.SportFitnessEquipment, typedef.SubSportElliptical, pierre.SportWorkout},
		{typedef.SportGeneric, typedef.SubSportGeneric, pierre.SportOther},
		{typedef.SportWalking, typedef.SubSportCasualWalking, pierre.SportWalk},
		{typedef.SportMountaineering, typedef.SubSportInvalid, pierre.SportHike},
		{typedef.SportAlpineSkiing, typedef.SubSportBackcountry, "backcountry_skiing"},
		{typedef.SportAlpineSkiing, typedef.SubSportResort, "alpine_skiing"},
		{typedef.SportCrossCountrySkiing, typedef.SubSportSkateSkiing, "cross_country_skiing"},
		{typedef.SportStandUpPaddleboarding, typedef.SubSportGeneric, "paddleboarding"},
		{typedef.SportSnowshoeing, typedef.SubSportGeneric, "snowshoe"},
		{typedef.SportTransition, typedef.SubSportGeneric, pierre.SportTransition},
		{typedef.SportHunting, typedef.SubSportGeneric, pierre.SportOther},
		{200, 200, pierre.SportOther},
	} {
		if got := sportOf(tt.sport, tt.sub); got != tt.want {
			t.Errorf("%v/%v: got %s, want %s", tt.sport, tt.sub, got, tt.want)
		}
	}
}

// Twelve bits of 1/1024 s wrap every four seconds.
func TestFITHeartRateMessagesUnwrapTheirTimes(t *testing.T) {
	var h heartRates
	anchor := mesgdef.NewHr(nil).SetTimestamp(innerStart).SetEventTimestamp([]uint32{3 * 1024}).SetFilteredBpm([]uint8{100}).ToMesg(nil)
	h.add(&anchor)
	packed := func(a, b uint32) []byte {
		a, b = a&0xFFF, b&0xFFF
		v := make([]byte, 4)
		binary.LittleEndian.PutUint32(v, a|b<<12)
		return v[:3]
	}
	for i := range uint32(10) { // a beat per second
		at := (3 + 1 + 2*i) * 1024
		m := mesgdef.NewHr(nil).SetEventTimestamp12(packed(at, at+1024)).SetFilteredBpm([]uint8{110, 120}).ToMesg(nil)
		h.add(&m)
	}
	var records []draft.Sample
	for i := range 21 {
		records = append(records, draft.NewSample(draft.Unix(innerStart)+float64(i)))
	}
	h.merge(records)
	// Each second holds a beat and the three quarters before it that repeat the last one.
	for i, want := range []float64{100, 103, 113, 118} {
		if math.Abs(records[i].HR-want) > 1 {
			t.Errorf("second %d: %g, want %g", i, records[i].HR, want)
		}
	}
	if last := records[20]; math.IsNaN(last.HR) {
		t.Error("the last second has no heart rate: the times were not unwrapped")
	}
}

// Sessions are matched with their records in one pass: their numbers do not multiply.
func TestManySessionsOverManyRecords(t *testing.T) {
	f := &file{}
	for i := range 200_000 {
		f.records = append(f.records, draft.NewSample(float64(i)))
	}
	f.records[5].Dist = 12
	for i := range maxMessages {
		f.sessions = append(f.sessions, session{start: float64(190_000 + i%100)})
	}
	for i, l := range f.legs() {
		if want := 12.0; i > 0 && l.base != want {
			t.Fatalf("leg %d begins at %g m, want %g", i, l.base, want)
		}
	}
}
