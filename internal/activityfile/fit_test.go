//go:build !race

package activityfile

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muktihari/fit/profile/basetype"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/profile/untyped/fieldnum"
	"github.com/muktihari/fit/profile/untyped/mesgnum"
	"github.com/muktihari/fit/proto"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// recording returns the only recording of a file.
func recording(t testing.TB, content []byte) (pierre.Recording, Result) {
	t.Helper()
	r := one(t, "test.fit", content)
	if r.Status != StatusOK || len(r.Recordings) != 1 {
		t.Fatalf("%v with %d recordings", brief([]Result{r}), len(r.Recordings))
	}
	return r.Recordings[0], r
}

func TestFITContainers(t *testing.T) {
	whole := fitRecording{seconds: 100, sport: typedef.SportRunning}.encode(t)
	twelve := slices.Concat([]byte{12}, whole[1:12], whole[14:])
	for _, tt := range []struct {
		name    string
		content []byte
		warning string
		samples int // at least
	}{
		{"as it should be", whole, "", 100},
		{"header of 12 bytes, which has no checksum", resum(twelve), "", 100},
		{"header without checksum", resum(slices.Concat(whole[:12], []byte{0, 0}, whole[14:])), "", 100},
		{"wrong checksum", slices.Concat(whole[:len(whole)-1], []byte{whole[len(whole)-1] ^ 0xFF}), "checksum does not fit", 100},
		{"length 0, as the device died", slices.Concat(whole[:4], []byte{0, 0, 0, 0}, whole[8:len(whole)-60]), "before it finished", 95},
		{"bytes after the end", slices.Concat(whole, []byte("trailing")), "8 bytes after byte", 100},
		{"compressed", gz(t, whole), "", 100},
		{"compressed twice", gz(t, gz(t, whole)), "", 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, r := recording(t, tt.content)
			if n := len(a.Series.Time); n < tt.samples || n > 100 {
				t.Errorf("%d samples, want %d", n, tt.samples)
			}
			if got := strings.Join(r.Warnings, "; "); (got == "") != (tt.warning == "") || !strings.Contains(got, tt.warning) {
				t.Errorf("warnings %q, want %q", got, tt.warning)
			}
			if !slices.Equal(a.Warnings, r.Warnings) {
				t.Errorf("the recording keeps %q of %q", a.Warnings, r.Warnings)
			}
		})
	}
}

// Wherever a file is cut, what comes before is kept, and the owner is told.
func TestFITCutOffAnywhere(t *testing.T) {
	whole := fitRecording{seconds: 2000, sport: typedef.SportCycling}.encode(t)
	samples := 0
	for n := 0; n < len(whole); n += 1024 {
		r := one(t, "cut.fit", whole[:n])
		if n < 1024 {
			if r.Status != StatusFailed {
				t.Errorf("%d bytes: %v", n, brief([]Result{r}))
			}
			continue
		}
		if r.Status != StatusOK || !strings.Contains(r.Warnings[0], fmt.Sprintf("cut off at byte %d", n)) {
			t.Fatalf("%d bytes: %v", n, brief([]Result{r}))
		}
		got := len(r.Recordings[0].Series.Time)
		if got <= samples {
			t.Errorf("%d bytes hold %d samples, no more than the %d of 1 KB less", n, got, samples)
		}
		samples = got
	}
}

func TestFITDamagedInTheMiddle(t *testing.T) {
	whole := fitRecording{seconds: 5000, sport: typedef.SportCycling}.encode(t)
	// An undefined local message: nothing after it can be understood.
	broken := slices.Clone(whole)
	for i := len(whole) / 2; i < len(whole)/2+64; i++ {
		broken[i] = 0x0F
	}
	a, r := recording(t, broken)
	if n := len(a.Series.Time); n < 2000 || n > 3000 || !strings.Contains(r.Warnings[0], "damaged near byte") {
		t.Errorf("%d samples, warnings %q", n, r.Warnings)
	}
}

func TestFITMultisport(t *testing.T) {
	leg := func(i int, sport typedef.Sport) *mesgdef.Session {
		at := fitStart.Add(time.Duration(100*i) * time.Second)
		return mesgdef.NewSession(nil).SetStartTime(at).SetSport(sport).SetTotalElapsedTimeScaled(100).SetTotalTimerTimeScaled(100)
	}
	lapOf := func(i int) *mesgdef.Lap {
		return mesgdef.NewLap(nil).SetStartTime(fitStart.Add(time.Duration(100*i) * time.Second)).SetTotalElapsedTimeScaled(100)
	}
	content := fitRecording{seconds: 300, without: true, after: []mesger{
		leg(0, typedef.SportMultisport).SetTotalElapsedTimeScaled(300), // Suunto sums up the others
		leg(0, typedef.SportSwimming), leg(1, typedef.SportTransition), leg(2, typedef.SportRunning), lapOf(0), lapOf(1), lapOf(2),
	}}.encode(t)
	r := one(t, "triathlon.fit", content)
	if len(r.Recordings) != 3 {
		t.Fatalf("%d recordings, want 3", len(r.Recordings))
	}
	for i, sport := range []pierre.Sport{pierre.SportSwim, pierre.SportTransition, pierre.SportRun} {
		a := r.Recordings[i]
		if a.Sport != sport || len(a.Series.Time) != 100 || a.Series.Time[0] != 0 || len(a.Laps) != 1 || a.Laps[0].StartSeconds != 0 {
			t.Errorf("leg %d: %s, %d samples, laps %+v", i, a.Sport, len(a.Series.Time), a.Laps)
		}
		if a.MultisportID == "" || a.MultisportID != r.Recordings[0].MultisportID {
			t.Errorf("leg %d: multisport id %q", i, a.MultisportID)
		}
		// The device counts on through all legs; a leg counts from its own start.
		if d := *a.DistanceMeters; math.Abs(d-300) > 4 {
			t.Errorf("leg %d: %g m, want about 300", i, d)
		}
	}
}

// Several whole files in one are several activities, not one of many sports.
func TestFITChainOfActivities(t *testing.T) {
	later := fitRecording{start: fitStart.Add(24 * time.Hour), seconds: 50, sport: typedef.SportCycling}
	content := slices.Concat(fitRecording{seconds: 40, sport: typedef.SportRunning}.encode(t), later.encode(t))
	r := one(t, "chain.fit", content)
	if len(r.Recordings) != 2 {
		t.Fatalf("%d recordings, want 2", len(r.Recordings))
	}
	for i, want := range []struct {
		sport   pierre.Sport
		samples int
	}{{pierre.SportRun, 40}, {pierre.SportRide, 50}} {
		a := r.Recordings[i]
		if a.Sport != want.sport || len(a.Series.Time) != want.samples || a.MultisportID != "" {
			t.Errorf("activity %d: %s, %d samples, multisport id %q", i, a.Sport, len(a.Series.Time), a.MultisportID)
		}
	}
}

func TestFITClock(t *testing.T) {
	const unset = 17_000_000 // FIT seconds: half a year since power-up
	activity := func(utc, local int64) mesger {
		return mesgdef.NewActivity(nil).SetTimestamp(time.Unix(631065600+utc, 0)).SetLocalTimestamp(time.Unix(631065600+local, 0))
	}
	set := fitStart.Unix() - 631065600
	for _, tt := range []struct {
		name   string
		start  time.Time
		clock  mesger
		want   time.Time // zero: fails
		offset *int
		local  bool
	}{
		{"two hours ahead", fitStart, activity(set, set+7200), fitStart, new(7200), false},
		{"Nepal", fitStart, activity(set, set+20700), fitStart, new(20700), false},
		{"garbage of another year", fitStart, activity(set, set-876098089), fitStart, nil, false},
		{"garbage of seven minutes", fitStart, activity(set, set+420), fitStart, nil, false},
		{"fifteen hours ahead", fitStart, activity(set, set+15*3600), fitStart, nil, false},
		{"unset, but noted at the end", time.Unix(631065600+unset, 0), activity(unset, set), fitStart, nil, true},
		{"unset", time.Unix(631065600+unset, 0), activity(unset, unset), time.Time{}, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			content := fitRecording{start: tt.start, seconds: 20, after: []mesger{tt.clock}}.encode(t)
			if tt.want.IsZero() {
				if r := one(t, "unset.fit", content); r.Status != StatusFailed || !strings.Contains(r.Reason, "clock was not set") {
					t.Errorf("got %v", brief([]Result{r}))
				}
				return
			}
			a, r := recording(t, content)
			if !a.Start.Equal(tt.want) || r.LocalTimes != tt.local || len(a.Series.Time) != 20 || a.Series.Time[19] != 19 {
				t.Errorf("start %v, local %t, %d samples", a.Start, r.LocalTimes, len(a.Series.Time))
			}
			if (a.UTCOffset == nil) != (tt.offset == nil) || tt.offset != nil && *a.UTCOffset != *tt.offset {
				t.Errorf("offset %v, want %v", a.UTCOffset, tt.offset)
			}
		})
	}
}

func TestFITSensorsThatWereNotThere(t *testing.T) {
	content := fitRecording{
		seconds: 100, sport: typedef.SportCycling,
		record: func(i int, r *mesgdef.Record) {
			r.SetPower(0).SetSpeed(0).SetDistanceScaled(0).SetCadence(0).SetAltitude(2500) // 0 m
			r.SetPositionLat(0).SetPositionLong(0)
			if i%10 == 0 {
				r.SetHeartRate(0)
			}
		},
		session: func(s *mesgdef.Session) {
			s.SetAvgPower(0).SetMaxPower(0).SetNormalizedPower(0).SetTotalDistance(0).SetTotalCalories(0).SetAvgCadence(0).
				SetTotalAscent(0).SetTotalDescent(0).SetEnhancedAvgSpeed(0)
		},
	}.encode(t)
	a, _ := recording(t, content)
	s := a.Series
	for name, column := range map[string][]float64{
		"power": s.Power, "speed": s.Speed, "distance": s.Distance, "cadence": s.Cadence, "altitude": s.Altitude, "latitude": s.Latitude,
	} {
		if column != nil {
			t.Errorf("%s: %d values, want none", name, measured(column))
		}
	}
	if n := measured(s.HeartRate); n != 90 || a.HasGPS {
		t.Errorf("%d heart rates, want 90 without the zeros; GPS %t", n, a.HasGPS)
	}
	tot := a.Totals
	for name, v := range map[string]*float64{
		"power": tot.AveragePowerWatts, "max power": tot.MaxPowerWatts, "normalized power": tot.NormalizedPowerWatts,
		"distance": tot.DistanceMeters, "speed": tot.AverageSpeedMPS, "cadence": tot.AverageCadenceRPM, "calories": tot.CaloriesKcal,
		"ascent": tot.ElevationGainMeters, "descent": tot.ElevationLossMeters,
	} {
		if v != nil {
			t.Errorf("%s is %g, want none", name, *v)
		}
	}
}

func TestFITWithoutTotalsDerivesThem(t *testing.T) {
	timer := func(at int, on bool) mesger {
		kind := typedef.EventTypeStopAll
		if on {
			kind = typedef.EventTypeStart
		}
		return mesgdef.NewEvent(nil).SetTimestamp(fitStart.Add(time.Duration(at) * time.Second)).SetEvent(typedef.EventTimer).SetEventType(kind)
	}
	content := fitRecording{
		seconds: 600, without: true,
		record: func(i int, r *mesgdef.Record) {
			r.SetPower(uint16(100 + i%2*100)).SetAltitudeScaled(400 + float64(i)/10).SetHeartRate(140)
		},
		before: []mesger{mesgdef.NewSport(nil).SetSport(typedef.SportCycling).SetSubSport(typedef.SubSportMountain), timer(0, true), timer(300, false), timer(400, true)},
	}.encode(t)
	a, _ := recording(t, content)
	if a.Sport != pierre.SportMountainBike || !a.Start.Equal(fitStart) {
		t.Errorf("%s at %v", a.Sport, a.Start)
	}
	for _, v := range []struct {
		what      string
		got       *float64
		want, off float64
	}{
		{"elapsed", a.ElapsedSeconds, 599, 0},
		{"timer", a.DurationSeconds, 499, 0}, // 300 s, and from 400 s to the last record
		{"distance", a.DistanceMeters, 1797, 0.01},
		{"speed", a.AverageSpeedMPS, 1797.0 / 499, 0.001},
		{"heart rate", a.AverageHeartRateBPM, 140, 0},
		{"power", a.AveragePowerWatts, 150, 0},
		{"max power", a.MaxPowerWatts, 200, 0},
		{"ascent", a.ElevationGainMeters, 59.9, 1},
		{"descent", a.ElevationLossMeters, 0, 0},
	} {
		if v.got == nil || math.Abs(*v.got-v.want) > v.off {
			t.Errorf("%s: got %v, want %g", v.what, v.got, v.want)
		}
	}
}

func TestFITDeveloperFields(t *testing.T) {
	field := func(name string, native byte, kind basetype.BaseType) proto.Message {
		d := mesgdef.NewFieldDescription(nil).SetDeveloperDataIndex(0).SetFieldDefinitionNumber(5).SetFieldName([]string{name}).SetFitBaseTypeId(kind)
		if native != basetype.Uint8Invalid {
			d.SetNativeMesgNum(mesgnum.Record).SetNativeFieldNum(native)
		}
		return d.ToMesg(nil)
	}
	const none = basetype.Uint8Invalid
	for _, tt := range []struct {
		name        string
		description proto.Message
		value       proto.Value
		of          func(pierre.Series) []float64
		want        []float64
	}{
		{"power by name", field("Power", none, basetype.Uint16), proto.Uint16(250), func(s pierre.Series) []float64 { return s.Power }, []float64{250, 250, 250}},
		{"power by number", field("Leistung", fieldnum.RecordPower, basetype.Float32), proto.Float32(250.5), func(s pierre.Series) []float64 { return s.Power }, []float64{250.5, 250.5, 250.5}},
		{"cadence by number", field("x", fieldnum.RecordCadence, basetype.Uint8), proto.Uint8(88), func(s pierre.Series) []float64 { return s.Cadence }, []float64{88, 88, 88}},
		{"a heart rate that the watch knows itself", field("x", fieldnum.RecordHeartRate, basetype.Uint8), proto.Uint8(99), func(s pierre.Series) []float64 { return s.HeartRate }, []float64{120, 121, 122}},
		{"invalid", field("Power", none, basetype.Uint16), proto.Uint16(basetype.Uint16Invalid), func(s pierre.Series) []float64 { return s.Power }, nil},
		{"negative", field("Power", none, basetype.Sint16), proto.Int16(-5), func(s pierre.Series) []float64 { return s.Power }, nil},
		{"something else", field("Form Power", none, basetype.Uint16), proto.Uint16(60), func(s pierre.Series) []float64 { return s.Power }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := fitRecording{seconds: 3, sport: typedef.SportRunning, raw: []proto.Message{
				mesgdef.NewDeveloperDataId(nil).SetDeveloperDataIndex(0).ToMesg(nil), tt.description,
			}}
			messages := f.messages()
			for i := range messages {
				if messages[i].Num == mesgnum.Record {
					messages[i].DeveloperFields = []proto.DeveloperField{{Num: 5, DeveloperDataIndex: 0, Value: tt.value}}
				}
			}
			if a, _ := recording(t, encodeFIT(t, messages...)); !slices.Equal(tt.of(a.Series), tt.want) {
				t.Errorf("got %v, want %v", tt.of(a.Series), tt.want)
			}
		})
	}
}

func TestFITDurationWithoutTimerAndDistance(t *testing.T) {
	a, _ := recording(t, fitRecording{seconds: 200, without: true, record: func(i int, r *mesgdef.Record) {
		r.SetDistance(basetype.Uint32Invalid).SetPositionLat(basetype.Sint32Invalid)
		if i >= 100 {
			r.SetTimestamp(fitStart.Add(time.Duration(600+i) * time.Second)) // after a pause
		}
	}}.encode(t))
	if *a.ElapsedSeconds != 799 || *a.DurationSeconds != 198 || a.DistanceMeters != nil || a.AverageSpeedMPS != nil {
		t.Errorf("%g of %g s", *a.DurationSeconds, *a.ElapsedSeconds)
	}
}

func TestFITLengthsStandInForRecords(t *testing.T) {
	var lengths []mesger
	for i := range 8 {
		kind := typedef.LengthTypeActive
		if i == 4 {
			kind = typedef.LengthTypeIdle
		}
		lengths = append(lengths, mesgdef.NewLength(nil).SetStartTime(fitStart.Add(time.Duration(30*i)*time.Second)).
			SetTotalElapsedTimeScaled(30).SetLengthType(kind).SetAvgSpeedScaled(0.83).SetAvgSwimmingCadence(28))
	}
	content := fitRecording{
		sport: typedef.SportSwimming, sub: typedef.SubSportLapSwimming,
		session: func(s *mesgdef.Session) {
			s.SetPoolLengthScaled(25).SetTotalElapsedTimeScaled(240).SetTotalTimerTimeScaled(240)
		},
		after: lengths,
	}.encode(t)
	a, _ := recording(t, content)
	want := []float64{25, 50, 75, 100, 100, 125, 150, 175}
	if !slices.Equal(a.Series.Distance, want) || *a.DistanceMeters != 175 || measured(a.Series.Cadence) != 7 {
		t.Errorf("distances %v, total %v, %d cadences", a.Series.Distance, *a.DistanceMeters, measured(a.Series.Cadence))
	}
}

// A rest between two lanes is a lap of 0 m; in open water or in a run 0 is what a device without a sensor writes.
func TestFITRestsInAPool(t *testing.T) {
	for _, c := range []struct {
		sport typedef.Sport
		sub   typedef.SubSport
		pool  float64
		want  any
	}{
		{typedef.SportSwimming, typedef.SubSportLapSwimming, 0, 0.0},
		{typedef.SportSwimming, typedef.SubSportGeneric, 25, 0.0},
		{typedef.SportSwimming, typedef.SubSportGeneric, 0, "none"},
		{typedef.SportSwimming, typedef.SubSportOpenWater, 0, "none"},
		{typedef.SportRunning, typedef.SubSportGeneric, 0, "none"},
	} {
		lap := mesgdef.NewLap(nil).SetStartTime(fitStart.Add(10 * time.Second)).SetTimestamp(fitStart.Add(40 * time.Second)).
			SetTotalElapsedTimeScaled(30).SetTotalTimerTimeScaled(30).SetTotalDistance(0).SetSport(c.sport)
		content := fitRecording{seconds: 60, sport: c.sport, sub: c.sub, after: []mesger{lap}, session: func(s *mesgdef.Session) {
			if c.pool > 0 {
				s.SetPoolLengthScaled(c.pool)
			}
		}, record: func(_ int, r *mesgdef.Record) {
			r.SetDistance(basetype.Uint32Invalid).SetPositionLat(basetype.Sint32Invalid).SetPositionLong(basetype.Sint32Invalid)
		}}.encode(t)
		a, _ := recording(t, content)
		if len(a.Laps) != 1 || shown(a.Laps[0].DistanceMeters) != c.want {
			t.Errorf("%v, %v: the laps are %+v, want one of %v m", c.sport, c.sub, a.Laps, c.want)
		}
	}
}

// A recording that a program chained to itself may begin in another year by its summary, as any other.
func TestFITCopiesOfASessionOfAnotherYear(t *testing.T) {
	one := fitRecording{seconds: 300, sport: typedef.SportRunning, session: func(s *mesgdef.Session) {
		s.SetStartTime(fitStart.AddDate(-3, 0, 0)).SetTimestamp(fitStart.AddDate(-3, 0, 0).Add(300 * time.Second))
	}}.encode(t)
	for name, content := range map[string][]byte{"once": one, "twice": slices.Concat(one, one)} {
		a, _ := recording(t, content)
		if !a.Start.Equal(fitStart) || len(a.Series.Time) != 300 {
			t.Errorf("%s: %d samples from %v, want 300 from %v", name, len(a.Series.Time), a.Start, fitStart)
		}
	}
}

func TestFITClockThatIsSetOnTheWay(t *testing.T) {
	content := fitRecording{seconds: 30, sport: typedef.SportRunning, record: func(i int, r *mesgdef.Record) {
		if i < 3 {
			r.SetTimestamp(time.Date(2014, 1, 1, 0, 0, i, 0, time.UTC)) // before the first fix
		}
	}}.encode(t)
	a, r := recording(t, content)
	if len(a.Series.Time) != 30 || !a.Start.Equal(fitStart) || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "326008800 s ahead") {
		t.Errorf("%d samples from %v, warnings %q", len(a.Series.Time), a.Start, r.Warnings)
	}
}

func TestFITSamplesOfAnotherDayAreLeftOut(t *testing.T) {
	content := fitRecording{seconds: 30, sport: typedef.SportRunning, record: func(i int, r *mesgdef.Record) {
		if i%10 == 3 {
			r.SetTimestamp(time.Date(2014, 1, 1, 0, 0, i, 0, time.UTC)) // again and again: no clock was set
		}
	}}.encode(t)
	a, r := recording(t, content)
	if len(a.Series.Time) != 27 || !a.Start.Equal(fitStart) || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "3 samples of another day") {
		t.Errorf("%d samples from %v, warnings %q", len(a.Series.Time), a.Start, r.Warnings)
	}
}

func TestFITSessionOfAnotherYear(t *testing.T) {
	content := fitRecording{seconds: 600, sport: typedef.SportRunning, session: func(s *mesgdef.Session) {
		s.SetStartTime(fitStart.AddDate(-3, 0, 0))
	}}.encode(t)
	a, r := recording(t, content)
	if len(a.Series.Time) != 600 || !a.Start.Equal(fitStart) || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "2021-05-01 06:00") {
		t.Errorf("%d samples from %v, warnings %q", len(a.Series.Time), a.Start, r.Warnings)
	}
}

func TestFITClockThatIsSetBack(t *testing.T) {
	content := fitRecording{seconds: 1200, sport: typedef.SportRunning, record: func(i int, r *mesgdef.Record) {
		if i < 300 {
			r.SetTimestamp(fitStart.Add(time.Hour + time.Duration(i)*time.Second))
		}
	}}.encode(t)
	a, r := recording(t, content)
	if len(a.Series.Time) != 1200 || !a.Start.Equal(fitStart) || *a.DistanceMeters != 3*1199 || len(r.Warnings) != 1 {
		t.Errorf("%d samples from %v, %v m, warnings %q", len(a.Series.Time), a.Start, *a.DistanceMeters, r.Warnings)
	}
}

func TestFITThatIsNoActivity(t *testing.T) {
	for kind, name := range map[typedef.File]string{
		typedef.FileSettings: "settings", typedef.FileCourse: "course", typedef.FileWorkout: "workout",
		typedef.FileMonitoringB: "monitoring b", typedef.FileGoals: "goals", 99: "99",
	} {
		messages := fitRecording{seconds: 10}.messages() // courses and monitoring files hold records, too
		messages[0] = fileID(kind).ToMesg(nil)
		r := one(t, "x.fit", encodeFIT(t, messages...))
		if r.Status != StatusSkipped || !strings.Contains(r.Reason, "type "+name+" ") || r.Format != "fit" || r.SHA256 == [32]byte{} {
			t.Errorf("%s: %v", name, brief([]Result{r}))
		}
	}
	r := one(t, "empty.fit", encodeFIT(t, fileID(typedef.FileActivity).ToMesg(nil)))
	if r.Status != StatusSkipped || !strings.Contains(r.Reason, "neither samples nor totals") {
		t.Errorf("an activity without anything: %v", brief([]Result{r}))
	}
}

func TestFITDeviceNames(t *testing.T) {
	for _, tt := range []struct {
		id   *mesgdef.FileId
		want string
	}{
		{fileID(typedef.FileActivity), "Garmin Forerunner 735XT"},
		{fileID(typedef.FileActivity).SetProduct(uint16(typedef.GarminProductEdge1030)), "Garmin Edge 1030"},
		{fileID(typedef.FileActivity).SetProduct(64000), "Garmin"},
		{fileID(typedef.FileActivity).SetManufacturer(typedef.ManufacturerWahooFitness).SetProduct(28), "Wahoo Fitness"},
		{fileID(typedef.FileActivity).SetManufacturer(typedef.ManufacturerCoros).SetProductName("COROS PACE 2"), "COROS PACE 2"},
		{fileID(typedef.FileActivity).SetManufacturer(64123), ""},
	} {
		messages := fitRecording{seconds: 5}.messages()
		messages[0] = tt.id.ToMesg(nil)
		if a, _ := recording(t, encodeFIT(t, messages...)); a.Device != tt.want {
			t.Errorf("got %q, want %q", a.Device, tt.want)
		}
	}
}

func TestFITLimitsSamples(t *testing.T) {
	content := fitRecording{seconds: 500, sport: typedef.SportRunning}.encode(t)
	r := walkBytes(t, "long.fit", content, Options{Limits: Limits{Samples: 200}})[0]
	if len(r.Recordings) != 1 || len(r.Recordings[0].Series.Time) != 200 || !strings.Contains(r.Warnings[0], "more than 200 samples") {
		t.Errorf("%v", brief([]Result{r}))
	}
}

func TestFITLapsThatAllStartAtTheBeginning(t *testing.T) {
	a, _ := recording(t, readCase(t, "fit-laps-all-start-at-the-beginning.fit"))
	var starts []float64
	for _, l := range a.Laps {
		starts = append(starts, math.Round(l.StartSeconds))
	}
	if want := []float64{0, 400, 800}; !slices.Equal(starts, want) {
		t.Errorf("laps start at %v, want %v", starts, want)
	}
}

func readCase(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/cases/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
