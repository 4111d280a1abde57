//go:build !race

package tools_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type records struct {
	From, To   string
	Activities int
	Sports     []string `json:"sport_types"`
	Note       string
	Records    []struct {
		Record   string
		Seconds  float64  `json:"duration_seconds"`
		Meters   float64  `json:"distance_meters"`
		Power    float64  `json:"average_power_watts"`
		HR       float64  `json:"average_heart_rate_bpm"`
		Gain     float64  `json:"elevation_gain_meters"`
		VAM      float64  `json:"vertical_meters_per_hour"`
		Activity string   `json:"activity_id"`
		Date     string   `json:"date"`
		AllTime  bool     `json:"is_all_time"`
		Ever     *float64 `json:"all_time"`
		Compared *float64 `json:"compared"`
	}
}

// find returns the place of a record of a kind over a length, -1 if there is none.
func (r records) find(kind string, length float64) int {
	for i, one := range r.Records {
		if one.Record == kind && (one.Seconds == length && kind != "pace" || one.Meters == length && kind != "farthest" || length == 0) {
			return i
		}
	}
	return -1
}

// step is a value until a time, and another one after it.
func step(at, before, after float64) func(float64) float64 {
	return func(t float64) float64 {
		if t <= at {
			return before
		}
		return after
	}
}

func TestRecordsOfRides(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	ride := func(daysAgo int, power func(float64) float64) pierre.ActivityID {
		return importSession(t, s, user, session{
			name: "Ride", sport: pierre.SportRide, start: now().AddDate(0, 0, -daysAgo), seconds: 3600, step: 1, speed: always(8), power: power,
		})
	}
	strong := ride(300, step(1200, 300, 150))
	recent := ride(10, step(300, 330, 180))
	ride(5, step(60, 2600, 200)) // a meter that failed
	hill := importSession(t, s, user, session{
		name: "Hill", sport: pierre.SportRide, start: now().AddDate(0, 0, -3), seconds: 3600, step: 1, speed: always(5),
		altitude: func(t float64) float64 { return 500 + 0.06*5*min(max(t-600, 0), 1500) },
	})
	h := newHost(t, s, user)
	var r records
	h.call("get_records", map[string]any{"after": "2026-05-01", "compare_before": "2026-04-30"}).decode(t, &r)
	if r.Sports[0] != "ride" || r.Activities != 3 || r.From != "2026-05-01" || r.To != "2026-06-15" || !strings.Contains(r.Note, "1 activity") {
		t.Errorf("the records are of %+v", r)
	}
	for _, want := range []struct {
		kind           string
		length, value  float64
		ever, compared float64 // 0: the record is all-time, there is none
		activity       pierre.ActivityID
	}{
		{"power", 60, 330, 0, 300, recent},
		{"power", 300, 330, 0, 300, recent},
		{"power", 600, 255, 300, 300, recent},
		{"power", 3600, 192.5, 200, 200, recent},
		{"highest_climb", 0, 450, 0, 0, hill},
		{"fastest_climb", 0, 1080, 0, 0, hill},
	} {
		at := r.find(want.kind, want.length)
		if at < 0 {
			t.Errorf("there is no record of %s over %v: %+v", want.kind, want.length, r.Records)
			continue
		}
		got := r.Records[at]
		if math.Abs(got.Power+got.Gain+got.VAM-want.value) > 0.02*want.value || got.AllTime != (want.ever == 0) || got.Activity != string(want.activity) {
			t.Errorf("%s over %v is %+v, want %+v", want.kind, want.length, got, want)
		}
		if (got.Ever != nil) != (want.ever > 0) || got.Ever != nil && math.Abs(*got.Ever-want.ever) > 0.5 ||
			(got.Compared != nil) != (want.compared > 0) || got.Compared != nil && math.Abs(*got.Compared-want.compared) > 0.5 {
			t.Errorf("%s over %v compares as %+v, want %+v", want.kind, want.length, got, want)
		}
	}
	var all records
	h.call("get_records", map[string]any{"records": []string{"power"}}).decode(t, &all)
	if at := all.find("power", 600); at < 0 || all.Records[at].Activity != string(strong) || all.find("longest_distance", 0) >= 0 {
		t.Errorf("of all time there are %+v", all.Records)
	}
	var none records
	h.call("get_records", map[string]any{"before": "2001-01-01", "sport_type": "swim"}).decode(t, &none)
	if none.Activities != 0 || len(none.Records) != 0 || none.Note == "" {
		t.Errorf("of a time without activities there are %+v", none)
	}
}

// The fastest climb need not be among the five highest, and a ride on a lift takes the place of none.
func TestClimbsOfAMountainousDay(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	ups := [...]struct{ seconds, gain float64 }{{300, 600}, {600, 200}, {600, 205}, {600, 210}, {180, 110}, {600, 215}, {600, 220}} // the first by lift
	const leg = 1200                                                                                                                // s, up and down
	importSession(t, s, user, session{
		name: "Ride", sport: pierre.SportRide, start: now().AddDate(0, 0, -3), seconds: len(ups)*leg - 1, step: 1, speed: always(5),
		altitude: func(t float64) float64 {
			up, at := ups[int(t)/leg], math.Mod(t, leg)
			return 500 + up.gain*min(at/up.seconds, (leg-at)/(leg-up.seconds))
		},
	})
	var r records
	newHost(t, s, user).call("get_records", nil).decode(t, &r)
	for kind, want := range map[string]float64{"highest_climb": 220, "fastest_climb": 2200} {
		if at := r.find(kind, 0); at < 0 || math.Abs(r.Records[at].Gain+r.Records[at].VAM-want) > 0.06*want {
			t.Errorf("the %s is in %+v, want %v", kind, r.Records, want)
		}
	}
}

// Nobody runs a kilometre in two minutes: a recording that says so has no records of pace.
func TestRecordsOfImpossibleRuns(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	good := importSession(t, s, user, session{name: "Run", sport: pierre.SportRun, start: now().AddDate(0, 0, -9), seconds: 2400, step: 1, speed: always(4), heart: always(150)})
	importSession(t, s, user, session{name: "Drive", sport: pierre.SportRun, start: now().AddDate(0, 0, -8), seconds: 2400, step: 1, speed: step(1800, 3, 8.4), heart: always(120)})
	importSession(t, s, user, session{name: "Sensor", sport: pierre.SportRun, start: now().AddDate(0, 0, -7), seconds: 2400, step: 1, speed: always(3), heart: step(600, 240, 120)})
	var r records
	newHost(t, s, user).call("get_records", nil).decode(t, &r)
	for kind, length := range map[string]float64{"pace": 1000, "farthest": 1800, "heart_rate": 300, "longest_distance": 0} {
		if at := r.find(kind, length); at < 0 || r.Records[at].Activity != string(good) && kind != "longest_distance" {
			t.Errorf("the record of %s is in %+v", kind, r.Records)
		}
	}
	if at := r.find("pace", 1000); at >= 0 && r.Records[at].Seconds != 250 {
		t.Errorf("1000 m took %v s", r.Records[at].Seconds)
	}
	if !strings.Contains(r.Note, "2 activities") {
		t.Errorf("what was left out is %q", r.Note)
	}
}

func TestZonesOverTime(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{
		"ftp_watts": 200, "max_heart_rate_bpm": 190, "resting_heart_rate_bpm": 50, "threshold_heart_rate_bpm": 170, "threshold_pace_seconds_per_km": 250,
		"sex": "female",
	})
	add := func(sport pierre.Sport, daysAgo int, speed, power, heart func(float64) float64) {
		importSession(t, s, user, session{name: "x", sport: sport, start: now().AddDate(0, 0, -daysAgo), seconds: 3600, step: 1, speed: speed, power: power, heart: heart})
	}
	add(pierre.SportRun, 3, step(3000, 3, 4.2), nil, step(3000, 130, 175))
	add(pierre.SportRide, 10, nil, step(2700, 112, 240), step(2700, 125, 165))
	add(pierre.SportRide, 40, nil, always(100), nil)
	type row struct {
		From       string
		Activities int
		Without    int
		Seconds    []float64
		Percent    []float64 `json:"low_middle_high_percent"`
		PI         *float64  `json:"polarization_index"`
	}
	var z struct {
		From, To string
		Total    row
		Rows     []row
		Planned  *struct {
			Real       []float64 `json:"real_percent"`
			Difference []float64 `json:"difference_points"`
		}
		Zones struct {
			Limits       []float64 `json:"from"`
			NotAvailable string    `json:"not_available"`
		}
	}
	h.call("get_zones_over_time", map[string]any{"planned_percent": []float64{80, 5, 15}}).decode(t, &z)
	if z.From != "2026-03-30" || z.To != "2026-06-15" || len(z.Rows) != 3 || z.Total.Activities != 2 || z.Total.Without != 1 {
		t.Fatalf("by heart rate there are %+v", z)
	}
	// 5700 s below 153 bpm, 900 from there on, 600 from 170 on.
	want := []float64{79.2, 12.5, 8.3}
	for i, p := range want {
		if math.Abs(z.Total.Percent[i]-p) > 0.1 || math.Abs(z.Planned.Difference[i]-(p-[]float64{80, 5, 15}[i])) > 0.11 {
			t.Errorf("the shares are %v, %+v", z.Total.Percent, z.Planned)
		}
	}
	if z.Total.PI == nil || math.Abs(*z.Total.PI-math.Log10(0.792/0.125*8.33)) > 0.02 || z.Rows[2].From != "2026-06-08" || z.Rows[2].PI == nil {
		t.Errorf("the polarization index is %v in %+v", z.Total.PI, z.Rows)
	}
	h.call("get_zones_over_time", map[string]any{"zones": "power", "group_by": "month", "after": "2026-05-01", "planned_percent": []float64{80, 20}}).decode(t, &z)
	if len(z.Rows) != 2 || z.Rows[1].From != "2026-06-01" || math.Abs(z.Rows[1].Seconds[1]-2701) > 1 || math.Abs(z.Rows[1].Seconds[5]+z.Rows[1].Seconds[4]-900) > 1 || z.Rows[0].Seconds[0] < 3600 {
		t.Errorf("by power there are %+v", z.Rows)
	}
	h.call("get_zones_over_time", map[string]any{"zones": "pace"}).decode(t, &z)
	if z.Total.Activities != 1 || z.Zones.Limits[4] != 4 || math.Abs(z.Total.Percent[0]-83.3) > 0.3 || math.Abs(z.Total.Percent[2]-16.7) > 0.3 {
		t.Errorf("by pace there are %+v", z)
	}
	other := newHost(t, s, newUser(t, s, "new@example.com"))
	other.call("get_zones_over_time", map[string]any{"zones": "power"}).decode(t, &z)
	if z.Total.Activities != 0 || !strings.Contains(z.Zones.NotAvailable, "ftp_watts") {
		t.Errorf("without a threshold there are %+v", z)
	}
}

// By month the first row is a whole month, too.
func TestZonesByMonthBeginWithAMonth(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for _, day := range []time.Time{time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC), time.Date(2026, 3, 30, 8, 0, 0, 0, time.UTC)} {
		importSession(t, s, user, session{name: "Run", sport: "run", start: day, seconds: 1200, step: 10, heart: always(140)})
	}
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"max_heart_rate_bpm": 190})
	var z struct {
		From string
		Rows []struct {
			From       string
			Activities int
		}
	}
	h.call("get_zones_over_time", map[string]any{"group_by": "month"}).decode(t, &z)
	if z.From != "2026-03-01" || len(z.Rows) != 1 || z.Rows[0].From != z.From || z.Rows[0].Activities != 2 {
		t.Errorf("by month there are %+v", z)
	}
	// One that begins with the period says so: it is no whole month.
	h.call("get_zones_over_time", map[string]any{"group_by": "month", "after": "2026-03-15"}).decode(t, &z)
	if z.From != "2026-03-15" || len(z.Rows) != 1 || z.Rows[0].From != z.From || z.Rows[0].Activities != 1 {
		t.Errorf("from the middle of a month there are %+v", z)
	}
}

type details = map[pierre.ActivityID][]byte

// A tampered store hands out the details of digests as change leaves them.
type tampered struct {
	data

	change func(details)
}

func (s *tampered) DigestDetails(ctx context.Context, user pierre.UserID, version int, after, before time.Time) (details, error) {
	all, err := s.data.DigestDetails(ctx, user, version, after, before)
	s.change(all)
	return all, err
}

// What cannot be read is not called an activity without power.
func TestZonesOfDamagedDigests(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	id := importSession(t, s, user, session{name: "Ride", sport: "ride", start: now().AddDate(0, 0, -3), seconds: 3600, step: 1, power: always(180)})
	newHost(t, s, user).call("set_athlete_profile", map[string]any{"ftp_watts": 200})
	zones := func(change func(details)) result {
		return newHost(t, &tampered{s, change}, user).call("get_zones_over_time", map[string]any{"zones": "power"})
	}
	if r := zones(func(details) {}); r.IsError || !strings.Contains(r.Text, ": 1 activity") {
		t.Fatalf("in one piece: %s", r.Text)
	}
	for name, change := range map[string]func(details){
		"cut off": func(all details) { all[id] = all[id][:len(all[id])/2] },
		"missing": func(all details) { delete(all, id) },
	} {
		if r := zones(change); !r.IsError || r.Text != fault {
			t.Errorf("%s: %s", name, r.Text)
		}
	}
}
