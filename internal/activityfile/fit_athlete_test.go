//go:build !race

package activityfile

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"

	"github.com/pierre-mcp/pierre/internal/recordings"
)

// athleteOf reads what a file says of its athlete.
func athleteOf(t *testing.T, content []byte) string {
	t.Helper()
	results := walkBytes(t, "a.fit", content, Options{})
	if len(results) != 1 || results[0].Status != StatusOK || !results[0].Profile.Updated.IsZero() {
		t.Fatalf("results = %+v", results)
	}
	text, err := json.Marshal(results[0].Profile)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// zonesTarget are the settings of an athlete whose zones are calculated one way or another.
func zonesTarget(ftp uint16, highest, threshold uint8, by typedef.HrZoneCalc) *mesgdef.ZonesTarget {
	return mesgdef.NewZonesTarget(nil).SetFunctionalThresholdPower(ftp).SetMaxHeartRate(highest).SetThresholdHeartRate(threshold).SetHrCalcType(by)
}

func userProfile(age uint8, kg float64) *mesgdef.UserProfile {
	return mesgdef.NewUserProfile(nil).SetAge(age).SetWeightScaled(kg).SetRestingHeartRate(60)
}

// Of what a device was told about its athlete that is believed which nobody but a person can have told it.
func TestFITSettingsThatAreBelieved(t *testing.T) {
	const byMax, byReserve, byThreshold = typedef.HrZoneCalcPercentMaxHr, typedef.HrZoneCalcPercentHrr, typedef.HrZoneCalcPercentLthr
	stress := func(watts uint16) func(*mesgdef.Session) {
		return func(s *mesgdef.Session) { s.SetThresholdPower(watts).SetMaxHeartRate(181) }
	}
	ride, run := typedef.SportCycling, typedef.SportRunning
	for _, tt := range []struct {
		name    string
		sport   typedef.Sport
		session func(*mesgdef.Session)
		said    []mesger
		want    string
	}{
		{"all of a ride", ride, stress(251), []mesger{userProfile(40, 68.5), zonesTarget(251, 188, 165, byMax)}, `{"ftp_watts":251,"max_heart_rate_bpm":188,"weight_kg":68.5}`},
		{"the threshold of a ride", ride, stress(251), []mesger{zonesTarget(240, 0, 0, byMax)}, `{"ftp_watts":251}`},
		{"the threshold of the settings", ride, nil, []mesger{zonesTarget(240, 0, 0, byMax)}, `{"ftp_watts":240}`},
		{"running power", run, stress(310), []mesger{zonesTarget(310, 0, 0, byMax)}, `{}`},
		{"200 W", ride, stress(200), []mesger{zonesTarget(200, 0, 0, byMax)}, `{}`},
		{"the least and the most power", ride, stress(59), []mesger{zonesTarget(601, 0, 0, byMax)}, `{}`},
		{"zones by threshold", run, nil, []mesger{userProfile(40, 75), zonesTarget(0, 188, 165, byThreshold)}, `{"threshold_heart_rate_bpm":165}`},
		{"a swimmer's threshold", typedef.SportSwimming, nil, []mesger{zonesTarget(0, 188, 165, byThreshold)}, `{}`},
		{"a threshold above the maximum", run, nil, []mesger{zonesTarget(0, 160, 165, byThreshold)}, `{}`},
		{"zones by reserve", run, nil, []mesger{userProfile(40, 0), zonesTarget(0, 191, 0, byReserve)}, `{"max_heart_rate_bpm":191}`},
		{"220 less the age", run, nil, []mesger{userProfile(40, 0), zonesTarget(0, 180, 0, byMax)}, `{}`},
		{"220 less the age of last year", run, nil, []mesger{userProfile(40, 0), zonesTarget(0, 181, 0, byMax)}, `{}`},
		{"what devices come with", run, nil, []mesger{userProfile(40, 0), zonesTarget(0, 185, 0, byMax)}, `{}`},
		{"of an unknown age", run, nil, []mesger{zonesTarget(0, 188, 0, byMax)}, `{}`},
		{"below the recorded", run, stress(0), []mesger{userProfile(45, 0), zonesTarget(0, 180, 0, byMax)}, `{}`},
		{"a weight of nobody", run, nil, []mesger{userProfile(40, 29.9)}, `{}`},
		{
			"the times in zones of a session, not of a lap", run, nil, []mesger{
				mesgdef.NewTimeInZone(nil).SetReferenceMesg(typedef.MesgNumSession).SetHrCalcType(byThreshold).SetThresholdHeartRate(165),
				mesgdef.NewTimeInZone(nil).SetReferenceMesg(typedef.MesgNumLap).SetHrCalcType(byThreshold).SetThresholdHeartRate(100),
			}, `{"threshold_heart_rate_bpm":165}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := fitRecording{seconds: 60, sport: tt.sport, session: tt.session, before: tt.said}
			if got := athleteOf(t, f.encode(t)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// What real devices wrote.
func TestFITSettingsOfRealRecordings(t *testing.T) {
	for name, want := range map[string]string{
		"ride_road_power.fit":              `{"ftp_watts":234,"weight_kg":64.7}`, // the maximum, 185, is what the device came with
		"ride_6h_wahoo_power.fit":          `{"ftp_watts":220}`,
		"ride_indoor_power_nogps.fit":      `{"ftp_watts":250}`,
		"strength_hr_only.fit":             `{"weight_kg":70.3}`,
		"swim_pool_hr_messages.fit":        `{"weight_kg":54.4}`,
		"run_fr110_smart_recording.fit":    `{}`,
		"ride_truncated_no_session.fit":    `{}`,
		"run_stryd_devfields_power.fit":    `{}`,
		"multisport_triathlon_chained.fit": `{}`,
	} {
		content, err := os.ReadFile(filepath.Join(recordings.Dir(t), name))
		if err != nil {
			t.Fatal(err)
		}
		if got := athleteOf(t, content); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
