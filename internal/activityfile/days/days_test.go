package days_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/days"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

const cet = 3600

// at returns the Unix seconds of a time on a clock in Berlin, in winter.
func at(t *testing.T, text string) float64 {
	t.Helper()
	when, err := time.Parse("2006-01-02 15:04 -0700", text+" +0100")
	if err != nil {
		t.Fatal(err)
	}
	return float64(when.Unix())
}

// lines returns what a book makes of its readings: "2026-03-01 steps 1000".
func lines(b *days.Book) []string {
	var all []string
	for _, v := range b.Values() {
		all = append(all, fmt.Sprintf("%s %s %g", v.Day.Format(time.DateOnly), v.Kind, v.Value))
	}
	return all
}

func check(t *testing.T, b *days.Book, want ...string) {
	t.Helper()
	if got := lines(b); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A phone in the pocket and a watch on the wrist count the same steps. Each hour has those of the one that counted more.
func TestStepsOfSeveralDevicesAreNotAddedUp(t *testing.T) {
	b := days.NewBook(pierre.ProviderAppleHealth)
	read := func(device, from, to string, steps float64) {
		b.Read(days.Reading{Kind: pierre.WellnessSteps, Value: steps, Start: at(t, from), End: at(t, to), Offset: cet, Device: device})
	}
	read("phone", "2026-03-01 08:00", "2026-03-01 08:30", 1000)
	read("watch", "2026-03-01 08:05", "2026-03-01 08:35", 1200)
	read("phone", "2026-03-01 12:00", "2026-03-01 12:10", 500) // the watch lay on its charger
	read("watch", "2026-03-01 23:30", "2026-03-02 00:30", 600) // a walk past midnight
	check(t, b, "2026-03-01 steps 2000", "2026-03-02 steps 300")
}

// The day is that of the athlete's clock, not that of UTC, also where the clocks are changed.
func TestDaysAreThoseOfTheAthletesClock(t *testing.T) {
	b := days.NewBook(pierre.ProviderAppleHealth)
	for _, r := range []struct {
		when   string
		offset int
	}{{"2026-03-29T22:30:00Z", 7200}, {"2026-03-28T22:59:00Z", 3600}, {"2026-06-30T11:00:00Z", 13 * 3600}, {"2026-06-30T09:59:00Z", -10 * 3600}} {
		when, err := time.Parse(time.RFC3339, r.when)
		if err != nil {
			t.Fatal(err)
		}
		b.Read(days.Reading{Kind: pierre.WellnessWeight, Value: 70, Start: float64(when.Unix()), End: float64(when.Unix()), Offset: r.offset})
	}
	check(t, b, "2026-03-28 weight 70", "2026-03-30 weight 70", "2026-06-29 weight 70", "2026-07-01 weight 70")
}

func TestMeansAndLatestValues(t *testing.T) {
	b := days.NewBook(pierre.ProviderAppleHealth)
	read := func(kind pierre.WellnessKind, device, when string, value float64) {
		b.Read(days.Reading{Kind: kind, Value: value, Start: at(t, when), End: at(t, when), Offset: cet, Device: device})
	}
	read(pierre.WellnessWeight, "scale", "2026-03-01 20:00", 71)
	read(pierre.WellnessWeight, "app", "2026-03-01 07:00", 70)
	read(pierre.WellnessHRVSDNN, "watch", "2026-03-01 03:00", 40)
	read(pierre.WellnessHRVSDNN, "watch", "2026-03-01 05:00", 60)
	read(pierre.WellnessHRVSDNN, "strap", "2026-03-01 06:00", 90)
	check(t, b, "2026-03-01 hrv_sdnn 50", "2026-03-01 weight 71")
}

// What a source gives for a whole day counts for more than its readings.
func TestGivenValuesCount(t *testing.T) {
	b := days.NewBook(pierre.ProviderGarmin)
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	b.Read(days.Reading{Kind: pierre.WellnessSteps, Value: 10, Start: at(t, "2026-03-01 08:00"), End: at(t, "2026-03-01 08:00"), Offset: cet})
	b.Give(day, pierre.WellnessSteps, new(9000.))
	b.Give(day, pierre.WellnessWeight, nil)
	check(t, b, "2026-03-01 steps 9000")
}

// What cannot be is counted and told, with the range that it is outside of.
func TestWhatIsLeftOut(t *testing.T) {
	b := days.NewBook(pierre.ProviderAppleHealth)
	noon := at(t, "2026-03-01 12:00")
	for _, v := range []float64{19.9, 400.1, math.NaN(), math.Inf(1), 1e300} {
		b.Read(days.Reading{Kind: pierre.WellnessWeight, Value: v, Start: noon, End: noon, Offset: cet})
	}
	for _, v := range []float64{20, 400} { // at the edges
		b.Read(days.Reading{Kind: pierre.WellnessWeight, Value: v, Start: noon, End: noon, Offset: cet})
	}
	for _, start := range []float64{math.NaN(), math.Inf(1), 253370764800, -1} { // the year 9999, and before 1970
		b.Read(days.Reading{Kind: pierre.WellnessWeight, Value: 70, Start: start, End: start})
	}
	b.Read(days.Reading{Kind: pierre.WellnessSteps, Value: 5, Start: noon, End: noon + 25*3600})
	b.Read(days.Reading{Kind: pierre.WellnessSteps, Value: 150_000, Start: noon, End: noon + 60, Device: "a"})
	b.Read(days.Reading{Kind: pierre.WellnessSteps, Value: 150_000, Start: noon + 3600, End: noon + 3660, Device: "a"})
	if _, ok := b.Convert(pierre.WellnessWeight, 5, "stone"); ok {
		t.Error("a unit that is not known was converted")
	}
	check(t, b, "2026-03-01 weight 400")
	want := []string{
		"5 values of weight left out: outside of 20 to 400 kg",
		"2 values of steps left out: outside of 0 to 200000",
		`1 value left out: the unit "stone" is not known`,
		"4 values of days without a readable date left out",
	}
	if got := b.Notes(); !slices.Equal(got, want) {
		t.Errorf("notes %q", got)
	}
}

func TestUnits(t *testing.T) {
	for _, tt := range []struct {
		kind  pierre.WellnessKind
		value float64
		unit  string
		want  float64
	}{
		{pierre.WellnessWeight, 154.32, "lb", 70},
		{pierre.WellnessWeight, 70000, "g", 70},
		{pierre.WellnessWeight, 70, "kg", 70},
		{pierre.WellnessOxygen, 0.97, "%", 97},
		{pierre.WellnessOxygen, 97, "%", 97},
		{pierre.WellnessBodyFat, 0.225, "%", 22.5},
		{pierre.WellnessActiveEnergy, 418.4, "kJ", 100},
		{pierre.WellnessActiveEnergy, 100, "Cal", 100},
		{pierre.WellnessActiveEnergy, 100, "kcal", 100},
		{pierre.WellnessHRVSDNN, 0.05, "s", 50},
		{pierre.WellnessHRVSDNN, 50, "ms", 50},
		{pierre.WellnessSkinTemperature, 95, "degF", 35},
		{pierre.WellnessVO2Max, 50, "mL/min·kg", 50},
		{pierre.WellnessVO2Max, 50, "ml/(kg·min)", 50},
		{pierre.WellnessRestingHeartRate, 50, "count/min", 50},
		{pierre.WellnessHydration, 250, "mL", 0.25},
		{pierre.WellnessSleep, 7.5, "hr", 27000},
		{pierre.WellnessSystolic, 16, "kPa", 120.00987},
		{pierre.WellnessSteps, 5, "count", 5},
		{pierre.WellnessRespiration, 14, "count/min", 14},
	} {
		b := days.NewBook(pierre.ProviderAppleHealth)
		if got, ok := b.Convert(tt.kind, tt.value, tt.unit); !ok || math.Abs(got-tt.want) > 1e-4*tt.want {
			t.Errorf("%g %s of %s: %g, %t; want %g", tt.value, tt.unit, tt.kind, got, ok, tt.want)
		}
	}
}

// segment is a stretch of sleep of a test.
type segment struct {
	device, from, to string
	stage            days.Stage
}

func book(t *testing.T, segments ...segment) *days.Book {
	t.Helper()
	b := days.NewBook(pierre.ProviderAppleHealth)
	for _, s := range segments {
		b.Sleep(s.stage, at(t, "2026-"+s.from), at(t, "2026-"+s.to), cet, s.device)
	}
	return b
}

// The night is of the day of waking; the watch's stages count for more than what the phone guesses, and are not added to it. A
// nap is another sleep.
func TestNight(t *testing.T) {
	b := book(
		t, segment{"phone", "03-01 22:00", "03-02 07:00", days.InBed}, segment{"phone", "03-01 22:30", "03-02 06:45", days.Asleep},
		segment{"watch", "03-01 23:00", "03-02 01:00", days.Light}, segment{"watch", "03-02 01:00", "03-02 02:00", days.Deep},
		segment{"watch", "03-02 02:00", "03-02 02:10", days.Awake}, segment{"watch", "03-02 02:10", "03-02 02:15", days.Awake},
		segment{"watch", "03-02 02:15", "03-02 04:00", days.REM}, segment{"watch", "03-02 04:00", "03-02 06:30", days.Light},
		segment{"watch", "03-02 06:30", "03-02 06:50", days.Awake},
		segment{"watch", "03-02 14:00", "03-02 14:40", days.Light},
	)
	check(
		t, b, "2026-03-02 sleep 26100", "2026-03-02 in_bed 32400", "2026-03-02 sleep_deep 3600", "2026-03-02 sleep_rem 6300",
		"2026-03-02 sleep_light 16200", "2026-03-02 sleep_awake 900", "2026-03-02 bedtime -7200", "2026-03-02 wake_time 23400", "2026-03-02 awakenings 1",
	)
}

// What one device records twice, as after a synchronisation, counts once; a short visit to the kitchen does not end a night.
func TestNightOverlapsAndGaps(t *testing.T) {
	b := book(
		t, segment{"app", "03-01 23:00", "03-02 02:00", days.Asleep}, segment{"app", "03-01 23:00", "03-02 02:00", days.Asleep},
		segment{"app", "03-02 01:00", "03-02 03:00", days.Asleep}, segment{"app", "03-02 04:59", "03-02 06:59", days.Asleep},
	)
	check(t, b, "2026-03-02 sleep 21600", "2026-03-02 bedtime -3600", "2026-03-02 wake_time 25140")
}

// A nap with stages is not taken for the night that another device saw without them.
func TestNapIsNoNight(t *testing.T) {
	b := book(t, segment{"phone", "03-01 23:00", "03-02 06:00", days.Asleep}, segment{"watch", "03-02 14:00", "03-02 15:00", days.REM})
	if got := lines(b); !slices.Contains(got, "2026-03-02 sleep 25200") {
		t.Errorf("got %q", got)
	}
}

// The limits hold whatever is read: what is beyond is counted, and the memory that is kept stays bounded.
func TestBookIsBounded(t *testing.T) {
	b := days.NewBook(pierre.ProviderAppleHealth)
	const more = 10
	start := at(t, "1980-01-02 12:00")
	for n := range 250_000 + more { // more days of more devices than there are
		r := days.Reading{Kind: pierre.WellnessHRVSDNN, Value: 50, Start: start + float64(n%80_000)*86400, Device: fmt.Sprint(n / 80_000)}
		r.End = r.Start
		b.Read(r)
	}
	for n := range 100_000 + more {
		r := days.Reading{Kind: pierre.WellnessSteps, Value: 50, Start: start + float64(n%80_000)*86400, Device: fmt.Sprint(n / 80_000)}
		r.End = r.Start
		b.Read(r)
	}
	for n := range 1_000_000 + more {
		b.Sleep(days.Asleep, start+float64(n)*60, start+float64(n)*60+30, 0, "x")
	}
	counts := map[pierre.WellnessKind]int{}
	for _, v := range b.Values() {
		counts[v.Kind]++
	}
	if counts[pierre.WellnessHRVSDNN] != 80_000 || counts[pierre.WellnessSteps] != 80_000 {
		t.Errorf("values %v", slices.Collect(maps.Values(counts)))
	}
	if notes := strings.Join(b.Notes(), "\n"); !strings.Contains(notes, "30 values left out: there are more days") {
		t.Errorf("notes %s", notes)
	}
}
